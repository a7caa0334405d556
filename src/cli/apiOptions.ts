import { Option } from 'commander';
import type { CommonOptions } from './context';

/** Options of the commands that ask the API. */
export interface ApiOptions extends CommonOptions {
  readonly api?: string;
  readonly json?: boolean;
}

/** `--api <url>`. */
export function apiOption(): Option {
  return new Option('--api <url>', 'address of the API (default: where the configuration says it listens)');
}

/** `--json`. */
export function jsonOption(): Option {
  return new Option('--json', "print the API's answer as JSON");
}

/** An answer as `--json` prints it. */
export function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { PortwardenError } from '../domain/errors';

/** Options of commands that say what a person decided. */
export interface DecisionOptions {
  readonly reason?: string;
  readonly author?: string;
  readonly expires?: string;
  readonly timeout: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `--reason <text>`. */
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why; it stands in the journal and in explanations');

/** `--author <name>`. */
export const authorOption = (): Option =>
  new Option('--author <name>', 'who decides (default: the user of this machine). Nothing proves it');

/** `--expires <when>`. */
export const expiresOption = (): Option =>
  new Option('--expires <when>', 'when it ends: 90m, 12h, 30d, 8w, or a date such as 2027-01-31 (default: never)');

/** `--timeout <seconds>`. */
export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'longest wait for the outcome').default(600).argParser((text) => {
    const seconds = Number(text);
    if (!(seconds > 0 && seconds <= 86_400))
      throw new InvalidArgumentError('must be a number of seconds from 1 to 86400');
    return seconds;
  });

/** Who decides: what was given, else the user of this machine. */
export function authorOf({ author }: Pick<DecisionOptions, 'author'>): string {
  return author ?? `${userName()}@${hostname()}`;
}

/** Somebody without an entry among the users has a number only. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The instant that `--expires` names; undefined for none. @throws PortwardenError `invalid-request` naming the rule. */
export function expiryOf(text: string | undefined, now: Date): string | undefined {
  if (text === undefined) return undefined;
  const duration = durationOf(text);
  const time = duration === undefined ? dateOf(text) : now.getTime() + duration;
  if (Number.isNaN(time) || time <= now.getTime())
    throw new PortwardenError(
      'invalid-request',
      '--expires must be in the future: 12h, 30d, 8w, or a date such as 2027-01-31',
    );
  return new Date(time).toISOString();
}

/** A time such as `90m`, `12h`, `30d` or `8w` in milliseconds; undefined for any other text. */
export function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,5})([smhdw])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? Number.NaN);
}

function dateOf(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(T\S+)?$/.test(text) ? Date.parse(text) : Number.NaN;
}

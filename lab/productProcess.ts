import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { postReaper } from './reaper';
import type { Site } from './siteConfiguration';

/** A running product, in a process of its own, as `npm start` starts it. */
export interface ProductProcess {
  readonly apiUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | undefined;
  readonly pid: number;
  /** Where the process logs to. */
  readonly logFile: string;
  /** Resolves with exit code or signal once the process ended. */
  readonly ended: Promise<string>;
  /** Ends it as an operator would (SIGTERM) and waits; SIGKILL after the bound. */
  stop(): Promise<void>;
  /** Kills it at once, as a crash would. */
  kill9(): Promise<void>;
}

/** What to start and where. */
export interface ProductProcessOptions {
  readonly site: Site;
  readonly role?: 'all' | 'api' | 'worker';
  readonly environment?: Readonly<Record<string, string>>;
  readonly logName?: string;
  readonly readyWithinMs?: number;
  /**
   * It lives for a few events only: PGlite is compiled once and not a second time for speed, which pays for itself after
   * some thousand queries and is a quarter of what a start computes.
   */
  readonly forShort?: boolean;
}

interface Announcement {
  readonly apiUrl?: string;
  readonly temporalAddress?: string;
  readonly temporalUiUrl?: string;
}

const STOP_MS = 40_000;

/** Nothing that was started here outlives the program that started it, ready or not. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the built product and returns when it says that it runs; rejects with what it printed when it ends before. */
export async function startProductProcess(options: ProductProcessOptions): Promise<ProductProcess> {
  const { site, role = 'all' } = options;
  const logFile = join(site.directory, `${options.logName ?? role}.log`);
  const environment = { ...process.env, ...site.environment, ...options.environment };
  const flags = options.forShort === true ? ['--liftoff-only'] : [];
  const child = spawn(process.execPath, [...flags, builtFile('app/main.js'), role], {
    cwd: site.directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const reaper = child.pid === undefined ? undefined : postReaper(child.pid, site.directory);
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      // A crash leaves the embedded Temporal server to the next start; when there is none, it must end with us.
      if (signal === null) reaper?.dismiss();
      else reaper?.ended();
      resolve(signal ?? String(code));
    });
  });
  const announcement = await announced(child, log, ended, options.readyWithinMs ?? 60_000);
  return {
    apiUrl: announcement.apiUrl ?? '',
    temporalAddress: announcement.temporalAddress ?? '',
    temporalUiUrl: announcement.temporalUiUrl,
    pid: child.pid ?? 0,
    logFile,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
    async kill9() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function announced(
  child: ChildProcess,
  log: NodeJS.WritableStream,
  ended: Promise<string>,
  withinMs: number,
): Promise<Announcement> {
  return new Promise((resolve, reject) => {
    const last: string[] = [];
    const remember = (line: string): void => {
      last.push(line);
      if (last.length > 30) last.shift();
    };
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the product ${why}:\n${last.join('\n')}`));
    };
    const timer = setTimeout(() => {
      fail(`did not say within ${withinMs} ms that it runs`);
    }, withinMs);
    void ended.then((how) => {
      setTimeout(() => {
        fail(`ended (${how}) before it ran`);
      }, 100);
    });
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', remember);
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      remember(line);
      const entry = parse(line);
      const runs = entry?.['msg'] === 'portwarden is running';
      // Whoever is told that it runs can read in the log what it said before.
      log.write(`${line}\n`, () => {
        if (runs) resolve(entry);
      });
      if (runs) clearTimeout(timer);
    });
  });
}

function parse(line: string): (Announcement & Record<string, unknown>) | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Announcement & Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A file of the compiled product, by its place in src: beside this file when it runs from dist, else in dist. */
export function builtFile(place: string): string {
  for (let directory = dirname(__dirname); ; directory = dirname(directory)) {
    for (const candidate of [join(directory, 'src', place), join(directory, 'dist', 'src', place)]) {
      if (existsSync(candidate)) return candidate;
    }
    if (dirname(directory) === directory) throw new Error('the product is not built: run npm run build');
  }
}

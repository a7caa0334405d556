import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const LIMIT_MS = 5 * 60_000;
const MOST_TOLD = 4_000;

/**
 * Kills its process when the standard input ends, because whoever started it is gone: in a thread of its own, since the making of
 * the files keeps the first one busy.
 */
const WATCH = `
const { Socket } = require('node:net');
const end = () => process.kill(process.pid, 'SIGKILL');
new Socket({ fd: 0 }).on('error', end).on('close', end).resume();
`;

/** What the other process runs, with the folder as its argument. What went wrong comes back as JSON. */
export const MAKER = `
const { Worker } = require('node:worker_threads');
new Worker(${JSON.stringify(WATCH)}, { eval: true }).unref();
const { PGlite } = require('@electric-sql/pglite');
PGlite.create({ dataDir: process.argv[1] })
  .then((client) => client.close())
  .then(
    () => process.exit(0),
    (error) => {
      const { code, message } = Object(error);
      process.stderr.write(JSON.stringify({ code, message: String(message ?? error) }), () => process.exit(1));
    },
  );
`;

/**
 * Makes the files of an empty embedded store, in a process of its own: what PostgreSQL takes for that, some 300 MiB, is not given
 * back by a process that goes on. That process runs for seconds only, so its code is compiled once and not a second time for speed.
 * @throws Error with the code of the system call that failed, if one did
 */
export async function makeEmbeddedStore(folder: string): Promise<void> {
  const child = spawn(process.execPath, ['--liftoff-only', '-e', MAKER, resolve(folder)], {
    // Where modules are looked for. It needs nothing of our environment, and our secrets least.
    ...{ cwd: __dirname, env: {} },
    stdio: ['pipe', 'ignore', 'pipe'],
    ...{ timeout: LIMIT_MS, killSignal: 'SIGKILL' },
  });
  child.stdin.on('error', () => undefined);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-MOST_TOLD);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((ended, failed) => {
    child.once('error', failed);
    child.once('close', (...how) => {
      ended(how);
    });
  });
  if (code !== 0) throw failure(told === '' ? `its process ended (${signal ?? code})` : told);
}

function failure(told: string): Error {
  try {
    const { message, code } = JSON.parse(told) as { readonly message?: string; readonly code?: string };
    return Object.assign(new Error(message), code === undefined ? {} : { code });
  } catch {
    return new Error(`PostgreSQL could not make its files: ${told.trim().slice(0, 500)}`);
  }
}

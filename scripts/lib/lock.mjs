import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs a step while holding a lock file, so that two processes do not do the same long work. A lock left by a dead
 * process is taken over. It saves work only: what is guarded installs its result by an atomic rename, so even two
 * holders would do no harm.
 * @param {string} file
 * @param {() => Promise<T>} step
 * @param {{waitMs: number, log: (line: string) => void, what: string}} options
 * @returns {Promise<T>}
 * @template T
 */
export async function withLock(file, step, { waitMs, log, what }) {
  await mkdir(dirname(file), { recursive: true });
  const content = JSON.stringify({ pid: process.pid, started: processStart(process.pid) });
  const deadline = Date.now() + waitMs;
  let told = false;
  for (;;) {
    if (await create(file, content)) break;
    const holder = await readHolder(file);
    if (holder === 'gone') continue;
    if (holder === undefined || !isAlive(holder)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) {
      log(`process ${holder.pid} is ${what}; waiting for it`);
      told = true;
    }
    if (Date.now() > deadline)
      throw new Error(`process ${holder.pid} has been ${what} for too long; end it or remove ${file}`);
    await sleep(200);
  }
  const release = () => {
    try {
      if (readFileSync(file, 'utf8') === content) rmSync(file, { force: true });
    } catch {
      // Already gone: somebody took it for stale, which does no harm.
    }
  };
  process.once('exit', release);
  try {
    return await step();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** Whether a process is still the one that was recorded: the same id may have gone to another one. */
export function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  const now = processStart(pid);
  return started === '' || now === '' || now === started;
}

/** Start time of a process in clock ticks since boot (field 22 of /proc/<pid>/stat), or '' where there is no /proc. */
function processStart(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Creates the lock complete with its content, or says that it exists: link() is atomic, open() plus write() is not. */
async function create(file, content) {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, content);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readHolder(file) {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    const holder = JSON.parse(text);
    return Number.isInteger(holder.pid) ? { pid: holder.pid, started: String(holder.started ?? '') } : undefined;
  } catch {
    return undefined;
  }
}

import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortwardenError } from '../../domain/errors';
import { isRunning, processIdentity, type ProcessIdentity } from '../../primitives/processIdentity';

/** A held lock. */
export interface DirectoryLock {
  /** Gives the lock back. May be called twice. */
  release(): void;
}

/** Times in milliseconds; the defaults suit everything but tests. */
export interface LockTimings {
  /** How often a holder touches its claim. */
  readonly beatMs?: number;
  /** How long a claim whose process cannot be seen from here is watched for a touch before it counts as dead. */
  readonly watchMs?: number;
}

const DEFAULT_BEAT_MS = 2_000;
const DEFAULT_WATCH_MS = 12_000;
const ATTEMPTS = 5;

interface Claim {
  readonly file: string;
  readonly owner: ProcessIdentity;
}

/**
 * Takes `folder` as a lock for this process. Each process puts a claim of its own into the folder and holds the
 * lock when no other live claim is there; claims of processes that ended are removed, so a killed holder blocks
 * nobody. Because claims are never shared or reused, taking over cannot race: of two processes that start at
 * the same moment at least one sees the other.
 * @throws PortwardenError `store-locked` naming the holder.
 */
export async function lockDirectory(folder: string, timings: LockTimings = {}): Promise<DirectoryLock> {
  mkdirSync(folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const own = placeClaim(folder);
    let rival: Claim | undefined;
    try {
      rival = await liveRival(folder, own, timings);
    } catch (error) {
      rmSync(own, { force: true });
      throw error;
    }
    if (rival === undefined) return hold(own, timings);
    rmSync(own, { force: true });
    if (attempt === ATTEMPTS || rival.owner.pid === process.pid) throw locked(folder, rival);
    await sleep(20 + Math.random() * 100);
  }
}

/** The claim appears with its content or not at all: a link to a finished file. */
function placeClaim(folder: string): string {
  const name = randomUUID();
  const draft = join(folder, `${name}.draft`);
  const file = join(folder, `${name}.claim`);
  writeFileSync(draft, `${JSON.stringify(processIdentity())}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  return file;
}

async function liveRival(folder: string, own: string, timings: LockTimings): Promise<Claim | undefined> {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (!name.endsWith('.claim') || file === own) continue;
    const owner = readOwner(file);
    if (owner === undefined) continue;
    const alive = isRunning(owner) ?? (await touchedWithin(file, timings));
    if (alive) return { file, owner };
    rmSync(file, { force: true });
  }
  return undefined;
}

function readOwner(file: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const { pid, started, scope } = value as Record<string, unknown>;
    if (typeof pid === 'number' && typeof started === 'string' && typeof scope === 'string')
      return { pid, started, scope };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  }
  return { pid: 0, started: '', scope: 'an unreadable claim' };
}

async function touchedWithin(file: string, timings: LockTimings): Promise<boolean> {
  const touched = (): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const before = touched();
  const watchMs = timings.watchMs ?? DEFAULT_WATCH_MS;
  const steps = 24;
  for (let step = 0; step < steps; step += 1) {
    await sleep(watchMs / steps);
    const now = touched();
    if (now === 0) return false;
    if (now !== before) return true;
  }
  return false;
}

function hold(own: string, timings: LockTimings): DirectoryLock {
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(own, now, now);
    } catch {
      // A claim that somebody removed by hand needs no more touches.
    }
  }, timings.beatMs ?? DEFAULT_BEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      rmSync(own, { force: true });
    },
  };
}

function locked(folder: string, { owner }: Claim): PortwardenError {
  const holder =
    owner.pid === process.pid ? 'this process itself' : owner.pid > 0 ? `process ${owner.pid}` : owner.scope;
  return new PortwardenError(
    'store-locked',
    `The embedded store is used by ${holder} (lock ${folder}). Stop it, or set DATABASE_URL to let several processes share a PostgreSQL server.`,
    { details: { folder, pid: owner.pid } },
  );
}

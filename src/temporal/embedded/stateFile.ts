import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PortwardenError } from '../../domain/errors';
import { processIdentity, runsHere, type ProcessIdentity } from '../../primitives/processIdentity';
import { isSystemError } from '../../primitives/systemError';

const identity = z.object({ pid: z.number().int().positive(), started: z.string(), scope: z.string() });

const serverState = z.object({
  server: identity,
  owner: identity,
  port: z.number().int(),
  uiPort: z.number().int().optional(),
  namespace: z.string(),
  searchAttributes: z.record(z.string(), z.string()),
});

/** What is recorded of a running server, so that the next start finds it even after a crash. */
export type ServerState = z.infer<typeof serverState>;

/** Reads the record; an unreadable one counts as none. */
export function readState(directory: string): ServerState | undefined {
  try {
    return serverState.parse(JSON.parse(readFileSync(stateFile(directory), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Writes the record atomically. */
export function writeState(directory: string, state: ServerState): void {
  const draft = `${stateFile(directory)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, stateFile(directory));
}

/** Removes the record when it is of this server. */
export function clearState(directory: string, server: ProcessIdentity): void {
  if (readState(directory)?.server.pid === server.pid) rmSync(stateFile(directory), { force: true });
}

function stateFile(directory: string): string {
  return join(directory, 'temporal-server.json');
}

/**
 * Runs a step while no other process starts or adopts a server in the same folder: two servers on one database file
 * would damage it. A lock left by a dead process is taken over.
 * @throws PortwardenError `store-locked` when another process keeps the lock for longer than waitMs
 */
export async function whileLocked<T>(directory: string, waitMs: number, step: () => Promise<T>): Promise<T> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'temporal-server.lock');
  const deadline = Date.now() + waitMs;
  while (!tryLock(file)) {
    const holder = readHolder(file);
    if (holder === undefined || !runsHere(holder)) {
      takeAway(file);
    } else if (Date.now() > deadline) {
      throw new PortwardenError(
        'store-locked',
        `Process ${holder.pid} has been starting a Temporal server in ${directory} for too long.`,
      );
    } else {
      await sleep(100);
    }
  }
  try {
    return await step();
  } finally {
    rmSync(file, { force: true });
  }
}

/** link() puts the lock in place with its content in one step. */
function tryLock(file: string): boolean {
  const draft = draftName(file);
  writeFileSync(draft, JSON.stringify(processIdentity()), { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes a lock whose holder is dead. Another process may have replaced it since it was read: what was moved aside
 * is looked at again, and put back when it is alive.
 */
function takeAway(file: string): void {
  const aside = draftName(file);
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  const holder = readHolder(aside);
  try {
    if (holder !== undefined && runsHere(holder)) linkSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(file: string): ProcessIdentity | undefined {
  try {
    return identity.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function draftName(file: string): string {
  return `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
}

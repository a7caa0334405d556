import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { PortwardenError } from '../../domain/errors';
import { folderFailure, folderProblem, unusable } from '../../primitives/dataFolder';
import type { Engine } from './database';
import { lockDirectory } from './directoryLock';
import { storeFailure } from './failure';
import { makeEmbeddedStore } from './makeEmbeddedStore';

/**
 * A fourth of what PostgreSQL takes for its buffers by default, all of which it writes to at its start: 130 MiB less of resident
 * memory. What is asked for again and again fits in, and the rest is in the system's cache of files.
 */
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'];

/** The embedded store's own folder inside the data directory. */
export function embeddedStoreFolder(directory: string): string {
  return join(directory, 'store');
}

/**
 * Whether there is an embedded store: `absent` when its folder is missing or empty, `damaged` when what PostgreSQL
 * looks for first is not in it.
 */
export function embeddedStoreState(directory: string): 'absent' | 'present' | 'damaged' {
  const folder = embeddedStoreFolder(directory);
  if (!existsSync(folder) || readdirSync(folder).length === 0) return 'absent';
  return existsSync(join(folder, 'PG_VERSION')) && existsSync(join(folder, 'global', 'pg_control'))
    ? 'present'
    : 'damaged';
}

/**
 * Opens PGlite, PostgreSQL in this process, on `directory/store`. PGlite itself takes no lock, so
 * `directory/store.lock` keeps a second process out.
 * @param beforeMaking called before a store is made because there is none; may throw to prevent that
 * @throws PortwardenError `store-locked` when another process uses the folder, `folder-unusable` when folder or disk
 *   do not let it be used, `store-damaged` when its content is no database any more
 */
export async function openEmbeddedEngine(
  directory: string,
  beforeMaking: () => void = () => undefined,
): Promise<Engine> {
  const folder = embeddedStoreFolder(directory);
  const lock = await lockDirectory(join(directory, 'store.lock')).catch((error: unknown) => {
    throw folderFailure(directory, error) ?? storeFailure(error);
  });
  try {
    await prepareFolder(directory, beforeMaking);
    const client = await PGlite.create({ dataDir: folder, startParams: START_PARAMETERS }).catch((error: unknown) => {
      throw folderFailure(folder, error) ?? damaged(folder, `PostgreSQL cannot open it (${firstSentence(error)})`);
    });
    return {
      database: drizzle({ client }),
      secrets: [],
      async close() {
        try {
          await client.close();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw folderFailure(directory, error) ?? storeFailure(error);
  }
}

/**
 * A first start takes seconds; killed in the middle it would leave a folder that no start can use again. So the
 * folder is made under another name and renamed once it is complete.
 */
async function prepareFolder(directory: string, beforeMaking: () => void): Promise<void> {
  for (const name of readdirSync(directory)) {
    if (name.startsWith('store.new-')) rmSync(join(directory, name), { recursive: true, force: true });
  }
  const folder = embeddedStoreFolder(directory);
  const problem = folderProblem(folder);
  if (problem !== undefined) throw unusable(folder, problem);
  const state = embeddedStoreState(directory);
  if (state === 'damaged') throw damaged(folder, 'PG_VERSION or global/pg_control is missing in it');
  if (state === 'present') return;
  beforeMaking();
  const draft = join(directory, `store.new-${process.pid}`);
  mkdirSync(draft, { mode: 0o700 });
  await makeEmbeddedStore(draft);
  renameSync(draft, folder);
}

function damaged(folder: string, cause: string): PortwardenError {
  return new PortwardenError('store-damaged', `The embedded store ${folder} is damaged: ${cause}.`, {
    details: { folder, cause },
  });
}

function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/[.\n]/)[0] ?? message;
}

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Engine } from './database';
import { lockDirectory } from './directoryLock';
import { storeFailure } from './failure';

/**
 * Opens PGlite, PostgreSQL in this process, on `directory/store`. PGlite itself takes no lock, so
 * `directory/store.lock` keeps a second process out.
 * @throws PortwardenError `store-locked` when another process uses the folder, `store-unavailable` when the
 *   folder cannot be read.
 */
export async function openEmbeddedEngine(directory: string): Promise<Engine> {
  const folder = join(directory, 'store');
  const lock = await lockDirectory(join(directory, 'store.lock')).catch((error: unknown) => {
    throw storeFailure(error);
  });
  try {
    await prepareFolder(directory, folder);
    const client = await PGlite.create({ dataDir: folder });
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
    throw storeFailure(error);
  }
}

/**
 * A first start takes seconds; killed in the middle it would leave a folder that no start can use again. So the
 * folder is made under another name and renamed once it is complete.
 */
async function prepareFolder(directory: string, folder: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    if (name.startsWith('store.new-')) rmSync(join(directory, name), { recursive: true, force: true });
  }
  if (existsSync(folder)) return;
  const draft = join(directory, `store.new-${process.pid}`);
  mkdirSync(draft, { mode: 0o700 });
  const client = await PGlite.create({ dataDir: draft });
  await client.close();
  renameSync(draft, folder);
}

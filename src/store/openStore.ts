import type { Logger } from 'pino';
import type { Engine, RunOnDatabase } from './engine/database';
import { useFolder } from '../primitives/dataFolder';
import { openEmbeddedEngine } from './engine/embeddedEngine';
import { storeFailure } from './engine/failure';
import { readInstallation, recordInstallation, type Admit } from './installation';
import { migrate } from './engine/migrate';
import { MIGRATIONS } from './migrations';
import { openServerEngine } from './engine/serverEngine';
import { createStore, type Store } from './store';

/** Where the store is. */
export interface StoreOptions {
  /** A PostgreSQL server, shared by as many processes as wanted. Absent or empty: the embedded store. */
  readonly databaseUrl?: string | undefined;
  /** Holds the embedded store (`store/`, `store.lock/`); made when it is missing. */
  readonly directory: string;
  /** Asked whether a store with this content is the one that is wanted. Absent: any is, and it gets no id. */
  readonly admit?: Admit;
  readonly log?: Logger;
}

/**
 * Opens the store and brings its schema up to date.
 * @throws PortwardenError `store-locked` (another process uses the embedded store), `folder-unusable`, `store-damaged`
 *   (the embedded one), `store-unavailable` (unreachable, refused) or `invalid-configuration` (DATABASE_URL is no
 *   PostgreSQL URL); and what `admit` throws.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const engine = await openEngine(options);
  const run: RunOnDatabase = async (work) => {
    try {
      return await work(engine.database);
    } catch (error) {
      throw storeFailure(error, engine.secrets);
    }
  };
  try {
    const admitted = options.admit?.(await run(readInstallation));
    const steps = await run((database) => migrate(database, MIGRATIONS));
    if (steps.length > 0) options.log?.info({ steps }, 'the database schema was brought up to date');
    if (options.admit !== undefined && admitted !== undefined) await recordInstallation(run, admitted, options.admit);
  } catch (error) {
    await engine.close().catch(() => undefined);
    throw error;
  }
  return createStore(run, () => engine.close());
}

async function openEngine({ databaseUrl, directory, admit, log }: StoreOptions): Promise<Engine> {
  if (databaseUrl !== undefined && databaseUrl !== '') return openServerEngine(databaseUrl, log);
  useFolder(directory);
  return openEmbeddedEngine(directory, () => void admit?.({ state: 'empty' }));
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/store/engine/database';
import { openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { migrate } from '../../src/store/engine/migrate';
import { MIGRATIONS } from '../../src/store/migrations';
import { placePreparedStore } from './preparedStore';

/** A database as a portwarden left it that did not know a migration yet. */
export interface OlderStore {
  readonly database: Engine['database'];
  /** What the present portwarden does when it starts. */
  upgrade(): Promise<void>;
  close(): Promise<void>;
}

/** @param before the first migration that it did not know. */
export async function olderStore(before: string): Promise<OlderStore> {
  const position = MIGRATIONS.findIndex(({ tag }) => tag === before);
  if (position < 0) throw new Error(`there is no migration ${before}`);
  const root = mkdtempSync(join(tmpdir(), 'portwarden-older-store-'));
  await placePreparedStore(root);
  const engine = await openEmbeddedEngine(root);
  await migrate(engine.database, MIGRATIONS.slice(0, position));
  return {
    database: engine.database,
    async upgrade() {
      await migrate(engine.database, MIGRATIONS);
    },
    async close() {
      await engine.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { embeddedStoreFolder, openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { projectRoot } from '../projectRoot';

/**
 * Puts an embedded store into a data directory that has none: as empty as the product makes it, without a single table,
 * so that the product's first start there is a first start in all but the making of the files. That takes PGlite four
 * seconds of computing; the copy takes a tenth of one. The original is made once for each version of PGlite.
 */
export async function placePreparedStore(directory: string): Promise<void> {
  const original = await preparedStore();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  cpSync(embeddedStoreFolder(original), embeddedStoreFolder(directory), { recursive: true });
}

async function preparedStore(): Promise<string> {
  const modules = join(projectRoot(), 'node_modules');
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(modules, '@electric-sql', 'pglite', 'package.json'), 'utf8')));
  const cache = join(modules, '.cache', 'portwarden');
  const kept = join(cache, `empty-store-${version}`);
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'empty-store-draft-'));
  const engine = await openEmbeddedEngine(draft);
  await engine.close();
  try {
    renameSync(draft, kept);
  } catch (error) {
    // Another test process was quicker; its copy is the same.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(kept)) throw error;
  }
  return kept;
}

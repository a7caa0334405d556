import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { openEmbeddedEngine } from '../../src/store/engine/embeddedEngine';
import { makeEmbeddedStore, MAKER } from '../../src/store/engine/makeEmbeddedStore';

const MEBIBYTE = 1024 * 1024;

describe('the making of an embedded store', () => {
  const root = mkdtempSync(join(tmpdir(), 'portwarden-make-store-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('leaves its files and none of its memory', async () => {
    const folder = join(root, 'store');
    mkdirSync(folder);
    const before = process.memoryUsage();
    await makeEmbeddedStore(folder);
    const after = process.memoryUsage();
    expect(existsSync(join(folder, 'PG_VERSION'))).toBe(true);
    expect((after.external - before.external) / MEBIBYTE).toBeLessThan(20);
  });

  test('which is then opened with a fourth of the usual buffers', async () => {
    const engine = await openEmbeddedEngine(root);
    const shown = await engine.database.execute(sql`show shared_buffers`);
    await engine.close();
    expect(shown).toMatchObject({ rows: [{ shared_buffers: '32MB' }] });
  });

  test('ends at once when whoever began it is gone, so that the next start finds nobody at work', async () => {
    const folder = join(root, 'orphan');
    mkdirSync(folder);
    const child = spawn(process.execPath, ['-e', MAKER, folder], {
      cwd: __dirname,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(existsSync(join(folder, 'global', 'pg_control'))).toBe(false);
  });

  test('says which system call failed', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(makeEmbeddedStore(join(file, 'store'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

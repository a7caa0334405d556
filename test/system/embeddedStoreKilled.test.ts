import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/openStore';

const root = mkdtempSync(join(tmpdir(), 'portwarden-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a process killed with SIGKILL', () => {
  it('loses no acknowledged entry, and its lock is taken over', async () => {
    const directory = join(root, 'killed');
    for (let round = 1; round <= 3; round += 1) {
      const acknowledged = await insertUntilKilled(directory, 25 * round);
      expect(readdirSync(join(directory, 'store.lock'))).toHaveLength(1);
      const store = await openStore({ directory });
      const present = new Set((await store.journal.list({ limit: 10_000 })).map(({ id }) => id));
      expect(acknowledged.length).toBeGreaterThanOrEqual(25 * round);
      expect(acknowledged.filter((id) => !present.has(id))).toEqual([]);
      await store.close();
    }
  }, 120_000);
});

/** Without PGlite's second compilation, as the tests themselves: nodeEnvironment.js. */
const INSERTER = ['--liftoff-only', join(__dirname, '../store/storeProcess.mjs'), 'insert'];

/** Lets a child append entry after entry, kills it once it acknowledged `count`, and returns all it acknowledged. */
async function insertUntilKilled(directory: string, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [...INSERTER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > count) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
  expect(signal).toBe('SIGKILL');
  return output.split('\n').slice(0, -1);
}

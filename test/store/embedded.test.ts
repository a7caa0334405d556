import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/openStore';
import type { Store } from '../../src/store/store';
import { entry, freshDevice, storeSuite } from './storeSuite';

const root = mkdtempSync(join(tmpdir(), 'portwarden-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A store as a first start makes it; making it takes seconds, so the tests copy it. */
const template = join(root, 'template');
const prepared = (name: string): string => {
  const directory = join(root, name);
  cpSync(template, directory, { recursive: true });
  return directory;
};

beforeAll(async () => {
  mkdirSync(join(template, 'store.new-4711'), { recursive: true });
  writeFileSync(join(template, 'store.new-4711', 'PG_VERSION'), '');
  const store = await openStore({ directory: template });
  await store.ping();
  await store.close();
}, 180_000);

describe('the embedded store', () => {
  let store: Store | undefined;
  const directory = join(root, 'shared');
  beforeAll(async () => {
    prepared('shared');
    store = await openStore({ directory });
  });
  afterAll(() => store?.close());

  storeSuite(() => {
    if (store === undefined) throw new Error('the store did not open');
    return store;
  });

  it('refuses a second opener in the same process and in another one', async () => {
    await expect(openStore({ directory })).rejects.toMatchObject({ code: 'store-locked' });
    const other = await runOpener(directory);
    expect(other.output).toMatch(new RegExp(`store-locked.*process ${process.pid}`));
    await expect(store?.ping()).resolves.toBeUndefined();
  });
});

describe('the folder of the embedded store', () => {
  it('keeps its contents from one opening to the next, and can be opened again after close', async () => {
    const directory = prepared('again');
    const device = freshDevice();
    const first = await openStore({ directory });
    const [id] = await first.journal.append([entry(device)]);
    await first.close();
    const second = await openStore({ directory });
    expect(await second.journal.get(id ?? '')).toMatchObject({ device });
    await second.close();
    await expect(second.ping()).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('is made anew when its making was interrupted, and nothing of that is left', () => {
    expect(readdirSync(template).sort()).toEqual(['store', 'store.lock']);
  });

  it('is reported as unavailable when it is damaged, and the lock is given back', async () => {
    const directory = join(root, 'damaged');
    mkdirSync(join(directory, 'store'), { recursive: true });
    writeFileSync(join(directory, 'store', 'PG_VERSION'), 'not a version\n');
    await expect(openStore({ directory })).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(readdirSync(join(directory, 'store.lock'))).toEqual([]);
  });

  it('is reported as unavailable when the directory cannot be made', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    await expect(openStore({ directory: join(file, 'data') })).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});

describe('a process killed with SIGKILL', () => {
  it('loses no acknowledged entry, and its lock is taken over', async () => {
    const directory = prepared('killed');
    for (let round = 1; round <= 3; round += 1) {
      const acknowledged = await insertUntilKilled(directory, 60 * round);
      expect(readdirSync(join(directory, 'store.lock'))).toHaveLength(1);
      const store = await openStore({ directory });
      const present = new Set((await store.journal.list({ limit: 10_000 })).map(({ id }) => id));
      expect(acknowledged.length).toBeGreaterThanOrEqual(60 * round);
      expect(acknowledged.filter((id) => !present.has(id))).toEqual([]);
      await store.close();
    }
  }, 120_000);
});

const OPENER = join(__dirname, 'storeProcess.mjs');

async function runOpener(directory: string): Promise<{ output: string }> {
  const child = spawn(process.execPath, [OPENER, 'open', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return { output };
}

/** Lets a child append entry after entry, kills it once it acknowledged `count`, and returns all it acknowledged. */
async function insertUntilKilled(directory: string, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [OPENER, 'insert', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > count) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
  expect(signal).toBe('SIGKILL');
  return output.split('\n').slice(0, -1);
}

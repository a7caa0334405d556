import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortwardenError } from '../../src/domain/errors';
import type { Admit, StoreFound } from '../../src/store/installation';
import { openStore } from '../../src/store/openStore';
import type { Store } from '../../src/store/store';
import { applyPlanSuite } from './applyPlanSuite';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';
import { driftSuite } from './driftSuite';
import { notificationGroupSuite } from './notificationGroupSuite';
import { notificationSuite } from './notificationSuite';
import { storeSuite } from './storeSuite';

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

  const open = () => {
    if (store === undefined) throw new Error('the store did not open');
    return store;
  };
  storeSuite(open);
  driftSuite(open, freshDevice);
  applyPlanSuite(open);
  notificationSuite(open);
  notificationGroupSuite(open);

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

  /** What is damaged of the folder, and how. */
  const damages: [string, string, (path: string) => void][] = [
    ['another version', 'PG_VERSION', (path) => writeFileSync(path, 'not a version\n')],
    ['no version', 'PG_VERSION', (path) => rmSync(path)],
    ['a control file of something else', join('global', 'pg_control'), (path) => writeFileSync(path, 'garbage')],
    ['no write-ahead log', 'pg_wal', (path) => rmSync(path, { recursive: true })],
  ];

  /** One copy for all damages, each of which is mended, for copies cost more than what they show. */
  describe('is damaged', () => {
    const directory = join(root, 'damaged');
    const folder = join(directory, 'store');
    beforeAll(() => prepared('damaged'));

    it.each(damages)(
      'with %s: the folder is named, nothing is made anew, and the lock is given back',
      async (_name, part, damage) => {
        damage(join(folder, part));
        const files = (): string[] =>
          readdirSync(folder)
            .filter((file) => file !== 'postmaster.pid')
            .sort();
        const before = files();
        try {
          await expect(openStore({ directory })).rejects.toMatchObject({
            code: 'store-damaged',
            message: expect.stringContaining(`The embedded store ${folder} is damaged: `) as string,
            details: { folder },
          });
          expect(files()).toEqual(before);
          expect(readdirSync(join(directory, 'store.lock'))).toEqual([]);
        } finally {
          rmSync(join(folder, part), { recursive: true, force: true });
          cpSync(join(template, 'store', part), join(folder, part), { recursive: true });
        }
      },
    );

    it('by nothing else: mended, it opens', async () => {
      await (await openStore({ directory })).close();
    });
  });

  it('is refused with path and cause when the directory cannot be made', async () => {
    const file = join(root, 'a-file');
    writeFileSync(file, '');
    await expect(openStore({ directory: join(file, 'data') })).rejects.toMatchObject({
      code: 'folder-unusable',
      message: `The folder ${join(file, 'data')} cannot be used: ${file} is a file, not a folder.`,
    });
  });

  it('is refused when a file is in its place', async () => {
    const directory = join(root, 'store-is-a-file');
    mkdirSync(directory);
    writeFileSync(join(directory, 'store'), '');
    await expect(openStore({ directory })).rejects.toMatchObject({ code: 'folder-unusable' });
  });
});

describe('whose store it is', () => {
  const admitting =
    (found: StoreFound[], id: string): Admit =>
    (one) => {
      found.push(one);
      return { installation: one.state === 'known' ? one.installation : id, namespace: 'n1' };
    };

  it('is asked before one is made; what is refused leaves nothing behind', async () => {
    const directory = join(root, 'refused');
    const refuse: Admit = () => {
      throw new PortwardenError('store-lost', 'gone');
    };
    await expect(openStore({ directory, admit: refuse })).rejects.toMatchObject({ code: 'store-lost' });
    expect(readdirSync(directory)).toEqual(['store.lock']);
    mkdirSync(join(directory, 'store'));
    await expect(openStore({ directory, admit: refuse })).rejects.toMatchObject({ code: 'store-lost' });
    expect(readdirSync(join(directory, 'store'))).toEqual([]);
  });

  it('is remembered from the first opening that gives an id; a store of a release without ids is told apart', async () => {
    const directory = prepared('marked');
    const found: StoreFound[] = [];
    for (const id of ['first', 'second']) await (await openStore({ directory, admit: admitting(found, id) })).close();
    expect(found).toEqual([{ state: 'unmarked' }, { state: 'known', installation: 'first', namespace: 'n1' }]);
  });
});

/** Without PGlite's second compilation, as the tests themselves: nodeEnvironment.js. */
const OPENER = ['--liftoff-only', join(__dirname, 'storeProcess.mjs')];

async function runOpener(directory: string): Promise<{ output: string }> {
  const child = spawn(process.execPath, [...OPENER, 'open', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return { output };
}

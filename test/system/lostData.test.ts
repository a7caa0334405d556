import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { Semaphore } from '../../src/primitives/concurrency';
import { openStore } from '../../src/store/openStore';
import { temporalUnavailable } from '../servers/temporal';
import { placePreparedStore } from '../store/preparedStore';
import { postgresMissing, startPostgres } from '../store/postgresServer';
import { mountFull, mountReadOnly, mountsRefused, unmount } from '../support/mounts';
import { Installation } from './installation';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const ID = /accept-loss ([0-9a-f-]{36})/;
const WITHIN_MS = 300_000;
/** Each is a product with its Temporal server; more would need much memory. */
const AT_ONCE = new Semaphore(3);

suite('data that is gone', () => {
  let first: Installation;

  beforeAll(async () => {
    first = await Installation.create();
    await first.start();
    expect(await first.works(0)).toBe('applied');
    await first.stop();
  }, WITHIN_MS);
  afterAll(() => first.system.close(), 120_000);

  /** A test with a copy of the first installation; some run beside each other. */
  function loss(
    name: string,
    play: (own: { readonly copy: Installation; readonly data: string }) => Promise<void>,
    declare: jest.It = test.concurrent,
  ): void {
    const run = (): Promise<void> =>
      AT_ONCE.run(async () => {
        const copy = await Installation.create(first.data);
        try {
          await play({ copy, data: copy.data });
        } finally {
          await copy.system.close();
        }
      });
    declare(name, run, WITHIN_MS);
  }

  loss(
    'a first start says which installation it is, once; an empty data directory is no first start where the configuration names one',
    async ({ copy, data }) => {
      const { installation } = JSON.parse(readFileSync(join(data, 'installation.json'), 'utf8')) as {
        installation: string;
      };
      const { configurationFile } = copy.system.site;
      const yaml = readFileSync(configurationFile, 'utf8');
      writeFileSync(
        configurationFile,
        yaml.replace('directory: ./data', `directory: ./data\n  installation: ${installation}`),
      );
      await copy.start();
      expect(first.log().match(/a new installation/g)).toHaveLength(1);
      expect(copy.log()).not.toContain('a new installation');
      expect(JSON.parse(readFileSync(join(data, 'installation.json'), 'utf8'))).toEqual(
        JSON.parse(readFileSync(join(first.data, 'installation.json'), 'utf8')),
      );
      await copy.stop();
      rmSync(data, { recursive: true });
      const { code, text } = await copy.refusal();
      expect(code).toBe('5');
      expect(text).toContain(`store.installation says that it is of installation ${installation}`);
    },
  );

  loss(
    'a lost store refuses, leaves everything as it is, and goes on without once an operator said so',
    async ({ copy, data }) => {
      rmSync(join(data, 'store'), { recursive: true });
      const { code, text } = await copy.refusal();
      expect(code).toBe('5');
      expect(text).toContain(
        `store-lost: The embedded store ${join(data, 'store')} is missing or empty, but ${join(data, 'installation.json')} says`,
      );
      expect(existsSync(join(data, 'store'))).toBe(false);
      expect(await copy.cli('config', 'check')).toMatchObject({
        status: 5,
        stderr: expect.stringContaining('store-lost') as string,
      });
      expect((await copy.cli('store', 'accept-loss', 'nonsense')).status).toBe(2);
      expect((await copy.cli('store', 'accept-loss', ID.exec(text)?.[1] ?? '')).status).toBe(0);
      await copy.start();
      expect(copy.log()).toContain('going on without what is lost');
      expect(await copy.works(1)).toMatch(/applied|unchanged/);
      await copy.stop();
      mkdirSync(join(data, 'gone'));
      renameSync(join(data, 'store'), join(data, 'gone', 'store'));
      expect((await copy.refusal()).code).toBe('5');
    },
  );

  loss(
    'a lost Temporal database refuses, also beside a store that was not lost; an acceptance in the environment does',
    async ({ copy, data }) => {
      for (const name of readdirSync(join(data, 'temporal')))
        if (name.startsWith('temporal.db')) rmSync(join(data, 'temporal', name));
      const { code, text } = await copy.refusal();
      expect(code).toBe('5');
      expect(text).toContain('temporal-lost');
      expect(existsSync(join(data, 'temporal', 'temporal.db'))).toBe(false);
      rmSync(join(data, 'installation.json'));
      const again = await copy.refusal();
      expect(again.code).toBe('5');
      expect(again.text).toContain('temporal-lost: The Temporal namespace default has the id');
      const id = ID.exec(text)?.[1] ?? '';
      expect(ID.exec(again.text)?.[1]).toBe(id);
      const environment = { PORTWARDEN_ACCEPT_LOSS: id };
      await copy.start(environment);
      expect(await copy.works(2)).toMatch(/applied|unchanged/);
      await copy.stop();
      await copy.start(environment);
    },
  );

  loss(
    'a store that is lost with the record of the data directory is remembered by Temporal',
    async ({ copy, data }) => {
      rmSync(join(data, 'store'), { recursive: true });
      rmSync(join(data, 'installation.json'));
      const { code, text } = await copy.refusal();
      expect(code).toBe('5');
      expect(text).toContain('store-lost: The embedded store');
      expect(text).toContain('but the Temporal namespace default has the work of installation');
      expect(existsSync(join(data, 'store'))).toBe(false);
    },
  );

  loss('what is damaged is named with its path and its remedy, without a stack', async ({ copy, data }) => {
    writeFileSync(join(data, 'store', 'global', 'pg_control'), 'garbage');
    const store = await copy.refusal();
    expect(store.code).toBe('5');
    expect(store.text).toContain(
      `store-damaged: The embedded store ${join(data, 'store')} is damaged: PostgreSQL cannot open it (Aborted())`,
    );
    expect(store.text).toContain('Restore the folder of the data directory');
    expect(store.text).not.toMatch(/DATABASE_URL|\n\s+at /);
    truncateSync(join(data, 'temporal', 'temporal.db'), 40_000);
    for (const end of ['-wal', '-shm']) rmSync(join(data, 'temporal', `temporal.db${end}`), { force: true });
    const temporal = await copy.refusal();
    expect(temporal.code).toBe('5');
    expect(temporal.text).toContain(`temporal-damaged: The database ${join(data, 'temporal', 'temporal.db')}`);
  });

  loss('a data directory of a release without ids is taken over, with what is in it', async ({ copy, data }) => {
    rmSync(data, { recursive: true });
    await placePreparedStore(data);
    const old = await openStore({ directory: data });
    await old.close();
    await copy.start();
    expect(copy.log()).toContain('this installation had no id yet');
    await copy.stop();
    await copy.start();
    expect(copy.log().match(/this installation had no id yet/g)).toHaveLength(1);
  });

  const refusesBoth = async (copy: Installation, cause: string | RegExp): Promise<void> => {
    const { code, text } = await copy.refusal();
    expect(code).toBe('2');
    expect(text).toMatch(cause);
    expect(text).not.toMatch(/\n\s+at /);
    const checked = await copy.cli('config', 'check');
    expect(checked.status).toBe(2);
    expect(checked.stderr).toMatch(cause);
    expect(checked.stderr).toContain('what to do: Mend what the message names');
  };

  loss('a folder that cannot be used because it is a file', async ({ copy, data }) => {
    for (const path of [join(data, 'temporal'), join(data, 'store'), data]) {
      rmSync(path, { recursive: true });
      writeFileSync(path, '');
      await refusesBoth(copy, `folder-unusable: The folder ${path} cannot be used: it is a file, not a folder.`);
    }
  });

  const refused = mountsRefused();
  if (refused !== undefined) process.stderr.write(`skipped: ${refused}\n`);
  const mounting = refused === undefined ? test.concurrent : test.skip;

  loss(
    'a folder that cannot be used because its disk is read-only',
    async ({ copy, data }) => {
      mountReadOnly(data);
      try {
        await refusesBoth(copy, `The folder ${data} cannot be used: it is on a file system that is mounted read-only.`);
      } finally {
        unmount(data);
      }
    },
    mounting,
  );

  loss(
    'a folder that cannot be used because its disk is full',
    async ({ copy, data }) => {
      mountFull(data);
      try {
        await refusesBoth(copy, /cannot be used: its disk is full \(\d MiB free/);
      } finally {
        unmount(data);
      }
    },
    mounting,
  );

  loss(
    'a PostgreSQL server is not changed for an empty or another one in silence',
    async ({ copy, data }) => {
      const server = await startPostgres();
      const database = async (name: string): Promise<Record<string, string>> => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        await client.query(`CREATE DATABASE ${name}`);
        await client.end();
        return { DATABASE_URL: server.url.replace(/\/postgres$/, `/${name}`) };
      };
      try {
        const move = await copy.refusal(await database('moved'));
        expect(move.code).toBe('5');
        expect(move.text).toContain('store-lost: The database of DATABASE_URL is empty, but');
        rmSync(data, { recursive: true });
        const [own, other] = [await database('own'), await database('other')];
        await copy.start(own);
        expect(await copy.works(3)).toMatch(/applied|unchanged/);
        await copy.stop();
        await copy.start(own);
        await copy.stop();
        const { code, text } = await copy.refusal(other);
        expect(code).toBe('5');
        const accepted = { ...other, PORTWARDEN_ACCEPT_LOSS: ID.exec(text)?.[1] ?? '' };
        await copy.start(accepted);
        await copy.stop();
        const back = await copy.refusal(own);
        expect(back.code).toBe('5');
        expect(back.text).toContain('The database of DATABASE_URL is of installation');
      } finally {
        await copy.stop();
        await server.stop();
      }
    },
    postgresMissing() === undefined ? test.concurrent : test.skip,
  );
});

import { spawnSync } from 'node:child_process';
import {
  cpSync,
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
import { fleetScenario, fleetServerId } from '../../lab/scenarios/fleet';
import { projectRoot } from '../projectRoot';
import { temporalUnavailable } from '../servers/temporal';
import { openStore } from '../../src/store/openStore';
import { placePreparedStore } from '../store/preparedStore';
import { postgresMissing, startPostgres, type PostgresServer } from '../store/postgresServer';
import { mountFull, mountReadOnly, mountsRefused, unmount } from '../support/mounts';
import { SystemUnderTest } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const size = { switches: 1, serversPerSwitch: 4 };
const ID = /accept-loss ([0-9a-f-]{36})/;

suite('data that is gone', () => {
  let system: SystemUnderTest;
  let data: string;
  let backup: string;

  beforeAll(async () => {
    system = await SystemUnderTest.create(fleetScenario(size));
    data = join(system.site.directory, 'data');
    backup = join(system.site.directory, 'backup');
    await system.start();
    expect((await system.event({ action: 'ip_assigned', serverId: fleetServerId(size, 0, 0) })).outcome?.status).toBe(
      'applied',
    );
    await system.stop();
    cpSync(data, backup, { recursive: true });
  }, 180_000);
  afterAll(() => system.close(), 120_000);

  afterEach(async () => {
    await system.stop();
    rmSync(data, { recursive: true, force: true });
    cpSync(backup, data, { recursive: true });
  }, 60_000);

  /** Starts what must not start. @returns what it said, and its exit code */
  async function refusal(
    environment: Record<string, string> = {},
  ): Promise<{ code: string | undefined; text: string }> {
    const text = await system.start({ environment }).then(
      () => Promise.reject(new Error('it started')),
      (error: unknown) => (error as Error).message,
    );
    return { code: /ended \((\w+)\)/.exec(text)?.[1], text };
  }

  function cli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, [join(projectRoot(), 'dist', 'src', 'cli', 'main.js'), ...args], {
      cwd: system.site.directory,
      env: { ...process.env, ...system.site.environment },
      encoding: 'utf8',
    });
  }

  const log = (): string => readFileSync(join(system.site.directory, 'all.log'), 'utf8');
  const works = async (server: number): Promise<string | undefined> =>
    (await system.event({ action: 'ip_assigned', serverId: fleetServerId(size, 0, server) })).outcome?.status;

  test('a first start says which installation it is, once; an empty data directory is no first start where the configuration names one', async () => {
    const { installation } = JSON.parse(readFileSync(join(data, 'installation.json'), 'utf8')) as {
      installation: string;
    };
    const yaml = readFileSync(system.site.configurationFile, 'utf8');
    writeFileSync(
      system.site.configurationFile,
      yaml.replace('directory: ./data', `directory: ./data\n  installation: ${installation}`),
    );
    try {
      await system.start();
      expect(log().match(/a new installation/g)).toHaveLength(1);
      expect(JSON.parse(readFileSync(join(data, 'installation.json'), 'utf8'))).toEqual(
        JSON.parse(readFileSync(join(backup, 'installation.json'), 'utf8')),
      );
      await system.stop();
      rmSync(data, { recursive: true });
      const { code, text } = await refusal();
      expect(code).toBe('5');
      expect(text).toContain(`store.installation says that it is of installation ${installation}`);
    } finally {
      writeFileSync(system.site.configurationFile, yaml);
    }
  }, 180_000);

  test('a lost store refuses, leaves everything as it is, and goes on without once an operator said so', async () => {
    rmSync(join(data, 'store'), { recursive: true });
    const { code, text } = await refusal();
    expect(code).toBe('5');
    expect(text).toContain(
      `store-lost: The embedded store ${join(data, 'store')} is missing or empty, but ${join(data, 'installation.json')} says`,
    );
    expect(existsSync(join(data, 'store'))).toBe(false);
    expect(cli('config', 'check')).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('store-lost') as string,
    });
    expect(cli('store', 'accept-loss', 'nonsense').status).toBe(2);
    expect(cli('store', 'accept-loss', ID.exec(text)?.[1] ?? '').status).toBe(0);
    await system.start();
    expect(log()).toContain('going on without what is lost');
    expect(await works(1)).toMatch(/applied|unchanged/);
    await system.stop();
    mkdirSync(join(data, 'gone'));
    renameSync(join(data, 'store'), join(data, 'gone', 'store'));
    expect((await refusal()).code).toBe('5');
  }, 240_000);

  test('a lost Temporal database refuses, also beside a store that was not lost; an acceptance in the environment does', async () => {
    for (const name of readdirSync(join(data, 'temporal')))
      if (name.startsWith('temporal.db')) rmSync(join(data, 'temporal', name));
    const { code, text } = await refusal();
    expect(code).toBe('5');
    expect(text).toContain('temporal-lost');
    expect(existsSync(join(data, 'temporal', 'temporal.db'))).toBe(false);
    rmSync(join(data, 'installation.json'));
    const again = await refusal();
    expect(again.code).toBe('5');
    expect(again.text).toContain('temporal-lost: The Temporal namespace default has the id');
    const id = ID.exec(text)?.[1] ?? '';
    expect(ID.exec(again.text)?.[1]).toBe(id);
    const environment = { PORTWARDEN_ACCEPT_LOSS: id };
    await system.start({ environment });
    expect(await works(2)).toMatch(/applied|unchanged/);
    await system.stop();
    await system.start({ environment });
  }, 240_000);

  test('a store that is lost with the record of the data directory is remembered by Temporal', async () => {
    rmSync(join(data, 'store'), { recursive: true });
    rmSync(join(data, 'installation.json'));
    const { code, text } = await refusal();
    expect(code).toBe('5');
    expect(text).toContain('store-lost: The embedded store');
    expect(text).toContain('but the Temporal namespace default has the work of installation');
    expect(existsSync(join(data, 'store'))).toBe(false);
  }, 120_000);

  test('what is damaged is named with its path and its remedy, without a stack', async () => {
    writeFileSync(join(data, 'store', 'global', 'pg_control'), 'garbage');
    const store = await refusal();
    expect(store.code).toBe('5');
    expect(store.text).toContain(
      `store-damaged: The embedded store ${join(data, 'store')} is damaged: PostgreSQL cannot open it (Aborted())`,
    );
    expect(store.text).toContain('Restore the folder of the data directory');
    expect(store.text).not.toMatch(/DATABASE_URL|\n\s+at /);
    truncateSync(join(data, 'temporal', 'temporal.db'), 40_000);
    for (const end of ['-wal', '-shm']) rmSync(join(data, 'temporal', `temporal.db${end}`), { force: true });
    const temporal = await refusal();
    expect(temporal.code).toBe('5');
    expect(temporal.text).toContain(`temporal-damaged: The database ${join(data, 'temporal', 'temporal.db')}`);
  }, 180_000);

  test('a data directory of a release without ids is taken over, with what is in it', async () => {
    rmSync(data, { recursive: true });
    await placePreparedStore(data);
    const old = await openStore({ directory: data });
    await old.close();
    await system.start();
    expect(log()).toContain('this installation had no id yet');
    await system.stop();
    await system.start();
    expect(log().match(/this installation had no id yet/g)).toHaveLength(1);
  }, 180_000);

  describe('a folder that cannot be used', () => {
    const refusesBoth = async (cause: string | RegExp): Promise<void> => {
      const { code, text } = await refusal();
      expect(code).toBe('2');
      expect(text).toMatch(cause);
      expect(text).not.toMatch(/\n\s+at /);
      const checked = cli('config', 'check');
      expect(checked.status).toBe(2);
      expect(checked.stderr).toMatch(cause);
      expect(checked.stderr).toContain('what to do: Mend what the message names');
    };

    test('because it is a file', async () => {
      for (const path of [join(data, 'temporal'), join(data, 'store'), data]) {
        rmSync(path, { recursive: true });
        writeFileSync(path, '');
        await refusesBoth(`folder-unusable: The folder ${path} cannot be used: it is a file, not a folder.`);
      }
    }, 120_000);

    const refused = mountsRefused();
    if (refused !== undefined) process.stderr.write(`skipped: ${refused}\n`);
    const mounting = refused === undefined ? test : test.skip;

    mounting(
      'because its disk is read-only',
      async () => {
        mountReadOnly(data);
        try {
          await refusesBoth(`The folder ${data} cannot be used: it is on a file system that is mounted read-only.`);
        } finally {
          unmount(data);
        }
      },
      120_000,
    );

    mounting(
      'because its disk is full',
      async () => {
        mountFull(data);
        try {
          await refusesBoth(/cannot be used: its disk is full \(\d MiB free/);
        } finally {
          unmount(data);
        }
      },
      120_000,
    );
  });

  (postgresMissing() === undefined ? describe : describe.skip)('a PostgreSQL server', () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    }, 120_000);
    afterAll(() => server.stop());

    const database = async (name: string): Promise<Record<string, string>> => {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return { DATABASE_URL: server.url.replace(/\/postgres$/, `/${name}`) };
    };

    test('is not changed for an empty or another one in silence', async () => {
      const move = await refusal(await database('moved'));
      expect(move.code).toBe('5');
      expect(move.text).toContain('store-lost: The database of DATABASE_URL is empty, but');
      rmSync(data, { recursive: true });
      const [own, other] = [await database('own'), await database('other')];
      await system.start({ environment: own });
      expect(await works(3)).toMatch(/applied|unchanged/);
      await system.stop();
      await system.start({ environment: own });
      await system.stop();
      const { code, text } = await refusal(other);
      expect(code).toBe('5');
      const accepted = { ...other, PORTWARDEN_ACCEPT_LOSS: ID.exec(text)?.[1] ?? '' };
      await system.start({ environment: accepted });
      await system.stop();
      const back = await refusal(own);
      expect(back.code).toBe('5');
      expect(back.text).toContain('The database of DATABASE_URL is of installation');
    }, 300_000);
  });
});

import { Client } from 'pg';
import type { PortwardenError } from '../../src/domain/errors';
import type { Admit } from '../../src/store/installation';
import { MIGRATIONS } from '../../src/store/migrations';
import { openStore } from '../../src/store/openStore';
import { openServerEngine } from '../../src/store/engine/serverEngine';
import type { Store } from '../../src/store/store';
import { postgresMissing, startPostgres, type PostgresServer } from './postgresServer';
import { applyPlanSuite } from './applyPlanSuite';
import { freshDevice } from './freshDevice';
import { entry } from './journalEntry';
import { driftSuite } from './driftSuite';
import { notificationGroupSuite } from './notificationGroupSuite';
import { notificationSuite } from './notificationSuite';
import { storeSuite } from './storeSuite';

const missing = postgresMissing();
const describeServer = missing === undefined ? describe : describe.skip;

describeServer(missing === undefined ? 'a PostgreSQL server' : `a PostgreSQL server (skipped: ${missing})`, () => {
  let server: PostgresServer | undefined;
  const running = (): PostgresServer => {
    if (server === undefined) throw new Error('PostgreSQL does not run');
    return server;
  };
  const opened: Store[] = [];
  const open = async (databaseUrl: string): Promise<Store> => {
    const store = await openStore({ databaseUrl, directory: '/nonexistent' });
    opened.push(store);
    return store;
  };
  const statement = async (databaseUrl: string, sql: string): Promise<unknown[]> => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows as unknown[];
    } finally {
      await client.end();
    }
  };
  const freshDatabase = async (name: string): Promise<string> => {
    await statement(running().url, `CREATE DATABASE ${name}`);
    return running().url.replace(/\/postgres$/, `/${name}`);
  };
  const failureOf = (work: Promise<unknown>): Promise<PortwardenError> =>
    work.then(
      () => Promise.reject(new Error('it should have failed')),
      (error: unknown) => error as PortwardenError,
    );
  const expectNoCredentials = (error: PortwardenError): void => {
    const shown = `${error.message} ${JSON.stringify(error)} ${String(error.stack)} ${JSON.stringify(error.cause ?? '')}`;
    expect(shown).not.toContain(running().password);
    expect(shown).not.toContain(encodeURIComponent(running().password));
  };

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));
  afterAll(() => server?.stop());

  describe('as the store', () => {
    let store: Store | undefined;
    beforeAll(async () => {
      store = await openStore({
        databaseUrl: await freshDatabase('suite'),
        directory: '/nonexistent',
      });
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
  });

  it('gets one id when several open it for the first time at once, and all of them are told which', async () => {
    const url = await freshDatabase('whose');
    const admitted = await Promise.all(
      Array.from({ length: 5 }, async (_, n) => {
        let last: string | undefined;
        const admit: Admit = (found) => {
          last = found.state === 'known' ? found.installation : `of process ${n}`;
          return { installation: last, ...(n === 0 ? { namespace: 'n1' } : {}) };
        };
        opened.push(await openStore({ databaseUrl: url, directory: '/nonexistent', admit }));
        return last;
      }),
    );
    expect(new Set(admitted).size).toBe(1);
    expect(await statement(url, 'SELECT id, namespace FROM portwarden_installation')).toEqual([
      { id: admitted[0], namespace: 'n1' },
    ]);
  });

  it('is migrated once when several open it at the same moment', async () => {
    const url = await freshDatabase('together');
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(url)));
    expect(await statement(url, 'SELECT position, tag FROM portwarden_migrations')).toEqual(
      MIGRATIONS.map(({ tag }, position) => ({ position, tag })),
    );
    const device = freshDevice();
    await Promise.all(stores.map((store) => store.journal.append([entry(device)])));
    expect(await stores[0]?.journal.list({ device, limit: 10 })).toHaveLength(5);
  });

  it('is seen alike by every process that uses it', async () => {
    const url = await freshDatabase('shared');
    const [one, two] = [await open(url), await open(url)];
    const device = freshDevice();
    await one.fences.claim(device, 'one');
    await two.fences.claim(device, 'two');
    expect([await one.fences.isCurrent(device, 'one'), await one.fences.isCurrent(device, 'two')]).toEqual([
      false,
      true,
    ]);
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).backups.add(device, 'system { }', 'race')),
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('is refused when a newer portwarden migrated it', async () => {
    const url = await freshDatabase('newer');
    await open(url);
    await statement(
      url,
      `INSERT INTO portwarden_migrations (position, tag, digest) VALUES (${MIGRATIONS.length}, 'future', 'x')`,
    );
    const error = await failureOf(open(url));
    expect(error).toMatchObject({ code: 'store-unavailable', details: { migration: 'future' } });
  });

  it('takes no half of a migration that fails', async () => {
    const url = await freshDatabase('half');
    await statement(url, 'CREATE TABLE placements (something integer)');
    expect(await failureOf(open(url))).toMatchObject({ code: 'store-unavailable' });
    expect(
      await statement(url, "SELECT 1 FROM pg_tables WHERE tablename IN ('journal', 'portwarden_migrations')"),
    ).toEqual([]);
    await statement(url, 'DROP TABLE placements');
    await (await open(url)).ping();
  });

  it('that refuses the password is unavailable, and the error shows no credentials', async () => {
    const error = await failureOf(open(running().url.replace(/:[^:@/]+@/, ':wr0ng-s3cret@')));
    expect(error).toMatchObject({ code: 'store-unavailable' });
    expect(error.message).toMatch(/password authentication failed/);
    expect(`${error.message}${String(error.stack)}`).not.toContain('wr0ng-s3cret');
    expectNoCredentials(error);
  });

  it('that goes away is unavailable, and is used again when it is back', async () => {
    const store = await open(await freshDatabase('outage'));
    const device = freshDevice();
    const [id] = await store.journal.append([entry(device)]);
    await running().pause();
    for (const attempt of [
      () => store.ping(),
      () => store.journal.append([entry(device)]),
      () => open(running().url),
    ]) {
      const error = await failureOf(attempt());
      expect(error).toMatchObject({ code: 'store-unavailable', retryable: true });
      expectNoCredentials(error);
    }
    await running().resume();
    await store.ping();
    expect(await store.journal.get(id ?? '')).toMatchObject({ device });
  });

  it('that goes away between two statements of a transaction does not end the process (chaos seed 2007)', async () => {
    const engine = openServerEngine(running().url);
    const failure = failureOf(
      engine.database.transaction(async (tx) => {
        await tx.execute('SELECT 1');
        await running().pause();
        await new Promise((resolve) => setTimeout(resolve, 200));
        await tx.execute('SELECT 2');
      }),
    );
    expect(await failure).toBeInstanceOf(Error);
    await running().resume();
    await expect(engine.database.execute('SELECT 3')).resolves.toBeDefined();
    await engine.close();
  });
});

describe('DATABASE_URL', () => {
  it.each(['nonsense', 'mysql://user:s3cret@host/db', '/var/lib/s3cret', 'postgres://us er:s3cret@ho st:x/db'])(
    'is refused when it is %j, without being repeated',
    async (databaseUrl) => {
      const error = await openStore({ databaseUrl, directory: '/nonexistent' }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'invalid-configuration', details: { field: 'DATABASE_URL' } });
      expect(String(error)).not.toContain('s3cret');
    },
  );
});

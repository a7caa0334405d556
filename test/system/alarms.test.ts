import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Client as Database } from 'pg';
import { runPortwarden } from '../../lab/productCli';
import { LAB_SECRETS } from '../../lab/world';
import { ALARM_IDS, type AlarmId } from '../../src/domain/alarms/registry';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';
import { postgresMissing, startPostgres, type PostgresServer } from '../store/postgresServer';
import { workflowBundle } from '../workflows/workflowBundle';
import {
  CASE_IDS,
  CASES,
  ELSEWHERE,
  PANEL_CASES,
  placeOf,
  scenario,
  serversOf,
  type AlarmCase,
  type AlarmStage,
  type CaseId,
} from './alarmCases';
import { SystemUnderTest } from './site';

const missing = temporalUnavailable() ?? postgresMissing();
if (missing !== undefined) process.stderr.write(`skipped: every alarm through the product: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

const RAISED_MS = 170_000;
const CLEARED_MS = 120_000;
const BACKUP_SCHEDULE = 'backup:portwarden:devices';

interface Alarm {
  readonly id: AlarmId;
  readonly number: string;
  readonly device?: string;
  readonly port?: string;
  readonly name?: string;
  readonly clearedAt?: string;
}

test('every alarm of the registry has a fault that raises it and a repair that clears it', () => {
  expect([...Object.keys(CASES), ...Object.keys(ELSEWHERE)].sort()).toEqual([...ALARM_IDS].sort());
  for (const [id, file] of Object.entries(ELSEWHERE)) expect(readFileSync(join(__dirname, file), 'utf8')).toContain(id);
});

suite('every alarm is raised by a fault and cleared by its repair, once', () => {
  let temporal: TestTemporal;
  let postgres: PostgresServer;
  let database: Database;
  let connection: Connection;
  let client: Client;
  let system: SystemUnderTest;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
    });
    [temporal, postgres] = await Promise.all([startTemporalForTests(), startPostgres()]);
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection });
    database = new Database({ connectionString: postgres.url });
    await database.connect();
    await letClockDiffer();
    await runFormerVersion(deviceOf('coordinator-stuck'));
    system = await SystemUnderTest.create(
      scenario,
      {
        alarms: { everySeconds: 2, manyAttempts: 3, staleAfterSeconds: 10 },
        backups: { everyHours: 1 },
        guards: { brake: { bindings: 10 } },
        retries: {
          deviceBackoff: { initialSeconds: 4, maximumSeconds: 6, giveUpAfterHours: 1 },
          waitForOutcomeMinutes: 1,
        },
      },
      { commitMs: 50, checkMs: 20 },
    );
    environment = { TEMPORAL_ADDRESS: temporal.address, DATABASE_URL: postgres.url };
    await system.start({ environment });
  }, 240_000);
  afterAll(async () => {
    await system.close();
    await database.end();
    await connection.close();
    await Promise.all([temporal.stop(), postgres.stop()]);
    await Runtime.instance().shutdown();
  }, 120_000);

  const deviceOf = (id: CaseId): string => `junos:${placeOf(id) + 1}`;

  /** What the product asks the database for the time by: ahead by what the table says. */
  async function letClockDiffer(): Promise<void> {
    await database.query(`
      CREATE SCHEMA skew;
      CREATE TABLE skew.ahead (by interval NOT NULL);
      INSERT INTO skew.ahead VALUES ('0');
      CREATE FUNCTION skew.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + by FROM skew.ahead';
      ALTER ROLE CURRENT_USER SET search_path = public, skew, pg_catalog;`);
  }

  /** A coordinator that the product's version cannot continue. */
  async function runFormerVersion(device: string): Promise<void> {
    const native = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: 'portwarden',
      workflowBundle: await workflowBundle(require.resolve('./formerVersion')),
    });
    await worker.runUntil(async () => {
      const handle = await client.workflow.start('deviceCoordinator', {
        workflowId: `device:${device}`,
        taskQueue: 'portwarden',
        args: [{ device }],
      });
      while ((await handle.describe()).raw.pendingActivities?.length !== 1) await sleep(50);
    });
    await native.close();
  }

  function stageOf(id: CaseId): AlarmStage {
    const theSwitch = system.world.switches.get(placeOf(id) + 1);
    if (theSwitch === undefined) throw new Error('there is no such switch');
    return {
      system,
      temporal: client,
      cli: (...args) => runPortwarden(system.site, [...args, '--api', system.running.apiUrl], environment),
      sql: (statement) => database.query(statement),
      backUp,
      device: deviceOf(id),
      theSwitch,
      servers: serversOf(id),
      ip: (last) => `10.${placeOf(id) + 1}.7.${last}`,
      look: (serverId) => system.event({ action: 'ip_assigned', serverId }),
    };
  }

  async function backUp(): Promise<void> {
    const schedule = client.schedule.getHandle(BACKUP_SCHEDULE);
    const before = (await schedule.describe()).info.numActionsTaken;
    await schedule.trigger();
    for (;;) {
      const { info } = await schedule.describe();
      if (info.numActionsTaken > before && info.runningActions.length === 0) return;
      await sleep(200);
    }
  }

  async function alarms(query: string): Promise<readonly Alarm[]> {
    const response = await fetch(`${system.running.apiUrl}/api/alarms?limit=200&${query}`, {
      headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
    });
    return ((await response.json()) as { alarms: readonly Alarm[] }).alarms;
  }
  /** The alarms of a case, of a list of all. */
  const ofCase = (all: readonly Alarm[], id: CaseId, of: AlarmCase = CASES[id]): readonly Alarm[] =>
    all.filter((one) => {
      const { isOfDevice = true, named = one.name } = of;
      return one.id === id && (!isOfDevice || one.device === deviceOf(id)) && one.name === named;
    });
  /** The ids of those cases of which this does not hold, once the time is over. */
  async function unmet(
    ids: readonly CaseId[],
    holds: (open: number) => boolean,
    withinMs: number,
    of: Readonly<Partial<Record<CaseId, AlarmCase>>> = CASES,
  ): Promise<CaseId[]> {
    for (const deadline = Date.now() + withinMs; ; await sleep(500)) {
      const open = await alarms('state=open');
      const left = ids.filter((id) => !holds(ofCase(open, id, of[id]).length));
      if (left.length === 0 || Date.now() > deadline) return left;
    }
  }

  const groups = [
    ['that concern their own switch', CASE_IDS.filter((id) => CASES[id].isLast !== true), CASES],
    ['that concern everybody', CASE_IDS.filter((id) => CASES[id].isLast === true), CASES],
    ['of the panel, for which no port waits', CASE_IDS.filter((id) => PANEL_CASES[id] !== undefined), PANEL_CASES],
  ] as const;

  test.each(groups)(
    'alarms %s',
    async (_which, ids, of) => {
      await Promise.all(ids.map(async (id) => of[id]?.raise(stageOf(id))));
      expect(await unmet(ids, (open) => open === 1, RAISED_MS, of)).toEqual([]);
      await Promise.all(ids.map(async (id) => of[id]?.mend(stageOf(id))));
      expect(await unmet(ids, (open) => open === 0, CLEARED_MS, of)).toEqual([]);
    },
    360_000,
  );

  test('each was raised once, whatever else was wrong meanwhile', async () => {
    const all = await alarms('state=any');
    const counts = Object.fromEntries(CASE_IDS.map((id) => [id, ofCase(all, id).length]));
    expect(counts).toEqual(Object.fromEntries(CASE_IDS.map((id) => [id, 1])));
    const ofPanel = Object.entries(PANEL_CASES) as [CaseId, AlarmCase][];
    for (const [id, of] of ofPanel) expect([id, ofCase(all, id, of).length]).toEqual([id, 1]);
    expect(all.filter(({ clearedAt }) => clearedAt === undefined)).toEqual([]);
  });
});

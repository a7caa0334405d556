import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { seedScenario } from '../../lab/scenarios/seed';
import { LAB_SECRETS } from '../../lab/world';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';
import { workflowBundle } from '../workflows/workflowBundle';
import { SystemUnderTest, type EventAnswer } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('after an upgrade that cannot continue what the former version began', () => {
  let temporal: TestTemporal;
  let system: SystemUnderTest;
  let connection: Connection;
  const accepted: string[] = [];
  const SETTINGS = {
    batchPorts: 100,
    batchBindings: 2_000,
    initialBackoffMs: 1_000,
    maximumBackoffMs: 5_000,
    giveUpAfterMs: 3_600_000,
    guards: { maxRemovedBindings: 10, maxRemovedShare: 0.5 },
  };

  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
    });
    temporal = await startTemporalForTests();
    connection = await Connection.connect({ address: temporal.address });
    await runFormerVersion(['junos:1', 'junos:2']);
    system = await SystemUnderTest.create(seedScenario, { retries: { waitForOutcomeMinutes: 1 } });
    await system.start({ environment: { TEMPORAL_ADDRESS: temporal.address } });
  }, 240_000);
  afterAll(async () => {
    await system.close();
    await connection.close();
    await temporal.stop();
    await Runtime.instance().shutdown();
  }, 120_000);

  /** Coordinators as the former version left them. */
  async function runFormerVersion(devices: readonly string[]): Promise<void> {
    const native = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: 'portwarden',
      workflowBundle: await workflowBundle(require.resolve('./formerVersion')),
    });
    await worker.runUntil(async () => {
      const client = new Client({ connection });
      for (const device of devices) {
        const handle = await client.workflow.start('deviceCoordinator', {
          workflowId: `device:${device}`,
          taskQueue: 'portwarden',
          args: [{ device, settings: SETTINGS }],
        });
        while ((await handle.describe()).raw.pendingActivities?.length !== 1) await sleep(50);
      }
    });
    await native.close();
  }

  const status = async (workflowId: string): Promise<EventAnswer> =>
    (await (
      await fetch(`${system.running.apiUrl}/api/port-security/events/${encodeURIComponent(workflowId)}`, {
        headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
      })
    ).json()) as EventAnswer;
  const figures = async (): Promise<string[]> => {
    const text = await (
      await fetch(`${system.running.apiUrl}/metrics`, {
        headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}` },
      })
    ).text();
    return text.split('\n').filter((line) => line.startsWith('portwarden_coordinators_stuck{'));
  };
  const logged = (message: string): Record<string, unknown>[] =>
    readFileSync(system.running.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(message))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  async function until<T>(look: () => Promise<T>, fits: (seen: T) => boolean): Promise<T> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const seen = await look();
      if (fits(seen) || Date.now() > deadline) return seen;
      await sleep(250);
    }
  }
  const temporalCli = (...args: readonly string[]): string =>
    execFileSync(temporal.cliPath, [...args, '--address', temporal.address], { encoding: 'utf8', timeout: 30_000 });

  test('the events that wait for such a coordinator say so, with the cause and what to do', async () => {
    for (const delivery of [
      await system.world.panel.assign({ serverId: 101, ip: '10.0.48.7' }),
      await system.world.panel.assign({ serverId: 301, ip: '10.0.48.105' }),
    ]) {
      accepted.push((delivery[0]?.body as { workflowId: string }).workflowId);
    }
    for (const [index, device] of ['junos:1', 'junos:2'].entries()) {
      const { state, waitingFor } = await until(
        () => status(accepted[index] ?? ''),
        (answer) => answer.waitingFor?.includes('cannot go on') === true,
      );
      expect(state).toBe('running');
      expect(waitingFor).toContain(`device:${device} cannot go on`);
      expect(waitingFor).toMatch(/Nondeterminism|Workflow Task in failed state/i);
      expect(waitingFor).toContain('docs/operations.md');
    }
  }, 180_000);

  test('a figure and one log line each name the coordinators', async () => {
    expect((await until(figures, (lines) => lines.length === 2)).sort()).toEqual([
      'portwarden_coordinators_stuck{device="junos:1"} 1',
      'portwarden_coordinators_stuck{device="junos:2"} 1',
    ]);
    const lines = logged('a coordinator cannot go on');
    expect(lines.map(({ device, workflowId, level }) => ({ device, workflowId, level }))).toEqual([
      { device: 'junos:1', workflowId: 'device:junos:1', level: 'error' },
      { device: 'junos:2', workflowId: 'device:junos:2', level: 'error' },
    ]);
    expect(lines.map(({ cause }) => cause)).toEqual([
      expect.stringContaining('TMPRL1100'),
      expect.stringContaining('TMPRL1100'),
    ]);
  }, 180_000);

  test('reset as operations.md says, it goes on with every request that it was sent', async () => {
    temporalCli(
      'workflow',
      'reset',
      '--workflow-id',
      'device:junos:1',
      '--type',
      'FirstWorkflowTask',
      '--reason',
      'upgrade',
    );
    const answer = await system.outcome(accepted[0] ?? '');
    expect(answer.outcome?.status).toBe('applied');
    expect(await system.bindings(1, 'ge-0/0/1.0')).toContain('10.0.48.7 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff');
    const client = new Client({ connection });
    const { events } = await client.workflow.getHandle('device:junos:1').fetchHistory();
    expect(
      events?.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'enlist'),
    ).toHaveLength(1);
  }, 180_000);

  test('terminated, it is started anew by the events that wait', async () => {
    temporalCli('workflow', 'terminate', '--workflow-id', 'device:junos:2', '--reason', 'upgrade');
    const answer = await until(
      () => status(accepted[1] ?? ''),
      ({ state }) => state !== 'running',
    );
    expect(answer.outcome?.status).toBe('applied');
  }, 180_000);

  test('then the figure is gone, and the log says that they go on', async () => {
    expect(await until(figures, (lines) => lines.length === 0)).toEqual([]);
    expect(
      logged('the coordinator goes on again')
        .map(({ device }) => device)
        .sort(),
    ).toEqual(['junos:1', 'junos:2']);
  }, 180_000);
});

import type { Deferral } from '../../src/domain/change/deferral';
import type { Observed } from '../../src/protocol/observed';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectCommand, type TemporalClient } from '../../src/temporal/client';
import { Coordinators } from '../../src/temporal/coordinators';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { errorReport } from '../../src/domain/errors';
import { portRequest } from '../../src/domain/servers/portRequest';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseConfiguration } from '../../src/config';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';
import { pauseSince } from '../support/pause';
import { settingsWith } from '../workflows/coordinator/settings';

const deferral: Deferral = { error: errorReport('paused', 'by alice') };

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const began = Date.now();
  while (!(await isSo())) await pauseSince(began);
}

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const DEVICE = defineSearchAttributeKey('Device', SearchAttributeType.KEYWORD);
const TASK_QUEUE = 'portwarden-coordinators-test';

suite('what operators say to coordinators, on a real Temporal server', () => {
  let temporal: TestTemporal;
  let coordinators: Coordinators;
  let client: Client;
  const closing: (() => Promise<void>)[] = [];

  const configurationAt = (address: string) =>
    parseConfiguration(
      `panel: { url: https://panel }\ntemporal: { address: '${address}', taskQueue: ${TASK_QUEUE} }\n`,
      {
        file: '/nowhere/portwarden.yaml',
        cwd: '/nowhere',
        env: {},
        role: 'client',
      },
    );

  const connect = (address: string): Promise<TemporalClient> => connectCommand(configurationAt(address).temporal);

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    temporal = await startTemporalForTests();
    closing.push(() => temporal.stop());
    const connected = await connect(temporal.address);
    closing.push(() => connected.close());
    client = connected.client;
    coordinators = new Coordinators(client, TASK_QUEUE);
  }, 120_000);

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  test('without a coordinator there is no state, and nobody to tell of pauses', async () => {
    const device = deviceId('junos', 1);
    expect(await coordinators.state(device)).toBeUndefined();
    expect(await coordinators.retryNow(device)).toBe(false);
    await coordinators.pausesChanged(() => true);
    expect(await coordinators.state(device)).toBeUndefined();
  });

  test('those that are concerned look anew at what is paused; their state can be read', async () => {
    const device = deviceId('junos', 2);
    await coordinators.enlist(device, portRequest(parsePortName('ge-0/0/1.0')));
    let deferrals = [deferral];
    const native = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowsPath: require.resolve('../../src/workflows'),
      activities: {
        coordinatorSettings: async ({ observed }: { observed: Observed }) => ({
          ...settingsWith(),
          observed,
          deferrals,
        }),
      },
    });
    await worker.runUntil(async () => {
      const isPaused = async (): Promise<boolean> => (await coordinators.state(device))?.deferrals.length === 1;
      await eventually(isPaused);
      expect(await listed(coordinators)).toEqual([device]);
      deferrals = [{ ...deferral, ports: [parsePortName('ge-0/0/1.0')] }];
      await coordinators.pausesChanged((other) => other !== device);
      expect(await coordinators.state(device)).toMatchObject({ deferrals: [{ reason: 'paused: by alice' }] });
      await coordinators.pausesChanged((other) => other === device);
      await eventually(async () => (await coordinators.state(device))?.deferrals[0]?.ports?.length === 1);
      expect(await coordinators.state(device)).toMatchObject({ device, pending: [{ port: 'ge-0/0/1.0' }] });
    });
    await native.close();
    const handle = client.workflow.getHandle(coordinatorWorkflowId(device));
    expect((await handle.describe()).typedSearchAttributes.get(DEVICE)).toBe(device);
    const run = { workflowId: handle.workflowId, runId: (await handle.describe()).runId };
    expect(await coordinators.hasEnded(run)).toBe(false);
    await handle.terminate();
    expect(await coordinators.state(device)).toBeUndefined();
    expect(await coordinators.hasEnded(run)).toBe(true);
  }, 120_000);

  test('an approval reaches a coordinator even when none runs', async () => {
    const device = deviceId('junos', 3);
    await coordinators.approve(device, parsePortName('ge-0/0/1.0'));
    const history = await client.workflow.getHandle(coordinatorWorkflowId(device)).fetchHistory();
    const signals = (history.events ?? []).flatMap((event) => {
      const signal = event.workflowExecutionSignaledEventAttributes;
      const data = signal?.input?.payloads?.[0]?.data;
      return signal === null || signal === undefined
        ? []
        : [`${signal.signalName ?? ''} ${Buffer.from(data ?? []).toString()}`];
    });
    expect(signals).toEqual(['approve "ge-0/0/1.0"']);
  });

  test('a server that is not there is named', async () => {
    await expect(connect('127.0.0.1:1')).rejects.toMatchObject({
      code: 'temporal-unavailable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });
});

/** Visibility lags behind the start of a workflow. */
async function listed(coordinators: Coordinators): Promise<readonly string[]> {
  for (let look = 0; look < 50; look += 1) {
    const devices = (await coordinators.states()).map(({ device }) => device);
    if (devices.length > 0) return devices;
    await sleep(100);
  }
  return [];
}

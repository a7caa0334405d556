import type { Observed } from '../../src/protocol/observed';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectCommand, type TemporalClient } from '../../src/temporal/client';
import { Coordinators } from '../../src/temporal/coordinators';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseConfiguration } from '../../src/config';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';
import { settingsWith } from '../workflows/coordinator/settings';

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

  test('without a coordinator there is no state, and nothing to resume', async () => {
    const device = deviceId('junos', 1);
    expect(await coordinators.state(device)).toBeUndefined();
    expect(await coordinators.resume(device)).toBe(false);
    expect(await coordinators.retryNow(device)).toBe(false);
    expect(await coordinators.state(device)).toBeUndefined();
  });

  test('pause starts the coordinator and holds; its state can be read; resume ends that', async () => {
    const device = deviceId('junos', 2);
    await coordinators.pause(device);
    const native = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowsPath: require.resolve('../../src/workflows'),
      activities: {
        coordinatorSettings: async ({ observed }: { observed: Observed }) => ({ ...settingsWith(), observed }),
      },
    });
    await worker.runUntil(async () => {
      expect(await coordinators.state(device)).toMatchObject({ device, paused: true, pending: [] });
      expect(await listed(coordinators)).toEqual([device]);
      expect(await coordinators.resume(device)).toBe(true);
      expect(await coordinators.state(device)).toMatchObject({ device, paused: false });
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

  test('approvals reach a coordinator even when none runs', async () => {
    const device = deviceId('junos', 3);
    await coordinators.approve(device, parsePortName('ge-0/0/1.0'));
    await coordinators.reject(device, parsePortName('ge-0/0/2.0'));
    const history = await client.workflow.getHandle(coordinatorWorkflowId(device)).fetchHistory();
    const signals = (history.events ?? []).flatMap((event) => {
      const signal = event.workflowExecutionSignaledEventAttributes;
      const data = signal?.input?.payloads?.[0]?.data;
      return signal === null || signal === undefined
        ? []
        : [`${signal.signalName ?? ''} ${Buffer.from(data ?? []).toString()}`];
    });
    expect(signals).toEqual(['approve "ge-0/0/1.0"', 'reject "ge-0/0/2.0"']);
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

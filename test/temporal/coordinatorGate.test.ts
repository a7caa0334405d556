import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { coordinatorSettings } from '../../src/app/clientOptions';
import { openCoordinatorGate, type CoordinatorGate } from '../../src/temporal/coordinatorGate';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { deviceId } from '../../src/domain/values/port';
import { readCoordinatorStates } from '../../src/temporal/coordinatorStates';
import { parseConfiguration } from '../../src/config';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const DEVICE = defineSearchAttributeKey('Device', SearchAttributeType.KEYWORD);
const TASK_QUEUE = 'portwarden-gate-test';

suite("operators' words on a real Temporal server", () => {
  let temporal: TestTemporal;
  let gate: CoordinatorGate;
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

  const openGate = (address: string): Promise<CoordinatorGate> => {
    const configuration = configurationAt(address);
    return openCoordinatorGate(configuration.temporal, coordinatorSettings(configuration));
  };

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    temporal = await startTemporalForTests();
    closing.push(() => temporal.stop());
    gate = await openGate(temporal.address);
    closing.push(() => gate.close());
    const connection = await Connection.connect({ address: temporal.address });
    closing.push(() => connection.close());
    client = new Client({ connection });
  }, 120_000);

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  test('without a coordinator there is no state, and nothing to resume', async () => {
    const device = deviceId('junos', 1);
    expect(await gate.state(device)).toBeUndefined();
    expect(await gate.signal(device, 'resume', [])).toBe(false);
    expect(await gate.signal(device, 'retryNow', [])).toBe(false);
    expect(await gate.state(device)).toBeUndefined();
  });

  test('pause starts the coordinator and holds; its state can be read; resume ends that', async () => {
    const device = deviceId('junos', 2);
    expect(await gate.signal(device, 'pause', [])).toBe(true);
    const native = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowsPath: require.resolve('../../src/workflows'),
    });
    await worker.runUntil(async () => {
      expect(await gate.state(device)).toMatchObject({ device, paused: true, pending: [] });
      expect(await listed(client)).toEqual([device]);
      expect(await gate.signal(device, 'resume', [])).toBe(true);
      expect(await gate.state(device)).toMatchObject({ device, paused: false });
    });
    await native.close();
    const handle = client.workflow.getHandle(coordinatorWorkflowId(device));
    expect((await handle.describe()).typedSearchAttributes.get(DEVICE)).toBe(device);
    await handle.terminate();
    expect(await gate.state(device)).toBeUndefined();
  }, 120_000);

  test('approvals reach a coordinator even when none runs', async () => {
    const device = deviceId('junos', 3);
    await gate.signal(device, 'approve', ['ge-0/0/1.0']);
    await gate.signal(device, 'reject', ['ge-0/0/2.0']);
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
    await expect(openGate('127.0.0.1:1')).rejects.toMatchObject({
      code: 'temporal-unavailable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });
});

/** Visibility lags behind the start of a workflow. */
async function listed(client: Client): Promise<readonly string[]> {
  for (let look = 0; look < 50; look += 1) {
    const devices = (await readCoordinatorStates(client)).map(({ device }) => device);
    if (devices.length > 0) return devices;
    await sleep(100);
  }
  return [];
}

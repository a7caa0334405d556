import { temporal } from '@temporalio/proto';
import { Client, Connection } from '@temporalio/client';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { COORDINATOR_WORKFLOW, coordinatorWorkflowId, deviceTaskQueue } from '../../src/protocol/names';
import { endInterruptedPasses, passParts } from '../../src/temporal/interruptedPasses';
import { startTemporalForTests, temporalUnavailable, type TestTemporal } from '../servers/temporal';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const QUEUE = 'interrupted';
const WITHIN_MS = 30_000;

suite('passes of a worker that was killed', () => {
  let server: TestTemporal;
  let connection: Connection;
  let client: Client;

  beforeAll(async () => {
    server = await startTemporalForTests();
    connection = await Connection.connect({ address: server.address });
    client = new Client({ connection, namespace: server.namespace });
  });

  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  const { namespace } = { namespace: 'default' };
  const taskQueue = { name: QUEUE };

  /** A coordinator whose pass runs at a worker that is silent from then on. @returns what names the pass. */
  async function coordinatorInPass(device: DeviceId): Promise<string> {
    const { workflowService } = client;
    const { firstExecutionRunId: runId } = await client.workflow.start(COORDINATOR_WORKFLOW, {
      workflowId: coordinatorWorkflowId(device),
      taskQueue: QUEUE,
      args: [{ device }],
    });
    const task = await soon(() => workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'killed' }));
    await workflowService.respondWorkflowTaskCompleted({
      namespace,
      taskToken: task.taskToken,
      identity: 'killed',
      // What a worker that keeps the workflow in memory says: its next tasks are for that worker alone.
      stickyAttributes: {
        workerTaskQueue: { name: `sticky-${device}` },
        scheduleToStartTimeout: { seconds: 3600 as never },
      },
      commands: [
        {
          commandType: temporal.api.enums.v1.CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
          scheduleActivityTaskCommandAttributes: {
            activityId: '7',
            activityType: { name: 'commitToSwitch' },
            taskQueue: { name: deviceTaskQueue(QUEUE) },
            startToCloseTimeout: { seconds: 2700 as never },
            heartbeatTimeout: { seconds: 1800 as never },
            retryPolicy: { maximumAttempts: 1 },
          },
        },
      ],
    });
    const passes = { name: deviceTaskQueue(QUEUE) };
    await soon(() => workflowService.pollActivityTaskQueue({ namespace, taskQueue: passes, identity: 'killed' }));
    return `${runId}/7/1`;
  }

  /** The server asks for a limit of each call that waits. */
  const soon = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + WITHIN_MS, call);

  /** The next task of any coordinator, as the worker gets it that comes after the killed one. */
  async function nextTask(): Promise<string> {
    const task = await soon(() =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'next' }),
    );
    return task.workflowExecution?.workflowId ?? '';
  }

  it('are ended at once, each one once, and their coordinators go on at the next worker', async () => {
    const [one, two, idle] = [deviceId('junos', 1), deviceId('junos', 2), deviceId('junos', 3)];
    const passes = [await coordinatorInPass(one), await coordinatorInPass(two)] as const;
    const attempts = new Map([
      [one, passes[0]],
      [two, passes[1].replace(/^[^/]+/, '00000000-0000-4000-8000-000000000000')],
      [idle, passes[0]],
    ]);
    await untilListed(2);
    // The newest attempt at the second device is one of a coordinator that is no more: nothing is said of its present pass.
    expect(await endInterruptedPasses(client, namespace, attempts)).toEqual({ ended: [one] });
    expect(await nextTask()).toBe(coordinatorWorkflowId(one));
    const { events } = await client.workflow.getHandle(coordinatorWorkflowId(one)).fetchHistory();
    const failures = (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) => failed?.failure ?? []);
    expect(failures.map(({ applicationFailureInfo }) => applicationFailureInfo?.type)).toEqual([
      'device-unknown-outcome',
    ]);
    expect(await endInterruptedPasses(client, namespace, attempts)).toEqual({ ended: [] });
  });

  /** Lists are of what the server has written down; that comes a moment after the start. */
  async function untilListed(count: number): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const { count: listed } = await client.workflow.count(`WorkflowType = "${COORDINATOR_WORKFLOW}"`);
      if (listed >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the coordinators were not listed');
  }
});

test('what names an attempt', () => {
  expect(passParts('run/7/1')).toEqual({ runId: 'run', activityId: '7' });
  for (const other of ['', 'run', 'run/7', 'run/7/1/2']) expect(passParts(other)).toBeUndefined();
});

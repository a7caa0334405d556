import { NativeConnection, Worker } from '@temporalio/worker';
import { PortwardenError } from '../../../src/domain/errors';
import { COORDINATOR_WORKFLOW, SIGNALS } from '../../../src/protocol/names';
import { temporalUnavailable } from '../../servers/temporal';
import { replayHistories } from '../../support/replayHistories';
import { addDedicated, addressOf } from '../siteWorld';
import { workflowBundle } from '../workflowBundle';
import { startWorkflowServer, type Site, type WorkflowServer } from '../workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** Its heartbeat is after 1.6 seconds. */
const WORKFLOW_TASK = '2 seconds';
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

suite('workflows whose local activities outlast their workflow tasks', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  /** What an SDK of another version does with the workflows in probes.ts may be something else: then read decision 0035 again. */
  it('do something else in a replay when they decide by the clock or by the length of their history, and not by what was recorded', async () => {
    const bundle = await workflowBundle(require.resolve('./probes'));
    const connection = await NativeConnection.connect({ address: workflows.temporal.address });
    const taskQueue = 'probes';
    const activities = { pause: sleep, returned: async (value: number) => value };
    const { namespace } = workflows.temporal;
    const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle: bundle, activities });
    const live = async (type: string) => {
      const isSlow = type !== 'byParallelSteps';
      const options = {
        workflowId: type,
        taskQueue,
        ...(isSlow ? { workflowTaskTimeout: WORKFLOW_TASK } : {}),
      } as const;
      const handle = await workflows.client.workflow.start(type, options);
      for (let look = 0; look < 100 && (await handle.describe()).historyLength < 4; look += 1) await sleep(100);
      const isAsked = type === 'byAnsweredQuery';
      if (isAsked) await handle.signal('work');
      await sleep(isAsked ? 300 : 0);
      await Promise.all([handle.signal('go'), ...(isAsked ? [handle.query('how')] : [])]);
      await handle.result();
      const history = await handle.fetchHistory();
      return { type, history };
    };
    const types = ['bySlowStep', 'byHistoryLength', 'byParallelSteps', 'byRecordedValues'];
    // That one keeps the worker's workflows busy, so it comes after the others.
    const ended = await worker.runUntil(async () => [
      ...(await Promise.all(types.map(live))),
      await live('byAnsweredQuery'),
    ]);
    await connection.close();
    const replays: (readonly [string, boolean])[] = [];
    for (const { type, history } of ended) {
      const replay = Worker.runReplayHistory({ workflowBundle: bundle }, history, type);
      replays.push([type, await replay.then(() => true).catch(() => false)]);
    }
    expect(replays).toEqual([
      ['bySlowStep', false],
      ['byHistoryLength', false],
      ['byParallelSteps', false],
      ['byRecordedValues', true],
      ['byAnsweredQuery', false],
    ]);
  });

  async function replayOf(site: Site): Promise<void> {
    const workflowBundleOfProduct = await workflowBundle(require.resolve('../../../src/workflows'));
    const history = await site.coordinator.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: workflowBundleOfProduct }, history, site.coordinator.workflowId);
  }

  it('a coordinator takes up a port after its back-off in a replay as it did', async () => {
    let toldSlowly = 0;
    const site = await workflows.startSite({
      settings: { initialBackoffMs: 1_200, maximumBackoffMs: 1_200, idleExitMs: 500 },
      wrap: (own) => ({
        notifyWaiters: async (input) => {
          toldSlowly += 1;
          if (toldSlowly === 1) await sleep(2_200);
          await own.notifyWaiters(input);
        },
      }),
    });
    addDedicated(site, 1);
    await workflows.client.workflow.start(COORDINATOR_WORKFLOW, {
      workflowId: site.coordinator.workflowId,
      taskQueue: site.taskQueue,
      workflowTaskTimeout: WORKFLOW_TASK,
      args: [{ device: site.device }],
    });
    let fail: (() => void) | undefined;
    site.world.device.beforeCommit = async () => {
      await new Promise<void>((resolve) => {
        fail = resolve;
      });
      throw new PortwardenError('device-busy', 'configuration database locked by admin');
    };
    const event = await site.start({ action: 'ip_assigned', serverId: 1, ip: addressOf(1) });
    for (let look = 0; look < 400 && fail === undefined; look += 1) await sleep(50);
    // Nothing comes of it: a workflow task without commands, before the one whose local activity is slow.
    await site.coordinator.signal(SIGNALS.retryNow);
    const { historyLength } = await site.coordinator.describe();
    for (let look = 0; look < 100 && (await site.coordinator.describe()).historyLength < historyLength + 2; look += 1)
      await sleep(50);
    site.world.device.beforeCommit = async () => undefined;
    fail?.();
    expect(await site.result(event)).toMatchObject({ status: 'applied' });
    await site.coordinator.result();
    await replayOf(site);
    // What the ends of other tests rely on: it sees a difference, and says where.
    const { codePath } = await workflowBundle(require.resolve('../../replay/altered'));
    await expect(replayHistories(workflows.client, { codePath, seed: 1 })).rejects.toThrow(
      new RegExp(
        `not the same in a replay:\n${site.coordinator.workflowId} \\(deviceCoordinator, .*\\): \\[TMPRL1100\\] Nondeterminism error: `,
      ),
    );
  });
});

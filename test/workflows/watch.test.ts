import { createActivities } from '../../src/activities';
import { keepWatchSchedules } from '../../src/temporal/schedules';
import { WATCH_WORKFLOW } from '../../src/protocol/names';
import type { WatchResult } from '../../src/protocol/watch';
import { PortwardenError } from '../../src/domain/errors';
import { temporalUnavailable } from '../servers/temporal';
import { addVm } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('watch', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const startSite = (): Promise<Site> =>
    workflows.startSite({
      wrap: (activities, world) => ({ ...activities, watchCluster: createActivities(world).watchCluster }),
    });

  async function scheduled(prefix: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { scheduleId } of workflows.client.schedule.list())
      if (scheduleId.startsWith(prefix)) ids.push(scheduleId);
    return ids.sort();
  }

  async function eventually<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    for (const end = Date.now() + 60_000; ;) {
      const value = await read();
      if (isDone(value)) return value;
      if (Date.now() > end) throw new Error(`it did not get there: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it('schedules are those of the configuration; a look is one local activity, and a guest that went is followed', async () => {
    const site = await startSite();
    const { world, taskQueue } = site;
    const uplink = addVm(site, 301);
    const prefix = `watch:${taskQueue}:`;
    await keepWatchSchedules(workflows.client, { taskQueue, clusters: ['old', 'pve'], everyMs: 3_600_000 });
    await keepWatchSchedules(workflows.client, { taskQueue, clusters: ['pve'], everyMs: 1_000 });
    await eventually(
      () => scheduled(prefix),
      (ids) => ids.join() === `${prefix}pve`,
    );
    await eventually(
      () => world.store.watches.list(),
      ([state]) => state?.lookedAt !== undefined,
    );
    const [vm] = world.cluster.nodes.get('pve1') ?? [];
    world.cluster.nodes.set('pve1', []);
    world.cluster.nodes.set('pve2', vm === undefined ? [] : [vm]);
    const other = addVm(site, 302, 'pve2', 'ae2.0');
    await site.until((state) => state.lastOutcomes.some(({ port }) => port === other), 60_000);
    await eventually(
      async () => world.device.actual.get(other)?.length ?? 0,
      (count) => count === 2,
    );
    expect(world.device.actual.get(uplink) ?? []).toEqual([]);
    await keepWatchSchedules(workflows.client, { taskQueue, clusters: ['pve'], everyMs: 0 });
    await eventually(
      () => scheduled(prefix),
      (ids) => ids.length === 0,
    );
    const lengths: number[] = [];
    const query = `WorkflowType = "${WATCH_WORKFLOW}" AND ExecutionStatus = "Completed"`;
    for await (const { workflowId, runId } of workflows.client.workflow.list({ query }))
      lengths.push(
        (await workflows.client.workflow.getHandle(workflowId, runId).fetchHistory()).events?.length ?? Infinity,
      );
    process.stdout.write(
      `${WATCH_WORKFLOW}: ${lengths.length} looks, history at most ${Math.max(...lengths)} events\n`,
    );
    expect(Math.max(...lengths)).toBeLessThanOrEqual(6);
  }, 150_000);

  it('a cluster that cannot be looked at is a result and no failure; an unknown one too', async () => {
    const { world, taskQueue } = await startSite();
    world.cluster.fault = new PortwardenError('proxmox-no-quorum', 'pve has no quorum');
    const run = (cluster: unknown): Promise<WatchResult> =>
      workflows.client.workflow.execute<(input: unknown) => Promise<WatchResult>>(WATCH_WORKFLOW, {
        workflowId: `${taskQueue}-${String(cluster)}`,
        taskQueue,
        args: [{ cluster }],
      });
    expect((await run('pve')).error).toMatchObject({ code: 'proxmox-no-quorum' });
    expect((await run('other')).error).toMatchObject({ code: 'proxmox-not-configured' });
    await expect(run('')).rejects.toMatchObject({ cause: { type: 'invalid-request' } });
  });
});

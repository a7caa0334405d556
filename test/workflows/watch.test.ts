import { createActivities } from '../../src/activities';
import { keepWatchSchedules } from '../../src/temporal/watchSchedules';
import { ALARMS_WORKFLOW, SIGNALS, WATCH_WORKFLOW } from '../../src/protocol/names';
import type { AlarmsResult } from '../../src/protocol/alarms';
import { keepAlarmSchedule } from '../../src/temporal/alarmSchedule';
import type { WatchResult } from '../../src/protocol/watch';
import { PortwardenError } from '../../src/domain/errors';
import { temporalUnavailable } from '../servers/temporal';
import { port } from '../activities/fakes/values';
import { addressOf, addVm, bound } from './siteWorld';
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

  it('a slow reading of a node is made once, and what it says of a guest that has moved meanwhile replaces nothing newer', async () => {
    const site = await startSite();
    const { world } = site;
    const left = addVm(site, 311);
    const [vm] = world.cluster.nodes.get('pve1') ?? [];
    if (vm === undefined) throw new Error('there is no guest');
    let readings = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const inventory = world.cluster.inventory.bind(world.cluster);
    world.cluster.inventory = async (node) => {
      const read = await inventory(node);
      if (node === 'pve1' && (readings += 1) === 1) await released;
      return read;
    };
    const first = await site.start({ action: 'ip_assigned', serverId: 311, ip: addressOf(311) });
    // Begun as a quick step, which is cut off, and gone on with as a regular one.
    await eventually(
      async () => site.count('gatherVmMacs'),
      (count) => count === 2,
    );
    expect(readings).toBe(1);
    world.cluster.nodes.set('pve1', []);
    world.cluster.nodes.set('pve2', [vm]);
    const reached = port('ae2.0');
    world.cluster.uplinks.set('pve2', [{ ports: [{ device: site.device, port: reached }] }]);
    const nodes: (string | undefined)[] = [];
    const put = world.store.placed.set.bind(world.store.placed);
    world.store.placed.set = (id, placement) => {
      nodes.push(placement.guest?.node);
      return put(id, placement);
    };
    const second = await site.start({ action: 'ip_assigned', serverId: 311, ip: addressOf(311) });
    await eventually(
      async () => nodes.at(-1),
      (node) => node === 'pve2',
    );
    const from = nodes.indexOf('pve2');
    release();
    await Promise.all([site.result(first), site.result(second)]);
    await site.until((state) => state.running === undefined && state.pending.length === 0, 60_000);
    expect(new Set(nodes.slice(from))).toEqual(new Set(['pve2']));
    expect(nodes.length).toBeGreaterThan(from + 1);
    expect([bound(site, left), bound(site, reached)]).toEqual([[], [addressOf(311)]]);
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

  it('alarms are judged by a schedule, raised by what coordinators say, and cleared when it is over', async () => {
    const site = await startSite();
    const { world, taskQueue, device } = site;
    const uplink = addVm(site, 303);
    await keepAlarmSchedule(workflows.client, taskQueue, 1_000);
    world.device.fault = new PortwardenError('device-busy', 'bob holds the lock');
    const event = await site.start({ action: 'ip_assigned', serverId: 303, ip: addressOf(303) });
    const isMine = (alarm: { readonly device?: unknown }): boolean => alarm.device === device;
    const [raised] = await eventually(
      async () => (await world.store.alarms.list({ limit: 50 })).filter(isMine),
      (open) => open.some(({ id }) => id === 'lock-held'),
    );
    expect(raised).toMatchObject({ id: 'lock-held', text: expect.stringContaining('bob holds the lock') as unknown });
    world.device.fault = undefined;
    await site.coordinator.signal(SIGNALS.retryNow);
    await site.result(event);
    expect(world.device.actual.get(uplink)).toHaveLength(1);
    const over = await eventually(
      async () => (await world.store.alarms.list({ limit: 50 })).filter(isMine),
      (all) => all.every(({ clearedAt }) => clearedAt !== undefined),
    );
    expect(over.filter(({ id }) => id === 'lock-held')).toHaveLength(1);
  }, 120_000);

  it('events that wait for the panel are an alarm; nothing is cleared while Temporal cannot say so', async () => {
    const site = await startSite();
    const { world, taskQueue } = site;
    addVm(site, 304);
    world.panel.fail('getServer', new PortwardenError('panel-unreachable', 'refused'));
    const event = await site.start({ action: 'ip_assigned', serverId: 304, ip: addressOf(304) });
    const judge = (): Promise<AlarmsResult> =>
      workflows.client.workflow.execute<(input: unknown) => Promise<AlarmsResult>>(ALARMS_WORKFLOW, {
        workflowId: `${taskQueue}-alarms-${Date.now()}`,
        taskQueue,
        args: [{}],
      });
    const isWaiting = ({ raised }: AlarmsResult): boolean => raised.some(({ name }) => name === 'events');
    expect(await eventually(judge, isWaiting)).toMatchObject({ unread: [] });
    world.panel.mend();
    await site.result(event);
    await eventually(judge, ({ cleared }) => cleared.some(({ name }) => name === 'events'));
  }, 120_000);
});

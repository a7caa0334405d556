import { WorkflowFailedError } from '@temporalio/client';
import { PortwardenError, errorReport } from '../../src/domain/errors';
import { COORDINATOR_WORKFLOW, coordinatorWorkflowId, QUERIES, SIGNALS } from '../../src/protocol/names';
import type { CoordinatorState } from '../../src/protocol/coordinator';
import type { EnlistRequest } from '../../src/protocol/requests';
import { parseDeviceId } from '../../src/domain/values/device';
import { ip, statement } from '../activities/fakes/values';
import { temporalUnavailable } from '../servers/temporal';
import { assign, continuesAsNewUnderLoad, eventually, mergesABurst, request } from './bursts';
import { addDedicated, addressOf, addVm, bound, emptiedPort, held, macOf, pause, resume } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** A switch that is told by hand when it may commit. */
class Gate {
  private release: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });
  open(): void {
    this.release();
  }
  pass(): Promise<void> {
    return this.opened;
  }
}

suite('the coordinator, on a real Temporal server', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  it('merges a burst of 50 events on one device into at most 3 commits', async () => {
    await mergesABurst(await workflows.startSite(), 50);
  }, 120_000);

  it('tells very many waiting events once, by a regular activity', async () => {
    const site = await workflows.startSite();
    const at = addDedicated(site, 1);
    await site.result(await site.start(assign(1)));
    const told = site.count('notifyWaiters');
    await site.coordinator.signal(
      SIGNALS.enlist,
      Array.from({ length: 201 }, (_, i) =>
        request(at, { serverIds: [1 as EnlistRequest['serverIds'][number]], waiter: `nobody-${i}` }),
      ),
    );
    await eventually('the second batch', () => site.count('notifyWaiters') > told);
    await site.until((state) => state.running === undefined && state.pending.length === 0);
    const { events } = await site.coordinator.fetchHistory();
    const regular = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'notifyWaiters',
    );
    expect(regular).toHaveLength(1);
    expect(site.count('notifyWaiters')).toBe(told + 1);
  });

  it('terminated by hand, loses nothing: waiting events ask again', async () => {
    const gate = new Gate();
    const site = await workflows.startSite({ waitForOutcomeMs: 2_000 });
    const at = addDedicated(site, 1);
    site.world.device.beforeCommit = () => gate.pass();
    const event = await site.start(assign(1));
    await eventually('the commit', () => site.count('commitToSwitch') === 1);
    await site.coordinator.terminate('by hand');
    gate.open();
    expect(await site.result(event)).toMatchObject({ status: expect.stringMatching(/applied|unchanged/) as unknown });
    expect(bound(site, at)).toEqual([addressOf(1)]);
    expect(site.count('enlist')).toBeGreaterThan(1);
  });

  it('cancelled and terminated events do it no harm', async () => {
    const gate = new Gate();
    const site = await workflows.startSite();
    site.world.device.beforeCommit = () => gate.pass();
    for (const id of [1, 2, 3]) addDedicated(site, id);
    const [cancelled = '', terminated = '', staying = ''] = await Promise.all(
      [1, 2, 3].map((id) => site.start(assign(id))),
    );
    await eventually('all to wait', async () => site.count('enlist') >= 3);
    await workflows.client.workflow.getHandle(cancelled).cancel();
    await workflows.client.workflow.getHandle(terminated).terminate();
    gate.open();
    expect(await site.result(staying)).toMatchObject({ status: 'applied' });
    await expect(site.result(cancelled)).rejects.toBeInstanceOf(WorkflowFailedError);
    await site.until(
      (state) => state.pending.length === 0 && state.running === undefined && state.lastOutcomes.length === 3,
    );
    expect([...site.world.device.actual.values()].flat()).toHaveLength(3);
  });

  it('waits while the device is busy, says so, reads the sources afresh at each try, and goes on', async () => {
    const site = await workflows.startSite();
    const at = addDedicated(site, 1);
    site.world.device.fault = new PortwardenError('device-busy', 'configuration database locked by admin');
    const event = await site.start(assign(1));
    const waiting = await site.until((state) => state.deviceError !== undefined && state.running === undefined);
    expect(waiting).toMatchObject({
      deviceError: { code: 'device-busy' },
      pending: [{ port: at, waiters: 1, reason: 'device-busy: configuration database locked by admin' }],
    });
    expect(Date.parse(waiting.pending[0]?.waitingUntil ?? '')).toBeGreaterThan(
      Date.parse(waiting.pending[0]?.since ?? ''),
    );
    const details = await site.coordinator
      .query<string>('__temporal_workflow_metadata')
      .then((metadata) => JSON.stringify(metadata));
    expect(details).toContain('The device keeps everybody waiting');
    expect(await workflows.client.workflow.getHandle(event).query<string>(QUERIES.status)).toMatch(
      /^Waiting: device-busy: .*Next try at 20/,
    );
    await eventually('the third try', () => site.count('commitToSwitch') >= 3);
    site.world.panel.add({ ...addressed(site, 1), ips: [] });
    site.world.panel.add({ ...addressed(site, 1), ips: [{ ip: ip('10.0.48.77'), primary: true, isSubnet: false }] });
    site.world.panel.vlans.set(ip('10.0.48.77'), 13 as never);
    site.world.device.fault = undefined;
    expect(await site.result(event)).toMatchObject({ status: 'applied' });
    expect(bound(site, at)).toEqual(['10.0.48.77']);
    const reads = site.calls.filter((call) => ['fetchServerIps', 'commitToSwitch'].includes(call));
    expect(
      reads.filter((_, index) => reads[index] === 'commitToSwitch' && reads[index - 1] === 'commitToSwitch'),
    ).toEqual([]);
    await expectSingleAttempts(site);
  });

  const addressed = (site: Site, id: number) => {
    const found = [...site.world.panel.servers.values()].find((server) => server.serverId === id);
    if (found === undefined) throw new Error(`no server ${id}`);
    return found;
  };

  const expectSingleAttempts = async (site: Site): Promise<void> => {
    const { events } = await site.coordinator.fetchHistory();
    const scheduled = (events ?? [])
      .map((event) => event.activityTaskScheduledEventAttributes)
      .filter((attributes) => attributes?.activityType?.name === 'commitToSwitch');
    expect(scheduled.length).toBeGreaterThan(0);
    for (const attributes of scheduled) expect(attributes?.retryPolicy?.maximumAttempts).toBe(1);
  };

  it('fails an event at once when the device refuses the login', async () => {
    const site = await workflows.startSite();
    addDedicated(site, 1);
    site.world.device.fault = new PortwardenError('device-authentication', 'permission denied');
    await expect(site.run(assign(1))).rejects.toMatchObject({ cause: { type: 'device-authentication' } });
    expect((await site.state()).pending).toEqual([]);
  });

  it('lets a rejected port fail alone', async () => {
    const site = await workflows.startSite();
    const bad = addDedicated(site, 1);
    addDedicated(site, 2);
    site.world.device.rejected.set(bad, errorReport('device-rejected', 'statement not allowed'));
    const [first, second] = await Promise.allSettled([site.run(assign(1)), site.run(assign(2))]);
    expect(first).toMatchObject({ status: 'rejected', reason: { cause: { type: 'device-rejected' } } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { status: 'applied' } });
  });

  it('lets the ports of a node that does not answer wait alone', async () => {
    const site = await workflows.startSite();
    const uplink = addVm(site, 301);
    const own = addDedicated(site, 1);
    site.world.cluster.inventory = async () => {
      throw new PortwardenError('proxmox-node-down', 'pve1 does not answer');
    };
    const vm = await site.start(assign(301));
    expect(await site.run(assign(1))).toMatchObject({ status: 'applied' });
    const state = await site.until((now) =>
      now.pending.some((entry) => entry.reason?.startsWith('proxmox-node-down') === true),
    );
    expect(state.deviceError).toBeUndefined();
    expect([bound(site, own), bound(site, uplink)]).toEqual([[addressOf(1)], []]);
    Reflect.deleteProperty(site.world.cluster, 'inventory');
    await site.coordinator.signal(SIGNALS.retryNow);
    expect(await site.result(vm)).toMatchObject({ status: 'applied' });
  });

  it('reads the nodes behind an uplink even when it is asked without them, and never wipes the guests', async () => {
    const site = await workflows.startSite();
    const uplink = addVm(site, 301);
    await site.run(assign(301));
    await site.coordinator.signal(SIGNALS.enlist, [{ port: uplink }]);
    await site.until((state) => state.batches >= 3 && state.running === undefined && state.pending.length === 0);
    expect(bound(site, uplink)).toEqual([addressOf(301)]);
    expect((await site.state()).lastOutcomes.at(-1)).toMatchObject({ port: uplink, status: 'unchanged' });
  });

  describe('and its operators', () => {
    it('pause and resume hold back and let go', async () => {
      const site = await workflows.startSite();
      const at = addDedicated(site, 1);
      await site.startCoordinator();
      await pause(site);
      const event = await site.start(assign(1));
      const state = await site.until((now) => now.deferrals.length === 1 && now.pending.length === 1);
      expect(state.pending[0]).toMatchObject({
        port: at,
        waiters: 1,
        attempts: 0,
        reason: expect.stringMatching(
          /^paused: alice paused device .* until somebody resumes: we move the rack$/,
        ) as string,
      });
      await eventually('the event to say why it waits', async () =>
        /^Waiting until a person ends that: paused: alice paused/.test(
          await workflows.client.workflow.getHandle(event).query<string>(QUERIES.status),
        ),
      );
      await site.coordinator.signal(SIGNALS.retryNow);
      expect((await site.state()).batches).toBe(0);
      await resume(site);
      expect(await site.result(event)).toMatchObject({ status: 'applied' });
    });

    it('approve carries out the parked change; reject drops it', async () => {
      const site = await workflows.startSite();
      const at = addDedicated(site, 1);
      const full = [held(1), ...['10.9.9.1', '10.9.9.2', '10.9.9.3'].map((address) => statement(address, macOf(1)))];
      site.world.device.actual.set(at, full);
      expect(await site.run(assign(1))).toMatchObject({
        status: 'unchanged',
        ports: [{ removed: [], parked: { remove: [{}, {}, {}] } }],
      });
      await site.coordinator.signal(SIGNALS.reject, at);
      await eventually('the rejection', () => site.world.store.changes.size === 0);
      expect(site.world.device.actual.get(at)).toEqual(full);
      expect(await site.run(assign(1))).toMatchObject({ status: 'unchanged', ports: [{ parked: {} }] });
      await site.coordinator.signal(SIGNALS.approve, at);
      await eventually('the removal', () => bound(site, at).length === 1);
      expect(site.world.device.actual.get(at)).toEqual([held(1)]);
    });

    it('cannot stop it with malformed signals', async () => {
      const site = await workflows.startSite();
      const at = addDedicated(site, 1);
      await site.startCoordinator();
      const nonsense: unknown[] = [
        undefined,
        null,
        5,
        '',
        'x y',
        [],
        [null],
        [5],
        [{}],
        [{ port: 5 }],
        [{ port: at, serverIds: 'all' }],
        [{ port: at, nodes: [1] }],
        [
          { port: at, explainedIps: ['nowhere'] },
          { port: at, explainedIps: 'all' },
        ],
        [{ port: at, waiter: 3 }],
        { port: '../etc' },
      ];
      for (const signal of [SIGNALS.enlist, SIGNALS.approve, SIGNALS.reject]) {
        for (const message of nonsense) await site.coordinator.signal(signal, message);
      }
      await site.coordinator.signal(SIGNALS.enlist);
      await site.coordinator.signal(SIGNALS.pausesChanged, { any: 'thing' });
      await site.coordinator.signal('unheard-of', 1);
      await site.coordinator.signal(SIGNALS.enlist, [null, request(at), { port: '' }]);
      await site.until(
        (state) => state.lastOutcomes.length === 1 && state.running === undefined && state.pending.length === 0,
      );
      expect(await site.run(assign(1))).toMatchObject({ status: 'applied' });
    });

    it('cannot start it with a malformed input', async () => {
      const { client } = workflows;
      const site = await workflows.startSite();
      for (const [index, args] of [
        [],
        [{}],
        [{ device: 'sw1' }],
        [{ device: 5 }],
        [{ device: site.device, pending: 'none' }],
        [{ device: site.device, lastOutcomes: {} }],
        [{ device: site.device, openRemovals: 5 }],
      ].entries()) {
        const run = client.workflow.execute(COORDINATOR_WORKFLOW, {
          workflowId: `${site.taskQueue}-bad-${index}`,
          taskQueue: site.taskQueue,
          args,
        });
        await expect(run).rejects.toMatchObject({ cause: { type: 'invalid-request' } });
      }
    });
  });

  describe('and the configuration of its worker', () => {
    it('a changed guard rules in the next batch, also for work that waited through a pause and the restart', async () => {
      const guards = { maxRemovedBindings: 1, maxRemovedShare: 0 };
      const site = await workflows.startSite({ settings: { guards } });
      const parked = emptiedPort(site, 1);
      const free = emptiedPort(site, 2);
      expect(await site.run(assign(1))).toMatchObject({
        status: 'parked',
        ports: [{ parked: { remove: [{}, {}] } }],
      });
      await pause(site);
      const event = await site.start(assign(2));
      await site.until((state) => state.deferrals.length === 1 && state.pending.length === 1);
      const { runId } = await site.coordinator.describe();
      await site.restart({ guards: { maxRemovedBindings: 2, maxRemovedShare: 1 } });
      await resume(site);
      expect(await site.result(event)).toMatchObject({ status: 'applied', ports: [{ removed: [{}, {}] }] });
      expect([parked, free].map((at) => bound(site, at).length)).toEqual([3, 1]);
      expect((await site.coordinator.describe()).runId).toBe(runId);
    });

    it('one that serves no such device fails it, with a type, instead of letting it wait', async () => {
      const site = await workflows.startSite();
      const run = workflows.client.workflow.execute(COORDINATOR_WORKFLOW, {
        workflowId: coordinatorWorkflowId(parseDeviceId('cisco:cloud1')),
        taskQueue: site.taskQueue,
        args: [{ device: 'cisco:cloud1', pending: [] }],
        workflowExecutionTimeout: '20 seconds',
      });
      await expect(run).rejects.toMatchObject({
        cause: {
          type: 'device-kind-unknown',
          nonRetryable: true,
          message: expect.stringMatching(/^cisco:cloud1 .*there are: junos/) as string,
        },
      });
    });
  });

  it('ends when idle and comes back with the next event', async () => {
    const site = await workflows.startSite({ settings: { idleExitMs: 1_000 } });
    addDedicated(site, 1);
    addDedicated(site, 2);
    await site.run(assign(1));
    const first = (await site.coordinator.describe()).runId;
    expect(await site.coordinator.result()).toBe('Idle: 1 batches done');
    expect(await site.run(assign(2))).toMatchObject({ status: 'applied' });
    expect((await site.coordinator.describe()).runId).not.toBe(first);
  });

  it('does not end while a port waits for the end of a pause, and ends while nothing does', async () => {
    const site = await workflows.startSite({ settings: { idleExitMs: 500 } });
    addDedicated(site, 1);
    await site.startCoordinator();
    await pause(site);
    expect(await site.coordinator.result()).toBe('Idle: 0 batches done');
    const event = await site.start(assign(1));
    await site.until((state) => state.pending.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await site.coordinator.describe()).status.name).toBe('RUNNING');
    await resume(site);
    expect(await site.result(event)).toMatchObject({ status: 'applied' });
    expect(await site.coordinator.result()).toBe('Idle: 1 batches done');
  });

  it('continues as new under load and loses no request', async () => {
    await continuesAsNewUnderLoad(await workflows.startSite({ settings: { historyLimit: 100 } }), 160);
  }, 120_000);

  it('carries a pause, a back-off and what waits over to the next run', async () => {
    const site = await workflows.startSite({
      settings: { historyLimit: 60, initialBackoffMs: 60_000, maximumBackoffMs: 60_000 },
    });
    const at = addDedicated(site, 1);
    site.world.device.fault = new PortwardenError('device-unreachable', 'connection refused');
    const event = await site.start(assign(1));
    const before = await site.until((state) => state.deviceError !== undefined && state.running === undefined);
    const first = (await site.coordinator.describe()).runId;
    await pause(site);
    for (let i = 0; i < 80; i += 1) await site.coordinator.signal(SIGNALS.pausesChanged);
    await eventually('a new run', async () => (await site.coordinator.describe()).runId !== first);
    const after = await site.state();
    expect(after).toMatchObject({
      deferrals: [{ reason: expect.stringMatching(/^paused: /) as string }],
      deviceError: before.deviceError,
      pending: [{ port: at, since: before.pending[0]?.since, waiters: 1 }],
    });
    const until = ({ pending }: CoordinatorState): number => Date.parse(pending[0]?.waitingUntil ?? '');
    expect(after.pending[0]).not.toHaveProperty('waitingUntil');
    await resume(site);
    const resumed = await site.until((state) => state.deferrals.length === 0);
    expect(Math.abs(until(resumed) - until(before))).toBeLessThan(1_000);
    site.world.device.fault = undefined;
    await site.coordinator.signal(SIGNALS.retryNow);
    expect(await site.result(event)).toMatchObject({ status: 'applied' });
  });
});

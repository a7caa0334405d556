import { createReconciles, keepReconcileSchedules } from '../../src/temporal/reconcileSchedules';
import type { ReconcileMode } from '../../src/domain/drift/reconcileSettings';
import { PortwardenError } from '../../src/domain/errors';
import type { ReconcileResult } from '../../src/protocol/reconcile';
import { deviceId } from '../../src/domain/values/device';
import { temporalUnavailable } from '../servers/temporal';
import { addDedicated, bound, held, pause, resume } from './siteWorld';
import { startWorkflowServer, type Site, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('reconcile', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(async () => {
    await workflows.stop();
  });

  const startSite = (mode: ReconcileMode, settleMs = 0): Promise<Site> =>
    workflows.startSite({ reconcile: { mode, everyMs: 0, settleMs, devices: new Map() } });

  const reconcile = async ({ taskQueue, device }: Site): Promise<ReconcileResult> => {
    const { workflowId } = await createReconciles(workflows.client, taskQueue).start(device);
    return workflows.client.workflow.getHandle(workflowId).result() as Promise<ReconcileResult>;
  };

  it('enforce: what somebody took comes back by the coordinator; where nothing differs a reconcile is one activity', async () => {
    const site = await startSite('enforce', 100);
    const at = addDedicated(site, 1);
    await site.run({ action: 'ip_assigned', serverId: 1, ip: held(1).ip });
    expect(await reconcile(site)).toMatchObject({ ports: 1 });
    expect([site.count('lookForDrift'), site.count('recordDrift')]).toEqual([1, 0]);
    site.world.device.actual.set(at, []);
    expect(await reconcile(site)).toMatchObject({ drift: [{ port: at, action: 'enlisted' }] });
    await site.until(() => bound(site, at).length === 1);
    await site.until((state) => state.pending.length === 0 && state.running === undefined);
    expect(await site.world.store.drift.open(site.device)).toEqual([]);
    expect(await reconcile(site)).toMatchObject({ ports: 1 });
  });

  it('what waits at the coordinator is ours and no drift, until it is done', async () => {
    const site = await startSite('observe');
    const at = addDedicated(site, 2);
    await site.startCoordinator();
    await pause(site);
    const waiting = await site.start({ action: 'ip_assigned', serverId: 2, ip: held(2).ip });
    await site.until((state) => state.pending.length === 1);
    const found = await reconcile(site);
    expect(found).toMatchObject({
      drift: [],
      underWay: [{ port: at, why: expect.stringContaining('paused') as string }],
    });
    await resume(site);
    await site.result(waiting);
    expect(await reconcile(site)).toMatchObject({ ports: 1 });
    expect(site.world.store.drifts.all).toEqual([]);
  });

  it('a device that cannot be read is a result and no failure; an input that is none fails', async () => {
    const site = await startSite('observe');
    addDedicated(site, 3);
    site.world.device.fault = new PortwardenError('device-unreachable', 'no route to host');
    expect((await reconcile(site)).error).toMatchObject({ code: 'device-unreachable' });
    const run = workflows.client.workflow.execute('reconcile', {
      ...{ workflowId: `${site.taskQueue}-wrong`, taskQueue: site.taskQueue, args: [{ device: 'switch 3' }] },
    });
    await expect(run).rejects.toMatchObject({ cause: { type: 'invalid-request' } });
  });

  it('has a schedule for each device that is to be reconciled, and no other', async () => {
    const { taskQueue, device } = await startSite('observe');
    const scheduled = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { scheduleId } of workflows.client.schedule.list())
        if (scheduleId.startsWith(`reconcile:${taskQueue}:`)) ids.push(scheduleId);
      return ids.sort();
    };
    const until = async (count: number): Promise<string[]> => {
      for (const end = Date.now() + 30_000; ;) {
        const ids = await scheduled();
        if (ids.length === count || Date.now() > end) return ids;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const other = deviceId('junos', 'other');
    await keepReconcileSchedules(workflows.client, {
      taskQueue,
      devices: new Map([
        [device, 3_600_000],
        [other, 60_000],
      ]),
    });
    expect(await until(2)).toHaveLength(2);
    await keepReconcileSchedules(workflows.client, { taskQueue, devices: new Map([[device, 60_000]]) });
    expect(await until(1)).toEqual([`reconcile:${taskQueue}:${device}`]);
    await keepReconcileSchedules(workflows.client, { taskQueue, devices: new Map() });
    expect(await until(0)).toEqual([]);
  }, 90_000);
});

import { randomUUID } from 'node:crypto';
import { PortwardenError } from '../../src/domain/errors';
import {
  BACKUP_WORKFLOW,
  PLAN_RELEASE_WORKFLOW,
  PLAN_RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
} from '../../src/protocol/names';
import type { ReleasePlan, ReleaseResult, RestorePlan, RestoreResult } from '../../src/protocol/holds';
import type { BackUpDevicesResult } from '../../src/protocol/backups';
import { keepBackupSchedule } from '../../src/temporal/backupSchedule';
import type { DeviceId } from '../../src/domain/values/device';
import { junos, statement, vlan } from '../activities/fakes/values';
import { addDedicated, addressOf, held, macOf } from './siteWorld';
import { temporalUnavailable } from '../servers/temporal';
import { startWorkflowServer, type WorkflowServer } from './workflowServer';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

suite('backups by schedule', () => {
  let workflows: WorkflowServer;
  beforeAll(async () => {
    workflows = await startWorkflowServer();
  });
  afterAll(() => workflows.stop());

  it('a device that is away fails alone, and no more devices are read at once than may be', async () => {
    const running = { now: 0, most: 0 };
    const devices = [11, 12, 13, 14, 15].map(junos);
    const { taskQueue } = await workflows.startSite({
      wrap: (activities) => ({
        ...activities,
        dueBackups: async () => ({ devices, more: 2, atOnce: 2 }),
        backUpDevice: async ({ device }: { readonly device: DeviceId }) => {
          running.now += 1;
          running.most = Math.max(running.most, running.now);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running.now -= 1;
          if (device === devices[1]) throw new PortwardenError('device-rejected', 'no route');
          return { device, backup: '1' };
        },
      }),
    });
    const rules = { all: { everyMs: 1 }, devices: new Map() };
    await keepBackupSchedule(workflows.client, { taskQueue, rules });
    const result = await workflows.client.workflow.execute<() => Promise<BackUpDevicesResult>>(BACKUP_WORKFLOW, {
      workflowId: `backup-${taskQueue}`,
      taskQueue,
      args: [],
    });
    expect(result).toMatchObject({
      summary: '4 devices backed up, 1 failed, 2 left for the next look',
      failed: [{ device: devices[1], error: { message: expect.stringContaining('no route') as unknown } }],
    });
    expect(running.most).toBe(2);
    const schedules = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { scheduleId } of workflows.client.schedule.list()) ids.push(scheduleId);
      return ids.filter((id) => id.startsWith(`backup:${taskQueue}:`));
    };
    for (const end = Date.now() + 30_000; (await schedules()).length !== 1;)
      if (Date.now() > end) throw new Error('there is no schedule');
    await keepBackupSchedule(workflows.client, { taskQueue, rules: { all: {}, devices: new Map() } });
    for (const end = Date.now() + 30_000; (await schedules()).length !== 0;)
      if (Date.now() > end) throw new Error('the schedule is still there');
  });

  it('a restore holds the port, its events complete as held, and a release of what was shown brings it back; another hash does nothing', async () => {
    const site = await workflows.startSite();
    const at = addDedicated(site, 1);
    const { device, world } = site;
    world.device.readConfiguration = async () => ({ text: '' });
    const lost = { ...statement('10.0.48.250', macOf(1)), vlan: vlan(13) };
    const backup = await world.store.backups.add(device, 'then', 'x', [{ port: at, statements: [lost] }]);
    const run = <T>(workflow: string, input: object): Promise<T> =>
      workflows.client.workflow.execute<(asked: unknown) => Promise<T>>(workflow, {
        ...{ workflowId: `${workflow}-${randomUUID()}`, taskQueue: site.taskQueue, args: [input] },
      });
    const event = { action: 'ip_assigned', serverId: 1, ip: addressOf(1) };
    await site.result(await site.start(event));
    const texts = (): string[] => (world.device.actual.get(at) ?? []).map(({ text }) => text);
    const before = texts();
    const said = { author: 'ada', reason: 'wrong ticket', expiresAt: '2099-01-01T00:00:00Z' };
    const subject = { device, backup, port: at };
    const { hash } = await run<RestorePlan>(PLAN_RESTORE_WORKFLOW, subject);
    await expect(run(RESTORE_WORKFLOW, { ...subject, ...said, hash: 'another' })).rejects.toMatchObject({
      cause: { type: 'hold-differs' },
    });
    expect([texts(), world.store.holds.rows]).toEqual([before, []]);
    const restored = await run<RestoreResult>(RESTORE_WORKFLOW, { ...subject, ...said, hash });
    expect(restored).toMatchObject({ holds: [{ id: '1', device, port: at }], outcomes: [{ status: 'applied' }] });
    expect(texts()).toEqual([lost.text]);
    expect(await site.result(await site.start(event))).toMatchObject({ status: 'held' });
    expect(texts()).toEqual([lost.text]);
    const end = await run<ReleasePlan>(PLAN_RELEASE_WORKFLOW, { ids: ['1'] });
    const by = { author: 'bob', reason: 'mended' };
    const released = await run<ReleaseResult>(RELEASE_HOLDS_WORKFLOW, { ids: ['1'], hash: end.hash, ...by });
    expect(released).toMatchObject({ released: [{ id: '1' }], outcomes: [{ status: 'applied' }] });
    expect(world.store.holds.rows).toEqual([]);
    expect(texts()).toEqual([held(1).text]);
  });
});

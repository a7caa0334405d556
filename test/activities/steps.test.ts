import { ActivityCancellationDetails } from '@temporalio/common';
import { ApplicationFailure } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { createActivities } from '../../src/activities';
import type { NotifyInput } from '../../src/protocol/activities';
import { codeOf, toApplicationFailure } from '../../src/activities/failure';
import { ERRORS, PortwardenError, type ErrorCode } from '../../src/domain/errors';
import { parseDeviceId } from '../../src/domain/values/device';
import { plainOutcome } from '../../src/domain/change/outcome';
import { WaitingEvents } from '../../src/temporal/waitingEvents';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { activityEnvironment, inActivity } from './inActivity';
import { assigned, attachment, guest, ip, junos, nic, port, server } from './fakes/values';

const DEVICE = junos(1);
const PORT = port('ge-0/0/1.0');
const UPLINK = port('ae0.0');

describe('failures', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])(
    '%s becomes the failure type, retried only when the registry says so',
    (code) => {
      const failure = toApplicationFailure(
        new PortwardenError(code, 'what happened', { details: { switchId: 3 }, retryAfterMs: 1_500 }),
      );
      expect([failure.type, failure.nonRetryable, failure.message, failure.nextRetryDelay, failure.details]).toEqual([
        code,
        !ERRORS[code].retryable,
        'what happened',
        1_500,
        [{ switchId: 3 }],
      ]);
      expect(codeOf(failure)).toBe(code);
    },
  );

  it('anything else is internal, may be retried, and shows no stack', () => {
    const failure = toApplicationFailure(new TypeError('x is undefined'));
    expect([failure.type, failure.nonRetryable, failure.message, failure.cause]).toEqual([
      'internal',
      false,
      'TypeError: x is undefined',
      undefined,
    ]);
    expect(toApplicationFailure('text').message).toBe('text');
    expect(codeOf(failure)).toBe('internal');
  });

  it('a failure stays what it is', () => {
    const failure = ApplicationFailure.nonRetryable('no', 'device-busy');
    expect(toApplicationFailure(failure)).toBe(failure);
    expect(codeOf(ApplicationFailure.nonRetryable('no', 'unheard-of'))).toBe('internal');
  });

  it('every activity fails with the code of what it met', async () => {
    const world = fakeWorld();
    const fault = new PortwardenError('panel-unauthorized', 'HTTP 401');
    for (const question of ['getServer', 'subnets', 'switchAttachment']) world.panel.fail(question, fault);
    world.cluster.fault = new PortwardenError('proxmox-forbidden', 'HTTP 403');
    const activities = createActivities(world);
    const request = { port: PORT, serverIds: [], nodes: [], deletedServerIds: [], explainedIps: [] };
    const met = async (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'nothing',
        (error: unknown) => (error instanceof ApplicationFailure ? [error.type, error.nonRetryable] : error),
      );
    expect(await met(inActivity(activities.fetchServerIps, { of: 'event', serverId: server(1) }))).toEqual([
      'panel-unauthorized',
      true,
    ]);
    expect(await met(inActivity(activities.findProxmoxNode, { cluster: 'pve', vmid: 1 }))).toEqual([
      'proxmox-forbidden',
      true,
    ]);
    expect(await met(inActivity(activities.findProxmoxNode, { cluster: 'other', vmid: 1 }))).toEqual([
      'proxmox-not-configured',
      true,
    ]);
    expect(await met(inActivity(activities.gatherVmMacs, { cluster: 'pve', node: 'pve1' }))).toEqual([
      'proxmox-forbidden',
      true,
    ]);
    expect(await met(inActivity(activities.gatherVmMacs, { cluster: 'other', node: 'pve1' }))).toEqual([
      'proxmox-not-configured',
      true,
    ]);
    expect(await met(inActivity(activities.filterByVlan, { device: DEVICE, ports: [] }))).toEqual([
      'panel-unauthorized',
      true,
    ]);
    world.store.break('placements');
    world.store.break('parked');
    expect(await met(inActivity(activities.enlist, { device: DEVICE, request }))).toEqual(['store-unavailable', false]);
    expect(await met(inActivity(activities.dropParked, { device: DEVICE, port: PORT }))).toEqual([
      'store-unavailable',
      false,
    ]);
  });
});

describe('fetchServerIps of an event', () => {
  it('reports the server, where it was last seen, and both in one sentence', async () => {
    const world = fakeWorld();
    world.panel.add({
      serverId: server(1),
      name: 'srv-1',
      kind: 'dedicated',
      ips: [assigned('10.0.48.1')],
      attachments: [attachment(DEVICE, PORT), attachment(DEVICE, undefined, { portId: 9, automated: false })],
    });
    const placement = {
      serverId: server(1),
      kind: 'dedicated' as const,
      ports: [{ device: DEVICE, port: PORT }],
      ips: [],
    };
    world.store.placed.set(server(1), placement);
    const activity = createActivities(world).fetchServerIps;
    const found = await inActivity(activity, { of: 'event', serverId: server(1) });
    expect(found).toMatchObject({
      of: 'event',
      report: {
        placement,
        server: { name: 'srv-1' },
        summary: 'srv-1 (dedicated): 10.0.48.1; junos:1 ge-0/0/1.0, junos:1 port id 9 (unknown) (not automated)',
      },
    });
    world.panel.servers.clear();
    const gone = await inActivity(activity, { of: 'event', serverId: server(1) });
    expect(gone).toEqual({
      of: 'event',
      report: {
        readAt: 2,
        serverId: 1,
        placement,
        summary: 'The panel has no server 1, last seen on junos:1 ge-0/0/1.0',
      },
    });
  });
});

describe('findProxmoxNode', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
    world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')], { migrating: true })]);
  });
  const find = () => inActivity(createActivities(world).findProxmoxNode, { cluster: 'pve', vmid: 3001 });

  it("takes the configured uplink before the panel's", async () => {
    world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
    expect(await find()).toMatchObject({
      node: 'pve1',
      migrating: true,
      uplinks: [{ device: DEVICE, port: UPLINK, automated: true }],
    });
    expect(world.panel.count('findNodeEntry')).toBe(0);
  });

  it("else the node's own panel entry, else none", async () => {
    expect((await find()).uplinks).toEqual([]);
    world.panel.add({
      serverId: server(7),
      name: 'pve1',
      kind: 'dedicated',
      ips: [],
      attachments: [attachment(DEVICE, 'ae1.0')],
    });
    expect((await find()).uplinks).toEqual([attachment(DEVICE, 'ae1.0')]);
  });

  it('tells the uplinks of its NICs where the configuration names their bridges, and the guest is not moved', async () => {
    const back = port('ae7.0');
    world.cluster.uplinks.set('pve1', [
      { interfaces: ['vmbr0'], ports: [{ device: DEVICE, port: UPLINK }] },
      { interfaces: ['vmbr1'], ports: [{ device: DEVICE, port: back }] },
    ]);
    const on = (bridge: string | undefined, migrating = false): void => {
      const extra = bridge === undefined ? {} : { bridge };
      world.cluster.nodes.set('pve1', [
        guest(3001, [nic(0, 'bc:24:11:00:30:01', { kind: 'native' }, extra)], { migrating }),
      ]);
    };
    const told = async () => (await find()).ofNics?.map((one) => one.port);
    on('vmbr1');
    expect([await told(), (await find()).uplinks]).toMatchObject([[back], [{ port: UPLINK }, { port: back }]]);
    on('vmbr1', true);
    expect(await told()).toBeUndefined();
    on('vmbr9');
    expect(await told()).toBeUndefined();
    on(undefined);
    expect(await told()).toBeUndefined();
  });

  it('says that the cluster does not list the guest', async () => {
    world.cluster.nodes.clear();
    expect(await find()).toEqual({
      cluster: 'pve',
      vmid: 3001,
      migrating: false,
      uplinks: [],
      summary: 'pve lists no guest 3001',
    });
  });
});

describe('enlist', () => {
  it('remembers the placement first, and names every node behind the port', async () => {
    const world = fakeWorld();
    world.cluster.uplinks
      .set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }])
      .set('pve2', [{ ports: [{ device: DEVICE, port: port('ae1.0') }] }]);
    const placement = {
      serverId: server(301),
      kind: 'vm' as const,
      ports: [{ device: DEVICE, port: UPLINK }],
      guest: { cluster: 'pve', node: 'pve9', vmid: 3001 },
      ips: [],
    };
    const request = {
      port: UPLINK,
      serverIds: [server(301)],
      nodes: [
        { cluster: 'pve', node: 'pve5' },
        { cluster: 'pve', node: 'pve1' },
      ],
      deletedServerIds: [],
      explainedIps: [],
      waiter: 'e',
    };
    const answer = await inActivity(createActivities(world).enlist, { device: DEVICE, request, placement });
    expect(answer).toEqual({ waitForOutcomeMs: 60_000, giveUpAfterMs: 600_000 });
    expect(world.store.placed.get(server(301))).toEqual(placement);
    expect(world.enlisted).toEqual([
      {
        device: DEVICE,
        request: { ...request, nodes: ['pve5', 'pve1', 'pve9'].map((node) => ({ cluster: 'pve', node })) },
      },
    ]);
  });

  it('refuses a device of a kind that nothing can change: nothing is remembered, and nobody is asked', async () => {
    const world = fakeWorld();
    const device = parseDeviceId('cisco:cloud1');
    const placement = { serverId: server(1), kind: 'dedicated' as const, ports: [{ device, port: PORT }], ips: [] };
    await expect(
      inActivity(createActivities(world).enlist, {
        device,
        request: { port: PORT, serverIds: [], nodes: [], deletedServerIds: [], explainedIps: [] },
        placement,
      }),
    ).rejects.toMatchObject({ type: 'device-kind-unknown', nonRetryable: true });
    expect([world.enlisted, world.store.placed.size]).toEqual([[], 0]);
  });

  it('asks nobody when the placement could not be remembered', async () => {
    const world = fakeWorld();
    world.store.break('placements');
    const placement = { serverId: server(1), kind: 'dedicated' as const, ports: [], ips: [] };
    await expect(
      inActivity(createActivities(world).enlist, {
        device: DEVICE,
        request: { port: PORT, serverIds: [], nodes: [], deletedServerIds: [], explainedIps: [] },
        placement,
      }),
    ).rejects.toMatchObject({ type: 'store-unavailable' });
    expect(world.enlisted).toEqual([]);
  });
});

describe('coordinatorSettings', () => {
  const observed = { at: 1, historyLength: 2, continueAsNewSuggested: false, signals: 0, isTimeOver: false };

  it("are those of the worker's configuration, guards included, with what the coordinator observed", async () => {
    const world = fakeWorld();
    expect(await inActivity(createActivities(world).coordinatorSettings, { device: DEVICE, observed })).toEqual({
      ...world.limits,
      guards: world.guards,
      passActivity: 'commitToSwitch',
      observed,
      deferrals: [],
    });
  });

  it('are refused for a device of a kind that nothing can change', async () => {
    const settings = createActivities(fakeWorld()).coordinatorSettings;
    await expect(inActivity(settings, { device: parseDeviceId('cisco:cloud1'), observed })).rejects.toMatchObject({
      type: 'device-kind-unknown',
      nonRetryable: true,
    });
  });
});

describe('dropParked', () => {
  it('journals the decision and forgets the change; says whether there was one', async () => {
    const world = fakeWorld();
    const drop = createActivities(world).dropParked;
    await world.store.parked.put({
      device: DEVICE,
      port: PORT,
      fingerprint: 'f',
      reason: 'too much',
      added: [],
      removed: [],
      guards: [],
    });
    expect(await inActivity(drop, { device: DEVICE, port: PORT })).toBe(true);
    expect(world.store.entries).toEqual([
      expect.objectContaining({ status: 'skipped', summary: 'A person rejected the parked change (too much)' }),
    ]);
    expect(await inActivity(drop, { device: DEVICE, port: PORT })).toBe(false);
  });

  it('keeps the change when the decision cannot be journalled', async () => {
    const world = fakeWorld();
    await world.store.parked.put({
      device: DEVICE,
      port: PORT,
      fingerprint: 'f',
      reason: 'too much',
      added: [],
      removed: [],
      guards: [],
    });
    world.store.break('journal');
    await expect(inActivity(createActivities(world).dropParked, { device: DEVICE, port: PORT })).rejects.toMatchObject({
      type: 'store-unavailable',
    });
    expect(world.store.changes.size).toBe(1);
  });
});

describe('notifyWaiters', () => {
  const outcome = plainOutcome(DEVICE, PORT, 'applied', 'done');
  const input: NotifyInput = {
    outcomes: [{ outcome, waiters: ['a', 'gone', 'b'], since: Date.now() }],
    progress: [{ progress: { device: DEVICE, port: PORT, message: 'waiting' }, waiters: ['c'] }],
  };

  function telling(fault?: { waiter: string; error: unknown }): { world: FakeWorld; told: string[] } {
    const told: string[] = [];
    const signal =
      (waiter: string) =>
      async (name: string): Promise<void> => {
        if (waiter === 'gone') throw new WorkflowNotFoundError('no such workflow', waiter, undefined);
        if (waiter === fault?.waiter) throw fault.error;
        told.push(`${waiter} ${name}`);
      };
    const temporal = { workflow: { getHandle: (id: string) => ({ signal: signal(id) }) } } as unknown as Client;
    return { world: fakeWorld({ waiting: new WaitingEvents(temporal) }), told };
  }

  it('tells everybody and passes over those that no longer exist', async () => {
    const { world, told } = telling();
    await inActivity(createActivities(world).notifyWaiters, input);
    expect([...told].sort()).toEqual(['a portOutcome', 'b portOutcome', 'c portProgress']);
    expect(world.counted).toEqual(['event applied', 'event applied', 'event applied']);
  });

  it('one that cannot be told does not keep the others from being told', async () => {
    const { world, told } = telling({ waiter: 'a', error: new Error('unavailable') });
    await expect(inActivity(createActivities(world).notifyWaiters, input)).rejects.toMatchObject({ type: 'internal' });
    expect([...told].sort()).toEqual(['b portOutcome', 'c portProgress']);
  });

  it.each([
    [true, 0],
    [false, 4],
  ])('beats unless it is a local activity (local: %s)', async (isLocal, beats) => {
    const { world } = telling();
    const environment = activityEnvironment({ isLocal });
    let seen = 0;
    environment.on('heartbeat', () => {
      seen += 1;
    });
    await environment.run(createActivities(world).notifyWaiters, input);
    expect(seen).toBe(beats);
  });

  it('tells nobody once it is cancelled', async () => {
    const { world, told } = telling();
    const environment = activityEnvironment();
    environment.cancel('CANCELLED', ActivityCancellationDetails.fromProto(undefined));
    await environment.run(createActivities(world).notifyWaiters, input);
    expect(told).toEqual([]);
  });
});

it('fetchServerIps of a batch says how many servers it found', async () => {
  const world = fakeWorld();
  world.panel.add({
    serverId: server(1),
    name: 'srv-1',
    kind: 'dedicated',
    ips: [assigned('10.0.48.1')],
    attachments: [attachment(DEVICE, PORT)],
  });
  const result = await inActivity(createActivities(world).fetchServerIps, {
    of: 'batch',
    device: DEVICE,
    ports: [{ port: PORT, serverIds: [server(1)], nodes: [], deletedServerIds: [], explainedIps: [ip('10.0.48.9')] }],
  });
  expect(result).toMatchObject({
    of: 'batch',
    summary: '1 servers behind 1 ports of junos:1',
    ports: [{ removals: { named: ['10.0.48.9'] } }],
  });
});

import fc from 'fast-check';
import { createCommitToSwitch } from '../../src/activities/commitToSwitch';
import { viewPorts } from '../../src/activities/looks/portView';
import type { PortOutcome } from '../../src/domain/change/outcome';
import { portRequest } from '../../src/domain/servers/portRequest';
import type { Guest } from '../../src/domain/servers/server';
import type { VlanMap } from '../../src/domain/desired/vlanResolution';
import { addressesOf } from '../../src/domain/change/statement';
import type { PortName } from '../../src/domain/values/port';
import { parseCidr } from '../../src/domain/values/ip';
import { dedicated, DEVICE, PORT, remembered, rememberedVm, UPLINK, vm } from './portQuestions';
import { inActivity } from './inActivity';
import { guest, ip, mac, nic, port, server, statement, vlan } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';

/** What becomes of bindings when nothing but the configuration changes: for each setting, what it would remove parks. */

const P2 = port('ae1.0');
const bound = (address: string, id: number, of = '00:50:56:00:00:01') => statement(address, of, `VLAN.${id}`);

/** What a pass of a worker with these settings makes of a port. */
async function pass(
  world: FakeWorld,
  name: PortName,
  approved = false,
  feeding: readonly string[] = [],
): Promise<PortOutcome> {
  const nodes = feeding.map((node) => ({ cluster: 'pve', node }));
  const [view] = await viewPorts(world, DEVICE, [portRequest(name, { nodes })], new AbortController().signal);
  if (view === undefined || !('desired' in view)) throw new Error(`the port was not read: ${JSON.stringify(view)}`);
  const worker = { ...world, stopping: new AbortController().signal };
  const result = await inActivity(createCommitToSwitch(worker), {
    device: DEVICE,
    batch: 1,
    guards: { maxRemovedBindings: 100, maxRemovedShare: 1 },
    ports: [{ ...view.desired, approved }],
  });
  const [outcome] = result.outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  // What one pass reports is not reported by the next one again.
  world.store.intents.splice(0);
  return outcome;
}

/** Server 1 with an address that the panel puts into VLAN 100, brought to its bindings under the first settings. */
async function site(): Promise<FakeWorld> {
  const world = fakeWorld();
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1']);
  remembered(world, 1);
  world.panel.vlans.set(ip('10.0.48.1'), vlan(100));
  expect(await pass(world, PORT)).toMatchObject({ status: 'applied', added: [bound('10.0.48.1', 100)] });
  return world;
}

const map = (id: number): VlanMap => [{ range: parseCidr('10.0.48.0/24'), vlan: vlan(id) }];
const onPort = (world: FakeWorld, name = PORT) => world.device.actual.get(name);

it('vlans.map: a replacement parks; a new address goes where the map says now; approved, it is carried out', async () => {
  const world = { ...(await site()), vlans: { map: map(200), allowlist: [] } };
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
  expect(await pass(world, PORT)).toMatchObject({
    status: 'applied',
    added: [bound('10.0.48.2', 200)],
    removed: [],
    parked: {
      remove: [bound('10.0.48.1', 100)],
      add: [bound('10.0.48.1', 200)],
      guards: ['configuration-change'],
      reason: expect.stringContaining('only because vlans.map was changed') as unknown,
    },
  });
  expect(await pass(world, PORT)).toMatchObject({ status: 'parked' });
  expect(await pass(world, PORT, true)).toMatchObject({
    status: 'applied',
    removed: [{ ...bound('10.0.48.1', 100), because: 'approved' }],
  });
  expect(onPort(world)).toEqual([bound('10.0.48.1', 200), bound('10.0.48.2', 200)]);
  expect(await pass(world, PORT)).toMatchObject({ status: 'unchanged' });
});

it('taken back, nothing waits any more; what waits clears itself', async () => {
  const world = await site();
  const changed = { ...world, vlans: { map: map(200), allowlist: [] } };
  expect((await pass(changed, PORT)).parked).toBeDefined();
  expect(world.store.changes.size).toBe(1);
  expect((await pass(world, PORT)).parked).toBeUndefined();
  expect([world.store.changes.size, onPort(world)]).toEqual([0, [bound('10.0.48.1', 100)]]);
});

it('what was bound under settings that are taken back parks too, and what a third map says of both', async () => {
  const world = await site();
  const changed = { ...world, vlans: { map: map(200), allowlist: [] } };
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
  world.panel.vlans.set(ip('10.0.48.2'), vlan(100));
  expect(await pass(changed, PORT)).toMatchObject({ added: [bound('10.0.48.2', 200)] });
  expect(await pass(world, PORT)).toMatchObject({
    status: 'parked',
    parked: {
      remove: [bound('10.0.48.2', 200)],
      add: [bound('10.0.48.2', 100)],
      guards: ['configuration-change'],
      reason: expect.stringContaining('only because vlans.map was changed') as unknown,
    },
  });
  expect(await pass({ ...world, vlans: { map: map(300), allowlist: [] } }, PORT)).toMatchObject({
    parked: {
      remove: [bound('10.0.48.1', 100), bound('10.0.48.2', 200)],
      add: [bound('10.0.48.1', 300), bound('10.0.48.2', 300)],
    },
  });
  await pass(world, PORT);
  expect(await pass(world, PORT, true)).toMatchObject({
    removed: [{ ...bound('10.0.48.2', 200), because: 'approved' }],
  });
  expect(onPort(world)).toEqual([bound('10.0.48.1', 100), bound('10.0.48.2', 100)]);
  expect(await pass(changed, PORT)).toMatchObject({ parked: { remove: onPort(world) } });
});

it('an address that was in doubt while everything else was brought to new settings is compared with its own', async () => {
  const first = await site();
  const world = { ...first, vlans: { map: map(200), allowlist: [] } };
  world.panel.subnetFacts.set(ip('10.0.48.1'), { isGateway: true });
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
  expect(await pass(world, PORT)).toMatchObject({
    added: [bound('10.0.48.2', 200)],
    removed: [],
    excluded: [{ rule: 'gateway-address' }],
  });
  world.panel.subnetFacts.clear();
  expect(await pass(world, PORT)).toMatchObject({
    status: 'parked',
    parked: { remove: [bound('10.0.48.1', 100)], guards: ['configuration-change'] },
  });
  await pass(world, PORT, true);
  expect([await pass(world, PORT), onPort(world)]).toMatchObject([
    { status: 'unchanged' },
    [bound('10.0.48.1', 200), bound('10.0.48.2', 200)],
  ]);
});

it('what the panel itself changes goes on, also under a changed map that says nothing of it', async () => {
  const world = {
    ...(await site()),
    vlans: { map: [{ range: parseCidr('10.9.0.0/16'), vlan: vlan(9) }], allowlist: [] },
  };
  world.panel.vlans.set(ip('10.0.48.1'), vlan(300));
  expect(await pass(world, PORT)).toMatchObject({ status: 'applied', removed: [{ because: 'replaced' }] });
  expect(onPort(world)).toEqual([bound('10.0.48.1', 300)]);
});

it('vlans.allowlist: a removal parks', async () => {
  const world = { ...(await site()), vlans: { map: [], allowlist: [vlan(13)] } };
  const outcome = await pass(world, PORT);
  expect(outcome).toMatchObject({
    status: 'parked',
    parked: {
      remove: [bound('10.0.48.1', 100)],
      add: [],
      reason: expect.stringContaining('only because vlans.allowlist was changed') as unknown,
    },
    excluded: [{ rule: 'vlan-not-allowed' }],
  });
  expect(onPort(world)).toEqual([bound('10.0.48.1', 100)]);
  await pass(world, PORT, true);
  expect(onPort(world)).toEqual([]);
});

it('a port whose servers could not all be read is compared with the former settings again', async () => {
  const first = await site();
  const world = { ...first, vlans: { map: map(200), allowlist: [] } };
  world.panel.unreadable.add(world.panel.servers.keys().next().value ?? fail());
  await pass(world, PORT);
  world.panel.unreadable.clear();
  expect(await pass(world, PORT)).toMatchObject({ status: 'parked', parked: { guards: ['configuration-change'] } });
});

it('an address whose server lost it while the settings changed, and has it again, is compared with its own too', async () => {
  const first = await site();
  const world = { ...first, vlans: { map: map(200), allowlist: [] } };
  await pass(world, PORT);
  dedicated(world, 1, [{ port: PORT }], []);
  await pass(world, PORT);
  dedicated(world, 1, [{ port: PORT }], ['10.0.48.1']);
  expect(await pass(world, PORT)).toMatchObject({ parked: { guards: ['configuration-change'] } });
  expect(onPort(world)).toEqual([bound('10.0.48.1', 100)]);
});

describe('a worker that dies between its commit and the row of its settings', () => {
  const dies = async (world: FakeWorld, ...args: [approved?: boolean]): Promise<void> => {
    world.device.afterCommit = () => Promise.reject(new Error('killed'));
    await expect(pass(world, PORT, ...args)).rejects.toThrow('killed');
    world.device.afterCommit = () => Promise.resolve();
  };

  it('has said under which it bound an address: taken back meanwhile, nothing is replaced without a person', async () => {
    const world = await site();
    const changed = { ...world, vlans: { map: map(200), allowlist: [] } };
    dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
    world.panel.vlans.set(ip('10.0.48.2'), vlan(100));
    await dies(changed);
    expect(await pass(world, PORT)).toMatchObject({
      parked: {
        remove: [bound('10.0.48.2', 200)],
        add: [bound('10.0.48.2', 100)],
        guards: ['configuration-change'],
      },
    });
    expect(onPort(world)).toEqual([bound('10.0.48.1', 100), bound('10.0.48.2', 200)]);
  });

  it('has said so of a port that was never brought to its bindings, and of what a person had replaced', async () => {
    const first = fakeWorld();
    const world = { ...first, vlans: { map: map(200), allowlist: [] } };
    dedicated(world, 1, [{ port: PORT }], ['10.0.48.1']);
    remembered(world, 1);
    await dies(world);
    world.panel.vlans.set(ip('10.0.48.1'), vlan(100));
    expect(await pass(first, PORT)).toMatchObject({ parked: { remove: [bound('10.0.48.1', 200)] } });
    await dies(first, true);
    expect(onPort(world)).toEqual([bound('10.0.48.1', 100)]);
    expect(await pass(world, PORT)).toMatchObject({ parked: { remove: [bound('10.0.48.1', 100)] } });
  });

  it('leaves nothing that counts when its commit was not made', async () => {
    const world = await site();
    const changed = { ...world, vlans: { map: map(200), allowlist: [] } };
    dedicated(world, 1, [{ port: PORT }], ['10.0.48.1', '10.0.48.2']);
    world.panel.vlans.set(ip('10.0.48.2'), vlan(100));
    changed.device.beforeCommit = () => Promise.reject(new Error('killed'));
    await expect(pass(changed, PORT)).rejects.toThrow('killed');
    changed.device.beforeCommit = () => Promise.resolve();
    expect(await pass(world, PORT)).toMatchObject({ status: 'applied', added: [bound('10.0.48.2', 100)] });
    expect(await pass(world, PORT)).toMatchObject({ status: 'unchanged' });
  });
});

/** What can happen to the addresses 10.0.48.1 to 10.0.48.6 of server 1, of which the panel says nothing but that they are its own. */
type Happening =
  | { readonly kind: 'map'; readonly id: number }
  | { readonly kind: 'assign' | 'take' | 'doubt'; readonly last: number }
  | { readonly kind: 'approve' };
const anyLast = fc.integer({ min: 1, max: 6 });
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('map' as const), id: fc.constantFrom(100, 200, 300) }),
  fc.record({
    kind: fc.constantFrom('assign' as const, 'assign' as const, 'take' as const, 'doubt' as const),
    last: anyLast,
  }),
  fc.record({ kind: fc.constant('approve' as const) }),
);

it('over any sequence of settings, assignments, doubts and approvals nothing is replaced or taken away for the settings alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyHappening, { minLength: 3, maxLength: 14 }), async (happenings) => {
      const world = fakeWorld();
      remembered(world, 1);
      const ips = new Set<string>();
      let id = 100;
      for (const happening of happenings) {
        if (happening.kind === 'map') id = happening.id;
        if (happening.kind === 'assign') ips.add(`10.0.48.${happening.last}`);
        if (happening.kind === 'take') ips.delete(`10.0.48.${happening.last}`);
        dedicated(world, 1, [{ port: PORT }], [...ips]);
        world.panel.subnetFacts.clear();
        if (happening.kind === 'doubt')
          world.panel.subnetFacts.set(ip(`10.0.48.${happening.last}`), { isGateway: true });
        const before = new Set(addressesOf(onPort(world) ?? []));
        const isApproved = happening.kind === 'approve';
        const outcome = await pass({ ...world, vlans: { map: map(id), allowlist: [] } }, PORT, isApproved);
        for (const { because, ip: gone } of outcome.removed)
          expect(isApproved || (because === 'absent' && gone !== undefined && !ips.has(gone))).toBe(true);
        const leftOut = outcome.excluded.map((one) => one.ip);
        for (const address of [...ips].map(ip).filter((one) => !before.has(one) && !leftOut.includes(one)))
          expect(onPort(world)).toContainEqual(bound(address, id));
      }
    }),
    { numRuns: 60 },
  );
});

describe('of a guest behind an uplink', () => {
  const untagged: Guest = guest(3001, [nic(0, '00:50:56:00:00:09', { kind: 'native' }, { bridge: 'vmbr0' })]);

  async function guestSite(): Promise<FakeWorld> {
    const world = fakeWorld();
    world.cluster.nativeVlan = vlan(100);
    world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
    world.cluster.nodes.set('pve1', [untagged]);
    vm(world, 301, 3001);
    rememberedVm(world, 301, 3001);
    expect(await pass(world, UPLINK)).toMatchObject({ status: 'applied' });
    return world;
  }
  const binding = (id: number) => bound('10.0.48.101', id, mac('00:50:56:00:00:09'));

  it('nativeVlan: a replacement parks', async () => {
    const world = await guestSite();
    world.cluster.nativeVlan = vlan(200);
    expect(await pass(world, UPLINK)).toMatchObject({
      status: 'parked',
      parked: {
        remove: [binding(100)],
        add: [binding(200)],
        reason: expect.stringContaining('nativeVlan of proxmox.clusters') as unknown,
      },
    });
    expect(onPort(world, UPLINK)).toEqual([binding(100)]);
  });

  it('uplinks: what is bound at the former uplink parks, and is bound at the new one', async () => {
    const world = await guestSite();
    world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: P2 }] }]);
    expect(await pass(world, P2)).toMatchObject({ status: 'applied', added: [binding(100)] });
    expect(await pass(world, UPLINK)).toMatchObject({
      status: 'parked',
      parked: {
        remove: [binding(100)],
        guards: ['configuration-change'],
        reason: expect.stringContaining('uplinks of proxmox.clusters') as unknown,
      },
    });
    expect([onPort(world, UPLINK), onPort(world, P2)]).toEqual([[binding(100)], [binding(100)]]);
    await pass(world, UPLINK, true);
    expect(onPort(world, UPLINK)).toEqual([]);
  });

  describe('uplinks, of a node that the configuration does not name any more', () => {
    /** The panel's own entry of the node. */
    const entryAt = (world: FakeWorld, ...ports: (PortName | undefined)[]): void => {
      dedicated(
        world,
        201,
        ports.map((one) => ({ port: one })),
        [],
      );
      const entry = world.panel.servers.get(server(201));
      if (entry !== undefined) world.panel.add({ ...entry, name: 'pve1' });
    };
    const NEW = ip('10.0.48.102');
    const newOne = statement(NEW, mac('00:50:56:00:00:09'), 'VLAN.100');
    async function unnamed(...entry: (PortName | undefined)[]): Promise<FakeWorld> {
      const world = await guestSite();
      world.panel.vlans.set(NEW, vlan(100));
      vm(world, 301, 3001, ['10.0.48.101', NEW]);
      world.cluster.uplinks.clear();
      if (entry.length > 0) entryAt(world, ...entry);
      return world;
    }

    it('what is bound at the former uplink parks, and nothing new is bound there; the port of its entry has all (seed 8115)', async () => {
      const world = await unnamed(P2);
      expect(await pass(world, UPLINK)).toMatchObject({
        status: 'parked',
        added: [],
        parked: {
          remove: [binding(100)],
          reason: expect.stringContaining('uplinks of proxmox.clusters') as unknown,
        },
      });
      expect(onPort(world, UPLINK)).toEqual([binding(100)]);
      expect(await pass(world, P2, false, ['pve1'])).toMatchObject({ added: [binding(100), newOne] });
      await pass(world, UPLINK, true);
      expect(onPort(world, UPLINK)).toEqual([]);
    });

    it('a port that never was brought to its bindings gets none, though a request names the node', async () => {
      const world = await unnamed(P2);
      const asked = port('ae2.0');
      expect(await pass(world, asked, false, ['pve1'])).toMatchObject({ status: 'unchanged', added: [] });
      expect(onPort(world, asked) ?? []).toEqual([]);
    });

    it.each([
      ['is there', [UPLINK]],
      ['is there too', [P2, UPLINK]],
      ['is at a port that is not known', [P2, undefined]],
      ['is missing', []],
    ] as const)('an entry that %s contradicts nothing', async (_name, entry) => {
      const world = await unnamed(...entry);
      expect(await pass(world, UPLINK)).toMatchObject({ status: 'applied', added: [newOne], removed: [] });
    });

    it('the entry is asked for once for all ports of a batch, and not at all where it is at the port', async () => {
      const world = await unnamed(P2);
      const ask = async (...names: PortName[]): Promise<number> => {
        const before = world.panel.count('findNodeEntry');
        const nodes = [{ cluster: 'pve', node: 'pve1' }];
        const requests = names.map((name) => portRequest(name, { nodes }));
        await viewPorts(world, DEVICE, requests, new AbortController().signal);
        return world.panel.count('findNodeEntry') - before;
      };
      expect(await ask(UPLINK, port('ae2.0'))).toBe(1);
      entryAt(world, UPLINK);
      world.panel.assignments.set(`${DEVICE} ${UPLINK}`, [server(201)]);
      expect(await ask(UPLINK)).toBe(0);
    });
  });
});

describe("of a node's own address", () => {
  const OWN = ip('10.0.48.11');
  const uplink = (...macs: string[]) => ({
    ports: [{ device: DEVICE, port: UPLINK }],
    ...Object.fromEntries(macs.map((one) => ['mac', mac(one)])),
  });

  async function nodeSite(): Promise<FakeWorld> {
    const world = fakeWorld();
    world.cluster.uplinks.set('pve1', [uplink('bc:24:11:00:00:77')]);
    world.cluster.addresses.set(OWN, 'pve1');
    world.cluster.ownAddresses.set('pve1', [
      { ip: OWN, iface: 'vmbr0', leavesBy: [], vlan: { kind: 'tagged', vlan: vlan(13) } },
    ]);
    world.cluster.nodes.set('pve1', []);
    expect(await pass(world, UPLINK)).toMatchObject({ added: [own('bc:24:11:00:00:77')] });
    return world;
  }
  const own = (of: string) => bound(OWN, 13, mac(of));

  it('mac: a replacement parks, and is carried out once a person approves', async () => {
    const world = await nodeSite();
    world.cluster.uplinks.set('pve1', [uplink('bc:24:11:00:00:78')]);
    expect(await pass(world, UPLINK)).toMatchObject({
      status: 'parked',
      parked: {
        remove: [own('bc:24:11:00:00:77')],
        add: [own('bc:24:11:00:00:78')],
        guards: ['configuration-change'],
        reason: expect.stringContaining('uplinks of proxmox.clusters') as unknown,
      },
    });
    await pass(world, UPLINK, true);
    expect(onPort(world, UPLINK)).toEqual([own('bc:24:11:00:00:78')]);
  });

  it('mac: without one nothing is parked, for what is bound of a node stays; one that comes replaces nothing by itself', async () => {
    const world = await nodeSite();
    world.cluster.uplinks.set('pve1', [uplink()]);
    const outcome = await pass(world, UPLINK);
    expect([outcome.status, outcome.parked]).toEqual(['unchanged', undefined]);
    world.cluster.uplinks.set('pve1', [uplink('bc:24:11:00:00:79')]);
    expect(await pass(world, UPLINK)).toMatchObject({ parked: { remove: [own('bc:24:11:00:00:77')] } });
    expect(onPort(world, UPLINK)).toEqual([own('bc:24:11:00:00:77')]);
  });

  it('what the node itself says of its MAC goes on', async () => {
    const world = await nodeSite();
    world.cluster.uplinks.set('pve1', [uplink('bc:24:11:00:00:78')]);
    world.cluster.ownAddresses.set('pve1', [
      {
        ip: OWN,
        iface: 'vmbr0',
        leavesBy: [],
        vlan: { kind: 'tagged', vlan: vlan(13) },
        mac: mac('bc:24:11:00:00:80'),
      },
    ]);
    await pass(world, UPLINK);
    expect(onPort(world, UPLINK)).toEqual([own('bc:24:11:00:00:80')]);
  });
});

function fail(): never {
  throw new Error('the panel has no server');
}

import type { PortServers } from '../../../src/protocol/activities';
import { createCommitToSwitch } from '../../../src/activities/commitToSwitch';
import { createFilterByVlan } from '../../../src/activities/filterByVlan';
import type { MacInVlan } from '../../../src/domain/desired/binding';
import { PortwardenError } from '../../../src/domain/errors';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { DeviceId } from '../../../src/domain/values/device';
import type { NodeInventory, PlacedPort } from '../../../src/domain/servers/server';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { assigned, attachment, guest, ip, junos, mac, nic, port, server, vlan } from '../fakes/values';
import { inActivity } from '../inActivity';

/** Who has a MAC in a VLAN behind another port, as filterByVlan learns it: from placements, then afresh from panel and cluster. */

const [DEVICE, OTHER] = [junos(1), junos(2)];
const [P1, P2] = [port('ge-0/0/1.0'), port('ge-0/0/2.0')];
const UPLINK = port('ae0.0');
const M = 'bc:24:11:00:00:01';
const pair = (address = M, id = 13): MacInVlan => ({ mac: mac(address), vlan: vlan(id) });
const addressOf = (id: number): string => `10.0.48.${id}`;
const guestOf = (id: number): { cluster: string; node: string; vmid: number } => ({
  cluster: 'pve',
  node: 'pve1',
  vmid: id + 3000,
});

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  for (let id = 1; id < 10; id += 1) world.panel.vlans.set(ip(addressOf(id)), vlan(13));
});

/** A dedicated server of the panel, with a `pxe_mac` unless that is null. */
function dedicated(id: number, at: PlacedPort['port'], pxeMac: string | null = M, device: DeviceId = DEVICE): void {
  world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: [assigned(addressOf(id))],
    attachments: [attachment(device, at)],
    ...(pxeMac === null ? {} : { pxeMac: mac(pxeMac) }),
  });
}

/** A virtual machine of the panel, with a guest on `pve1` when it has a MAC. */
function vm(id: number, address: string | undefined, vmid = guestOf(id).vmid): void {
  world.panel.add({
    serverId: server(id),
    name: `vm-${id}`,
    kind: 'vm',
    ips: [assigned(addressOf(id))],
    attachments: [],
    hypervisor: { cluster: 'pve', vmid },
  });
  if (address !== undefined)
    world.cluster.nodes.set('pve1', [...(world.cluster.nodes.get('pve1') ?? []), guest(vmid, [nic(0, address)])]);
}

/** What a pass remembered of a server. */
function placed(id: number, kind: 'dedicated' | 'vm', at: Omit<PlacedPort, 'device'>, device: DeviceId = DEVICE): void {
  void world.store.placements.put({
    serverId: server(id),
    kind,
    ports: [{ device, ...at }],
    ips: [ip(addressOf(id))],
    ...(kind === 'vm' ? { guest: guestOf(id) } : {}),
  });
}
const held = (id: number, at: PlacedPort['port'], ...macs: MacInVlan[]): Omit<PlacedPort, 'device'> => ({
  port: at,
  bound: [ip(addressOf(id))],
  ...(macs.length === 0 ? {} : { macs }),
});

const behind = (at: PlacedPort['port'], ...ids: number[]): PortServers => {
  const servers = ids.flatMap((id) => world.panel.servers.get(server(id)) ?? []);
  return {
    port: at,
    guests: servers.flatMap(({ serverId, name, ips, hypervisor }) =>
      hypervisor === undefined ? [] : [{ serverId, name, ips, ...hypervisor }],
    ),
    removals: NO_REMOVALS,
    missingGuests: [],
    dedicated: servers.filter(({ hypervisor }) => hypervisor === undefined),
  };
};
async function readNode(): Promise<NodeInventory[]> {
  return [await world.cluster.inventory('pve1')];
}
async function filter(...ports: PortServers[]) {
  const inventories = await readNode();
  return inActivity(createFilterByVlan(world), {
    device: DEVICE,
    ports: ports.map((servers) => ({ servers, inventories })),
  });
}
async function look(...ports: PortServers[]) {
  const { ports: found } = await filter(...ports);
  return found.map(({ desired, excluded, retainIps }) => ({
    bound: desired.map((one) => one.ip),
    rules: excluded.map((one) => one.rule),
    message: excluded[0]?.message ?? '',
    retainIps,
  }));
}
const REFUSED = { bound: [], rules: ['duplicate-mac'], retainIps: [addressOf(2)] };
const BOUND = { bound: [addressOf(2)], rules: [] };

describe('a MAC that a dedicated server on another switch has bound', () => {
  beforeEach(() => {
    dedicated(1, P1, M, OTHER);
    placed(1, 'dedicated', held(1, P1, pair()), OTHER);
    dedicated(2, P2);
  });

  it('is not bound again; the sentence names where the other is, and what is bound stays', async () => {
    const [found] = await look(behind(P2, 2));
    expect(found).toMatchObject(REFUSED);
    expect(found?.message).toBe(
      `srv-2 (server 2) and server 1 at junos:2 ge-0/0/1.0 have the same MAC ${M} in VLAN 13; it stays with server 1 at junos:2 ge-0/0/1.0, which had it first, and ${addressOf(2)} is not bound to it`,
    );
  });

  it('is bound once the panel names another MAC for that server, or none, or no longer has it', async () => {
    dedicated(1, P1, 'bc:24:11:00:00:09', OTHER);
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
    dedicated(1, P1, null, OTHER);
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
    world.panel.servers.delete(server(1));
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
  });

  it('is not bound while the panel does not answer about that server', async () => {
    world.panel.fail('getServer 1', new PortwardenError('panel-failed', 'HTTP 500'));
    expect(await look(behind(P2, 2))).toMatchObject([REFUSED]);
  });

  it('is bound in another VLAN, and then the panel is not asked about that server', async () => {
    world.panel.vlans.set(ip(addressOf(2)), vlan(100));
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
    expect(world.panel.count('getServer')).toBe(0);
  });

  it('is looked up once for the batch, and that server is asked about once', async () => {
    dedicated(3, port('ge-0/0/3.0'));
    await look(behind(P2, 2), behind(port('ge-0/0/3.0'), 3));
    expect(world.panel.count('getServer')).toBe(1);
  });
});

describe('a MAC that a virtual machine has bound at an uplink', () => {
  beforeEach(() => {
    vm(1, M);
    placed(1, 'vm', { ...held(1, UPLINK, pair()), node: 'pve1' });
    dedicated(2, P2);
  });

  it('is not bound again while a NIC of its guest has it', async () => {
    expect(await look(behind(P2, 2))).toMatchObject([REFUSED]);
  });

  it('is bound once no NIC of the guest has it, or the cluster lists no such guest', async () => {
    world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:00:09')])]);
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
    world.cluster.nodes.set('pve1', []);
    expect(await look(behind(P2, 2))).toMatchObject([BOUND]);
  });

  it.each([
    [
      'cluster',
      () => {
        world.cluster.fault = new PortwardenError('proxmox-unreachable', 'no route');
      },
    ],
    ['panel', () => world.panel.fail('getServer 1', new PortwardenError('panel-unreachable', 'no route'))],
  ])('is not bound while the %s does not answer', async (_name, arrange) => {
    const inventories = await readNode();
    arrange();
    const { ports } = await inActivity(createFilterByVlan(world), {
      device: DEVICE,
      ports: [{ servers: behind(P2, 2), inventories }],
    });
    expect(ports.map(({ desired, excluded }) => [desired.length, excluded[0]?.rule])).toEqual([[0, 'duplicate-mac']]);
  });
});

describe('the same machine is not its own rival', () => {
  it('when it was bound at an uplink that it has left, or is at another of its ports', async () => {
    vm(2, M);
    placed(2, 'vm', { ...held(2, UPLINK, pair()), node: 'pve0', left: true }, OTHER);
    expect(await look(behind(UPLINK, 2))).toMatchObject([BOUND]);
    expect(world.panel.count('getServer')).toBe(0);
  });

  it('when two servers of the panel claim one guest', async () => {
    vm(2, M, 3001);
    vm(1, undefined, 3001);
    placed(1, 'vm', { ...held(1, UPLINK, pair()), node: 'pve1' }, OTHER);
    expect(await look(behind(UPLINK, 2))).toMatchObject([BOUND]);
  });
});

describe('one MAC of servers on two ports of a batch', () => {
  beforeEach(() => {
    dedicated(1, P1);
    dedicated(2, P2);
  });

  it('is bound to none of them when none had it', async () => {
    const found = await look(behind(P1, 1), behind(P2, 2));
    expect(found).toMatchObject([{ bound: [], rules: ['duplicate-mac'], retainIps: [addressOf(1)] }, REFUSED]);
    expect(found[0]?.message).toMatch(/srv-1 \(server 1\) and server 2 at junos:1 ge-0\/0\/2\.0 have the same MAC/);
  });

  it('stays with the one that had it, and both ports say so', async () => {
    placed(1, 'dedicated', held(1, P1, pair()));
    expect(await look(behind(P1, 1), behind(P2, 2))).toMatchObject([
      { bound: [addressOf(1)], rules: ['duplicate-mac'], retainIps: [] },
      REFUSED,
    ]);
    expect(world.panel.count('getServer')).toBe(0);
  });
});

it('the MAC of a server of which nothing else is new is remembered by the pass', async () => {
  const other = pair('bc:24:11:00:00:09');
  dedicated(1, P1);
  placed(1, 'dedicated', held(1, P1, other));
  const pass = async (): Promise<number> => {
    const { ports } = await filter(behind(P1, 1));
    await inActivity(createCommitToSwitch(world), {
      device: DEVICE,
      batch: 1,
      guards: { maxRemovedBindings: 5, maxRemovedShare: 1 },
      ports: ports.map((one) => ({ ...one, approved: false })),
    });
    return ports[0]?.notes?.length ?? 0;
  };
  expect(await pass()).toBe(1);
  expect(world.store.placed.get(server(1))).toEqual({
    serverId: 1,
    kind: 'dedicated',
    ports: [{ device: DEVICE, ...held(1, P1, pair()) }],
    ips: [addressOf(1)],
  });
  expect(await pass()).toBe(0);
});

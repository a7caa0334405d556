import { portRequest } from '../../../src/domain/servers/portRequest';
import type { PortView } from '../../../src/activities/looks/portView';
import { viewPorts } from '../../../src/activities/looks/portView';
import { nodeUplinks } from '../../../src/activities/membership/nodeUplinks';
import { assigned, guest, ip, junos, nic, port, server, vlan } from '../fakes/values';
import { readOnly } from '../fakes/readOnly';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, vm } from '../portQuestions';

/** A node with two bonds: vmbr0 by ae0 of two switches (MC-LAG), vmbr1 over bond1 by ae7 of a third. */

const signal = new AbortController().signal;
const FRONT = [
  { device: junos(2), port: port('ae0.0') },
  { device: junos(3), port: port('ae0.0') },
] as const;
const BACK = { device: junos(4), port: port('ae7.0') };
const A = ip('10.0.48.101');
const B = ip('10.0.48.102');

function site(): FakeWorld {
  const world = fakeWorld();
  world.cluster.uplinks.set('pve1', [
    { interfaces: ['vmbr0'], ports: FRONT, nativeVlan: vlan(13) },
    { interfaces: ['bond1'], ports: [BACK] },
  ]);
  world.cluster.bridges.set('pve1', [
    { name: 'vmbr0', leavesBy: ['bond0'] },
    { name: 'vmbr1', leavesBy: ['bond1'] },
  ]);
  vm(world, 301, 3001, [A, B]);
  world.panel.vlans.set(A, vlan(13));
  world.panel.vlans.set(B, vlan(100));
  world.cluster.nodes.set('pve1', [
    guest(3001, [
      nic(0, 'bc:24:11:00:00:01', { kind: 'native' }, { bridge: 'vmbr0' }),
      nic(1, 'bc:24:11:00:00:02', { kind: 'tagged', vlan: vlan(100) }, { bridge: 'vmbr1' }),
    ]),
  ]);
  return world;
}

async function view(world: FakeWorld, where: { device: ReturnType<typeof junos>; port: ReturnType<typeof port> }) {
  const [seen] = await viewPorts(readOnly(world), where.device, [portRequest(where.port)], signal);
  return seen;
}
const desired = (seen: PortView | undefined): readonly string[] =>
  seen !== undefined && 'desired' in seen
    ? [
        ...seen.desired.desired.map(({ ip: address, mac, vlan: id }) => `${address} ${mac} ${id}`),
        ...seen.desired.excluded.map(({ ip: address, rule }) => `${address} ${rule}`),
      ]
    : ['unread'];

it.each(FRONT)(
  'both ports of an MC-LAG carry what enters there, in the native VLAN of the uplink: %j',
  async (where) => {
    expect(desired(await view(site(), where))).toEqual([`${A} bc:24:11:00:00:01 13`]);
  },
);

it('a NIC on another bond is bound on its own port, with its own MAC', async () => {
  const seen = await view(site(), BACK);
  expect(desired(seen)).toEqual([`${B} bc:24:11:00:00:02 100`]);
  expect(seen).toMatchObject({ desired: { ifPresent: [{ ip: A, rule: 'other-uplink', serverId: 301 }] } });
});

it('a NIC on a bridge without a known uplink is reported wherever the node is looked at, and keeps what it has', async () => {
  const world = site();
  world.cluster.nodes.set('pve1', [
    guest(3001, [
      nic(0, 'bc:24:11:00:00:01', { kind: 'native' }, { bridge: 'vmbr0' }),
      nic(1, 'bc:24:11:00:00:02', { kind: 'tagged', vlan: vlan(100) }, { bridge: 'vmbr9' }),
    ]),
  ]);
  for (const where of [FRONT[0], BACK]) {
    const seen = await view(world, where);
    expect(desired(seen)).toContain(`${B} uplink-unknown`);
    expect(seen).toMatchObject({ desired: { retainIps: expect.arrayContaining([B]) as unknown } });
  }
});

it('NICs of both bonds that fit an address leave it ambiguous on both, not bound on each', async () => {
  const world = site();
  world.panel.add({ ...world.panel.servers.get(server(301)), ips: [assigned(A)] } as never);
  world.cluster.nodes.set('pve1', [
    guest(3001, [
      nic(0, 'bc:24:11:00:00:01', { kind: 'native' }, { bridge: 'vmbr0' }),
      nic(1, 'bc:24:11:00:00:02', { kind: 'tagged', vlan: vlan(13) }, { bridge: 'vmbr1' }),
    ]),
  ]);
  expect(desired(await view(world, FRONT[0]))).toEqual([`${A} ambiguous-nic`]);
  expect(desired(await view(world, BACK))).toEqual([`${A} ambiguous-nic`]);
});

describe("a node's own entry in the panel", () => {
  const ports = async (world: FakeWorld): Promise<readonly string[]> =>
    (await nodeUplinks(world, 'pve', 'pve9', signal)).flat().map(({ device, port: name }) => `${device} ${name ?? ''}`);

  it('is the one that the configuration names, by id or server name, else the one with the name of the node', async () => {
    const world = fakeWorld();
    dedicated(world, 209, [{ port: 'ae3.0' }]);
    dedicated(world, 210, [{ port: 'ae4.0' }]);
    expect(await ports(world)).toEqual([]);
    world.cluster.panelEntries.set('pve9', { serverId: server(209) });
    expect(await ports(world)).toEqual(['junos:1 ae3.0']);
    world.cluster.panelEntries.set('pve9', { name: 'srv-210' });
    expect(await ports(world)).toEqual(['junos:1 ae4.0']);
  });

  it('that is named and is not there is an error, not a node without ports', async () => {
    const world = fakeWorld();
    world.cluster.panelEntries.set('pve9', { serverId: server(209) });
    await expect(ports(world)).rejects.toMatchObject({
      code: 'proxmox-uplink-unknown',
      message: 'The configuration says that pve9 of pve is server 209 of the panel, which has no such dedicated server',
    });
  });
});

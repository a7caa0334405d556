import { locateGuest } from '../../../src/activities/findProxmoxNode';
import { nodeAt, notePass, notePlace, formerPorts } from '../../../src/domain/servers/placement';
import type { Placement } from '../../../src/domain/servers/server';
import { FakeHypervisor } from '../fakes/fakeHypervisor';
import { guest, ip, nic, port, server } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, DEVICE, UPLINK } from '../portQuestions';

/** Two clusters with a node of the same name. */

const signal = new AbortController().signal;
const OTHER = port('ae9.0');

function site(): FakeWorld & { readonly second: FakeHypervisor } {
  const world = fakeWorld();
  const second = new FakeHypervisor('second');
  for (const [cluster, vmid] of [
    [world.cluster, 3001],
    [second, 4001],
  ] as const)
    cluster.nodes.set('pve1', [guest(vmid, [nic(0, 'bc:24:11:00:30:01')])]);
  world.cluster.addresses.set(ip('10.0.48.11'), 'pve1');
  second.addresses.set(ip('10.0.49.11'), 'pve1');
  dedicated(world, 201, [{ port: 'ae0.0' }], []);
  const entry = world.panel.servers.get(server(201));
  if (entry === undefined) throw new Error('the entry of the node is missing');
  world.panel.add({ ...entry, name: 'pve1' });
  return { ...world, hypervisors: new Map([...world.hypervisors, ['second', second]]), second };
}

const uplinkOf = async (world: FakeWorld, cluster: string, vmid: number) =>
  (await locateGuest(world, { cluster, vmid }, signal)).uplinks.map((one) => one.port);

it("the panel's entry of that name is nobody's until the configuration says whose", async () => {
  const world = site();
  for (const [cluster, vmid] of [
    ['pve', 3001],
    ['second', 4001],
  ] as const)
    await expect(uplinkOf(world, cluster, vmid)).rejects.toMatchObject({
      code: 'proxmox-uplink-unknown',
      message: expect.stringMatching(/both have a node pve1.*nodes or uplinks/) as unknown,
    });
  world.second.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: OTHER }] }]);
  expect(await uplinkOf(world, 'pve', 3001)).toEqual([UPLINK]);
  expect(await uplinkOf(world, 'second', 4001)).toEqual([OTHER]);
});

it('an entry that is said to be the node of one cluster is not found by its name for another one', async () => {
  const world = site();
  world.second.panelEntries.set('pve1', { serverId: server(201) });
  expect(await uplinkOf(world, 'second', 4001)).toEqual([UPLINK]);
  world.second.panelEntries.set('pve7', { name: 'pve1' });
  await expect(uplinkOf(world, 'pve', 3001)).rejects.toMatchObject({ code: 'proxmox-uplink-unknown' });
});

it('a cluster that never answered holds up no other one', async () => {
  const world = site();
  world.second.fault = new Error('no answer');
  expect(await uplinkOf(world, 'pve', 3001)).toEqual([UPLINK]);
});

describe('a guest that went to a node of the same name in another cluster', () => {
  const here = { device: DEVICE, port: UPLINK };
  const there = { device: DEVICE, port: OTHER };
  const now = { cluster: 'second', node: 'pve1', vmid: 4001 };
  const before: Placement = {
    serverId: server(1),
    kind: 'vm',
    guest: { cluster: 'pve', node: 'pve1', vmid: 3001 },
    ports: [{ ...here, node: 'pve1', bound: [ip('10.0.48.1')] }],
    ips: [ip('10.0.48.1')],
  };
  const note = { serverId: server(1), kind: 'vm', at: 'here', guest: now, ips: [ip('10.0.48.1')] } as const;

  it('was behind the node of the former one at the former port, which is looked at again', () => {
    const moved = notePass(before, note, there, new Set([ip('10.0.48.1')]));
    if (moved === undefined) throw new Error('nothing is remembered');
    expect([nodeAt(moved, here), nodeAt(moved, there)]).toEqual([
      { cluster: 'pve', node: 'pve1' },
      { cluster: 'second', node: 'pve1' },
    ]);
    expect(formerPorts(moved, note, there)).toMatchObject([here]);
    const left = notePass(moved, { ...note, at: 'left' }, here, new Set([ip('10.0.48.1')]));
    expect(left === undefined ? undefined : nodeAt(left, here)).toEqual({ cluster: 'pve', node: 'pve1' });
  });

  it('so it is when it was only seen there', () => {
    const seen = notePlace({ serverId: server(1), kind: 'vm', guest: now, ips: [], ports: [], seenAt: 5 }, before);
    expect(nodeAt(seen, here)).toEqual({ cluster: 'pve', node: 'pve1' });
  });
});

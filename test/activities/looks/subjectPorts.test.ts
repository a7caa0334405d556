import { PortwardenError } from '../../../src/domain/errors';
import { portsOf } from '../../../src/activities/looks/subjectPorts';
import type { ExplainSubject, PreviewSubject } from '../../../src/domain/explain/subject';
import { dedicated, DEVICE, PORT, remembered, rememberedVm, UPLINK, vm } from '../portQuestions';
import { guest, ip, junos, mac, nic, port, server, vlan } from '../fakes/values';
import { readOnly } from '../fakes/readOnly';
import { fakeWorld, type FakeWorld } from '../fakes/world';

/** A dedicated server at one port, and a guest of pve1, whose traffic enters through the uplink. */
function site(): FakeWorld {
  const world = fakeWorld();
  dedicated(world, 1);
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
  vm(world, 301, 3001);
  rememberedVm(world, 301, 3001);
  world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')])]);
  return world;
}

async function find(world: FakeWorld, subject: PreviewSubject | ExplainSubject) {
  const bound = async () => [PORT, port('ge-0/0/10.0'), port('ge-0/0/9.0')];
  const { ports, notes } = await portsOf(readOnly(world), subject, bound, new AbortController().signal);
  const names = [...ports].flatMap(([device, subjects]) => subjects.map((one) => `${device} ${one.port}`));
  return { names, notes, subjects: [...ports.values()].flat() };
}

const AT_PORT = `${DEVICE} ${PORT}`;
const AT_UPLINK = `${DEVICE} ${UPLINK}`;

it('a port is itself', async () => {
  expect(await find(site(), { of: 'port', device: DEVICE, port: PORT })).toMatchObject({ names: [AT_PORT], notes: [] });
});

it('a dedicated server is at the ports of its entry, and at those that remember it', async () => {
  const world = site();
  remembered(world, 1, 'ge-0/0/7.0');
  const { names, subjects } = await find(world, { of: 'server', serverId: server(1) });
  expect(names).toEqual([AT_PORT, `${DEVICE} ge-0/0/7.0`]);
  expect(subjects.map(({ serverIds }) => serverIds)).toEqual([[1], [1]]);
});

it('a VM is at the uplink of its node', async () => {
  const { names, subjects } = await find(site(), { of: 'server', serverId: server(301) });
  expect(names).toEqual([AT_UPLINK]);
  expect(subjects[0]?.nodes).toEqual([{ cluster: 'pve', node: 'pve1' }]);
});

it('a server that nobody knows, and one that is not automated, say so', async () => {
  const world = site();
  dedicated(world, 2, [{ port: 'ge-0/0/2.0', automated: false }]);
  expect(await find(world, { of: 'server', serverId: server(99) })).toMatchObject({
    names: [],
    notes: [expect.stringContaining('The panel has no server 99')],
  });
  expect(await find(world, { of: 'server', serverId: server(2) })).toMatchObject({
    names: [],
    notes: [expect.stringContaining('srv-2: requirement switch-automation')],
  });
});

it('a node is at its uplinks; of a cluster that is not configured it is refused', async () => {
  expect(await find(site(), { of: 'node', node: 'pve1' })).toMatchObject({ names: [AT_UPLINK], notes: [] });
  expect(await find(site(), { of: 'node', node: 'pve9' })).toMatchObject({
    names: [],
    notes: [expect.stringContaining('nothing says through which port the traffic of pve9 enters')],
  });
  await expect(find(site(), { of: 'node', node: 'pve1', cluster: 'other' })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining('pve') as string,
  });
});

it("an address of a node is at the node's uplinks, as far as its cluster answers", async () => {
  const world = site();
  world.cluster.addresses.set(ip('10.9.9.11'), 'pve1');
  const subject = { of: 'address' as const, ip: ip('10.9.9.11') };
  expect((await find(world, subject)).names).toEqual([AT_UPLINK]);
  world.cluster.fault = new PortwardenError('proxmox-unreachable', 'no answer');
  expect((await find(world, subject)).names).toEqual([]);
});

it('a device is at every port that has something, is remembered or is an uplink, in the order of their numbers', async () => {
  const world = site();
  remembered(world, 1, 'ge-0/0/7.0');
  const { names } = await find(world, { of: 'device', device: DEVICE });
  expect(names.map((name) => name.slice(DEVICE.length + 1))).toEqual([
    'ae0.0',
    'ge-0/0/1.0',
    'ge-0/0/7.0',
    'ge-0/0/9.0',
    'ge-0/0/10.0',
  ]);
  expect(await find(world, { of: 'device', device: junos(2) })).toMatchObject({ names: { length: 3 } });
});

it('an address is at the ports of those who have it, and of those last seen with it', async () => {
  const world = site();
  dedicated(world, 2, [{ port: 'ge-0/0/2.0' }], ['10.0.48.101']);
  const { names } = await find(world, { of: 'address', ip: ip('10.0.48.101') });
  expect([...names].sort()).toEqual([AT_UPLINK, `${DEVICE} ge-0/0/2.0`]);
  expect((await find(world, { of: 'address', ip: ip('10.9.9.9') })).names).toEqual([]);
});

it('a MAC is at the ports where a pass has read it back', async () => {
  const world = site();
  const seen = { mac: mac('00:50:56:00:00:01'), vlan: vlan(13) };
  const before = remembered(world, 1);
  const ports = before.ports.map((one) => ({ ...one, bound: before.ips, macs: [seen] }));
  world.store.placed.set(server(1), { ...before, ports });
  expect((await find(world, { of: 'mac', mac: seen.mac })).names).toEqual([AT_PORT]);
  expect((await find(world, { of: 'mac', mac: mac('00:50:56:00:00:09') })).names).toEqual([]);
});

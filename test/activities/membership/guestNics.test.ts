import { fetchPortServers } from '../../../src/activities/fetchServerIps';
import { locateGuest } from '../../../src/activities/findProxmoxNode';
import { portsOf } from '../../../src/activities/looks/subjectPorts';
import { readServerReport } from '../../../src/activities/membership/serverReport';
import { viewPorts } from '../../../src/activities/looks/portView';
import { PortwardenError } from '../../../src/domain/errors';
import { NO_GUEST_PORTS, type GuestPorts } from '../../../src/domain/servers/guestPort';
import { portRequest } from '../../../src/domain/servers/portRequest';
import { deviceId } from '../../../src/domain/values/device';
import { guest, ip, nic, port, server, vlan } from '../fakes/values';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { DEVICE, node, question, rememberedVm, UPLINK, vm } from '../portQuestions';

/** Ports that are guests' own NICs, through the steps of a pass and of a preview. */

const FILTERS = deviceId('proxmoxFirewall', 'pve');
const { signal } = new AbortController();
const guestPorts: GuestPorts = {
  ...NO_GUEST_PORTS,
  portsOf: ({ cluster, vmid, nic: index }) =>
    cluster === 'pve' ? [{ device: FILTERS, port: port(`${vmid}/net${index}`) }] : [],
  nicOf: ({ device, port: name }) => {
    const [, vmid, index] = /^(\d+)\/net(\d+)$/.exec(name) ?? [];
    return device === FILTERS ? { cluster: 'pve', vmid: Number(vmid), nic: Number(index) } : undefined;
  },
};

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld({ guestPorts });
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
  vm(world, 301, 3001, ['10.0.48.1', '10.0.49.1']);
  vm(world, 302, 3002, ['10.0.48.2']);
  world.panel.vlans.set(ip('10.0.48.1'), vlan(13));
  world.panel.vlans.set(ip('10.0.49.1'), vlan(14));
  world.panel.vlans.set(ip('10.0.48.2'), vlan(13));
  world.cluster.nodes.set('pve1', [
    guest(3001, [nic(0, 'bc:24:11:00:30:00'), nic(1, 'bc:24:11:00:30:01', { kind: 'tagged', vlan: vlan(14) })]),
    guest(3002, [nic(0, 'bc:24:11:00:32:00')]),
  ]);
});

const view = async (name: string) => {
  const [seen] = await viewPorts(world, FILTERS, [portRequest(port(name))], signal);
  return seen !== undefined && 'desired' in seen ? seen.desired : seen;
};
const ask = async (name: string, extra: Parameters<typeof question>[0] = {}) => {
  const [answer] = await fetchPortServers(world, FILTERS, [question({ port: port(name), ...extra })], signal);
  return answer;
};

test('a NIC has the addresses that go through it, by the rules of the uplink; the node is found by itself', async () => {
  expect(await view('3001/net0')).toMatchObject({
    desired: [{ ip: '10.0.48.1', vlan: 13 }],
    excluded: [],
    retainIps: [],
  });
  expect(await view('3001/net1')).toMatchObject({ desired: [{ ip: '10.0.49.1', mac: 'bc:24:11:00:30:01' }] });
  expect(await view('3002/net0')).toMatchObject({ desired: [{ ip: '10.0.48.2' }] });
});

test('the uplink need not be known for it: the address has the VLAN of its NIC', async () => {
  world.cluster.uplinks.clear();
  expect(await view('3001/net0')).toMatchObject({ desired: [{ ip: '10.0.48.1', vlan: 13 }] });
});

test('what the allowlist leaves out at the uplink is left out there too', async () => {
  world = Object.assign(world, { vlans: { map: [], allowlist: [14] } });
  expect(await view('3001/net0')).toMatchObject({ desired: [], excluded: [{ rule: 'vlan-not-allowed' }] });
});

test('its guest is found wherever it runs: a stale node is read anew, and nobody else is behind the port', async () => {
  const stale = await ask('3001/net0', { nodes: [node([], 'pve2')] });
  expect(stale?.unreadNodes).toEqual([{ cluster: 'pve', node: 'pve1' }]);
  const answer = await ask('3001/net0', { nodes: [node([3001, 3002])] });
  expect(answer?.guests.map(({ serverId }) => serverId)).toEqual([301]);
  expect(answer?.notes).toMatchObject([{ serverId: 301, own: true, guest: { node: 'pve1' } }]);
  expect(world.store.stands).toEqual([]);
  expect(world.enlisted).toEqual([]);
});

test('a guest that no server of the panel has leaves its port to itself', async () => {
  expect(await ask('3999/net0')).toMatchObject({ guests: [], removals: { named: [], absent: [] } });
  expect(await view('3999/net0')).toMatchObject({ desired: [] });
});

test('an event finds the NICs of its guest; one that cannot be read stands by its first NIC', async () => {
  const ports = async () => (await locateGuest(world, { cluster: 'pve', vmid: 3001 }, signal)).ownPorts;
  expect((await ports())?.map((one) => one.port)).toEqual(['3001/net0', '3001/net1']);
  world.cluster.nics = () => Promise.reject(new PortwardenError('proxmox-node-down', 'pve1 is down'));
  expect((await ports())?.map((one) => one.port)).toEqual(['3001/net0']);
  world.cluster.nics = () => Promise.reject(new TypeError('a mistake of ours'));
  await expect(ports()).rejects.toThrow('a mistake of ours');
  const nobody = { ...world, guestPorts: NO_GUEST_PORTS };
  expect(await locateGuest(nobody, { cluster: 'pve', vmid: 3001 }, signal)).not.toHaveProperty('ownPorts');
});

test('a server and a node are looked at on both kinds of port', async () => {
  rememberedVm(world, 301, 3001);
  const found = async (subject: Parameters<typeof portsOf>[1]) =>
    [...(await portsOf(world, subject, async () => [], signal)).ports].map(
      ([device, requests]) => `${device} ${requests.map((request) => request.port).join()}`,
    );
  expect(await found({ of: 'server', serverId: server(301) })).toEqual([
    `${DEVICE} ${UPLINK}`,
    `${FILTERS} 3001/net0,3001/net1`,
  ]);
  expect(await found({ of: 'node', node: 'pve1' })).toEqual([
    `${DEVICE} ${UPLINK}`,
    `${FILTERS} 3001/net0,3001/net1,3002/net0`,
  ]);
});

test('a preview of the device is about the NICs of every guest, whether or not anything was ever done there', async () => {
  const own = {
    cluster: 'pve',
    portOf: ({ vmid, nic: index }: { readonly vmid: number; readonly nic: number }) => ({
      device: FILTERS,
      port: port(`${vmid}/net${index}`),
    }),
  };
  const sources = { ...world, guestPorts: { ...guestPorts, guestsOf: () => own } };
  const found = await portsOf(sources, { of: 'device', device: FILTERS }, () => Promise.resolve([]), signal);
  expect(found.ports.get(FILTERS)?.map((one) => `${one.port} on ${one.nodes.map((on) => on.node).join()}`)).toEqual([
    '3001/net0 on pve1',
    '3001/net1 on pve1',
    '3002/net0 on pve1',
  ]);
});

test('NICs of a cluster that is filtered no longer are no ports of their server: its events do not wait for them', async () => {
  const former = { device: FILTERS, port: port('3001/net0') };
  const uplink = { device: DEVICE, port: UPLINK };
  const placed = {
    ...{ serverId: server(301), kind: 'vm' as const, ports: [uplink, former], ips: [ip('10.0.48.1')] },
    guest: { cluster: 'pve', node: 'pve1', vmid: 3001 },
  };
  world.store.placed.set(server(301), placed);
  const portsIn = async (sources: FakeWorld): Promise<unknown> =>
    (await readServerReport(sources, server(301), signal)).placement?.ports;
  expect(await portsIn(world)).toEqual([uplink, former]);
  expect(await portsIn(Object.assign(world, { guestPorts: { ...guestPorts, portsOf: () => [] } }))).toEqual([uplink]);
});

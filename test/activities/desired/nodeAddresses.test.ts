import { PortwardenError } from '../../../src/domain/errors';
import { viewPorts } from '../../../src/activities/looks/portView';
import { portRequest } from '../../../src/domain/servers/portRequest';
import type { IpAddress } from '../../../src/domain/values/ip';
import type { PortName } from '../../../src/domain/values/port';
import { assigned, guest, ip, mac, nic, server, vlan } from '../fakes/values';
import { readOnly } from '../fakes/readOnly';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { dedicated, DEVICE, PORT, UPLINK, vm } from '../portQuestions';

/** No server ever gets a node's address, and a node keeps its own. */

const OWN = ip('10.0.48.11');
const OTHER = ip('10.0.48.12');
const GUEST = ip('10.0.48.101');
const MAC = mac('bc:24:11:00:00:99');

function site(): FakeWorld {
  const world = fakeWorld();
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
  world.cluster.addresses.set(OWN, 'pve1').set(OTHER, 'pve2');
  world.cluster.ownAddresses.set('pve1', [
    { ip: OWN, iface: 'vmbr0.13', leavesBy: ['vmbr0'], vlan: { kind: 'tagged', vlan: vlan(13) }, mac: MAC },
  ]);
  world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')])]);
  for (const one of [OWN, OTHER, GUEST]) world.panel.vlans.set(one, vlan(13));
  vm(world, 301, 3001, [GUEST]);
  return world;
}

async function look(world: FakeWorld, where: PortName, serverIds: number[] = []) {
  const request = portRequest(where, { serverIds: serverIds.map(server) });
  const [seen] = await viewPorts(readOnly(world), DEVICE, [request], new AbortController().signal);
  if (seen === undefined || !('desired' in seen)) throw new Error(JSON.stringify(seen));
  const { desired, excluded, retainIps, ifPresent = [] } = seen.desired;
  return {
    bound: desired.map((one) => `${one.ip} ${one.mac} ${one.vlan}`),
    rules: excluded.map((one) => `${one.ip} ${one.rule}`),
    retained: retainIps,
    ifPresent: ifPresent.map((one) => `${one.ip} ${one.rule}`),
  };
}

const assign = (world: FakeWorld, id: number, ...ips: IpAddress[]): void => {
  const known = world.panel.servers.get(server(id));
  if (known === undefined) throw new Error(`no server ${id}`);
  world.panel.add({ ...known, ips: ips.map((one) => assigned(one)) });
};

it("binds the node's own address with the MAC of its interface, beside its guests", async () => {
  expect(await look(site(), UPLINK)).toEqual({
    bound: [`${OWN} ${MAC} 13`, `${GUEST} bc:24:11:00:30:01 13`],
    rules: [],
    retained: [],
    ifPresent: [],
  });
});

it('keeps what is bound of it, and lists that, while its MAC is not known; the uplink can say it', async () => {
  const world = site();
  const [own] = world.cluster.ownAddresses.get('pve1') ?? [];
  if (own === undefined) throw new Error('the node has no address');
  const { mac: named, ...unnamed } = own;
  expect(named).toBe(MAC);
  world.cluster.ownAddresses.set('pve1', [unnamed]);
  expect(await look(world, UPLINK)).toMatchObject({ retained: [OWN], ifPresent: [`${OWN} node-address`] });
  world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }], mac: mac('bc:24:11:00:00:77') }]);
  expect((await look(world, UPLINK)).bound).toContain(`${OWN} bc:24:11:00:00:77 13`);
});

it.each([
  ['of its own node', OWN],
  ['of another node', OTHER],
])('a guest never gets an address %s', async (_name, taken) => {
  const world = site();
  assign(world, 301, GUEST, taken);
  const { bound, rules, retained } = await look(world, UPLINK);
  expect(bound.filter((one) => one.includes('bc:24:11:00:30:01'))).toEqual([`${GUEST} bc:24:11:00:30:01 13`]);
  expect(rules).toEqual([`${taken} node-address`]);
  expect(retained).toEqual(taken === OWN ? [] : [OTHER]);
});

it('a dedicated server does not get one either, and the fault of a cluster that has nothing to do with the port is not waited for', async () => {
  const world = site();
  dedicated(world, 1, undefined, [OTHER, '10.0.48.1']);
  world.panel.vlanOfPort.set(`${DEVICE} ${PORT}`, vlan(13));
  expect(await look(world, PORT, [1])).toMatchObject({
    bound: ['10.0.48.1 00:50:56:00:00:01 13'],
    rules: [`${OTHER} node-address`],
  });
  world.cluster.fault = new PortwardenError('proxmox-unreachable', 'no answer');
  expect((await look(world, PORT, [1])).bound).toHaveLength(2);
});

describe("the node's own entry in the panel", () => {
  const own = (world: FakeWorld, where: string): void => {
    dedicated(world, 201, [{ port: where }], [OWN]);
    world.cluster.panelEntries.set('pve1', { serverId: server(201) });
  };

  it("gets its address by the node's rule on the uplink, not with its pxe_mac", async () => {
    const world = site();
    own(world, UPLINK);
    expect(await look(world, UPLINK, [201])).toMatchObject({
      bound: [`${OWN} ${MAC} 13`, `${GUEST} bc:24:11:00:30:01 13`],
      rules: [],
    });
  });

  it('keeps what it has there while the network of the node was not read', async () => {
    const world = site();
    world.cluster.uplinks.clear();
    own(world, PORT);
    expect(await look(world, PORT, [201])).toEqual({
      bound: [],
      rules: [],
      retained: [OWN],
      ifPresent: [`${OWN} node-address`],
    });
  });

  it('on a port of its own, beside a configured uplink, is bound as any server', async () => {
    const world = site();
    own(world, PORT);
    expect(await look(world, PORT, [201])).toMatchObject({ bound: [`${OWN} 00:50:56:00:00:01 13`], rules: [] });
  });
});

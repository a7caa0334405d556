import type { FilterByVlanInput, PortServers } from '../../src/protocol/activities';
import { createFilterByVlan } from '../../src/activities/filterByVlan';
import { errorReport, PortwardenError, type ErrorReport } from '../../src/domain/errors';
import { parseCidr } from '../../src/domain/values/ip';
import type { PlacementNote } from '../../src/domain/servers/placement';
import type { NodeInventory, PanelServer } from '../../src/domain/servers/server';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';
import { assigned, guest, ip, junos, mac, nic, port, server, vlan } from './fakes/values';

const DEVICE = junos(1);
const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

const dedicated = (...ips: string[]): PanelServer => ({
  serverId: server(1),
  name: 'srv',
  kind: 'dedicated',
  ips: ips.map((text) => assigned(text)),
  attachments: [],
  pxeMac: mac('00:50:56:00:00:01'),
});
const behind = (extra: Partial<PortServers> = {}): PortServers => ({
  port: P1,
  dedicated: [],
  guests: [],
  removals: NO_REMOVALS,
  missingGuests: [],
  ...extra,
});
const entry = (vmid: number, ...ips: string[]): PortServers['guests'][number] => ({
  cluster: 'pve',
  vmid,
  serverId: server(vmid),
  name: `vm-${vmid}`,
  ips: ips.map((text) => assigned(text)),
});
const inventory = (...guests: NodeInventory['guests'][number][]): NodeInventory => ({
  cluster: 'pve',
  node: 'pve1',
  guests,
});
const input = (...ports: FilterByVlanInput['ports'][number][]): FilterByVlanInput => ({ device: DEVICE, ports });

it("takes the VLAN from the configured map, else the panel's subnet, else the port", async () => {
  const vlans = { map: [{ range: parseCidr('10.9.0.0/16'), vlan: vlan(9) }], allowlist: [] };
  world = fakeWorld({ vlans });
  world.panel.vlans.set(ip('10.9.0.1'), vlan(10)).set(ip('10.0.48.1'), vlan(13));
  world.panel.vlanOfPort.set(`${DEVICE} ${P1}`, vlan(77));
  const result = await inActivity(
    createFilterByVlan(world),
    input({ servers: behind({ dedicated: [dedicated('10.9.0.1', '10.0.48.1', '10.5.0.1')] }), inventories: [] }),
  );
  expect(result.ports[0]?.desired.map((binding) => [binding.ip, binding.vlan])).toEqual([
    ['10.0.48.1', 13],
    ['10.5.0.1', 77],
    ['10.9.0.1', 9],
  ]);
});

it('does not poll the switch when every address has a stated VLAN', async () => {
  world.panel.vlans.set(ip('10.0.48.1'), vlan(13));
  await inActivity(
    createFilterByVlan(world),
    input({ servers: behind({ dedicated: [dedicated('10.0.48.1')] }), inventories: [] }),
  );
  expect([world.panel.count('subnets'), world.panel.count('portVlan')]).toEqual([1, 0]);
});

it('leaves out what the allowlist does not have, and keeps what is bound of it', async () => {
  world = fakeWorld({ vlans: { map: [], allowlist: [vlan(100)] } });
  world.panel.vlans.set(ip('10.0.48.1'), vlan(13));
  const [port1] = (
    await inActivity(
      createFilterByVlan(world),
      input({ servers: behind({ dedicated: [dedicated('10.0.48.1')] }), inventories: [] }),
    )
  ).ports;
  expect([port1?.desired, port1?.excluded.map((e) => e.rule), port1?.retainIps]).toEqual([
    [],
    ['vlan-not-allowed'],
    ['10.0.48.1'],
  ]);
});

it('retains an address of which nothing says the VLAN', async () => {
  const [port1] = (
    await inActivity(
      createFilterByVlan(world),
      input({ servers: behind({ dedicated: [dedicated('10.0.48.1')] }), inventories: [] }),
    )
  ).ports;
  expect([port1?.desired, port1?.excluded.map((e) => e.rule), port1?.retainIps]).toEqual([
    [],
    ['vlan-unresolved'],
    ['10.0.48.1'],
  ]);
});

it('retains the addresses of missing and of unread guests, unless another server has them for certain', async () => {
  world.panel.vlans.set(ip('10.0.48.1'), vlan(13));
  const missing = (address: string) => ({ ip: ip(address), rule: 'guest-not-found' as const, message: 'missing' });
  const servers = behind({
    guests: [entry(3001, '10.0.48.1'), entry(3002, '10.0.48.2')],
    missingGuests: [missing('10.0.48.1'), missing('10.0.48.3')],
  });
  const [port1] = (
    await inActivity(
      createFilterByVlan(world),
      input({ servers, inventories: [inventory(guest(3001, [nic(0, 'bc:24:11:00:30:01')]))] }),
    )
  ).ports;
  expect(port1?.desired.map((binding) => binding.ip)).toEqual(['10.0.48.1']);
  expect(port1?.retainIps).toEqual(['10.0.48.3', '10.0.48.2']);
});

it("leaves out what the panel's subnets are unclear about, asks no port for it, and tells of odd rows", async () => {
  world = fakeWorld({ vlans: { map: [{ range: parseCidr('10.9.0.0/16'), vlan: vlan(9) }], allowlist: [] } });
  for (const address of ['10.0.48.1', '10.9.0.1'])
    world.panel.subnetFacts.set(ip(address), { unclear: 'subnet 7 cannot be read' });
  world.panel.subnetFaults.push(...Array.from({ length: 7 }, (_, index) => `subnet ${index} cannot be read`));
  const { ports, summary } = await inActivity(
    createFilterByVlan(world),
    input({ servers: behind({ dedicated: [dedicated('10.0.48.1', '10.9.0.1')] }), inventories: [] }),
  );
  expect(ports[0]?.desired.map((binding) => binding.ip)).toEqual(['10.9.0.1']);
  expect(ports[0]?.excluded).toEqual([
    { ip: '10.0.48.1', rule: 'vlan-unresolved', message: expect.stringContaining('subnet 7 cannot be read') as string },
  ]);
  expect([ports[0]?.retainIps, world.panel.count('portVlan')]).toEqual([['10.0.48.1'], 0]);
  expect(summary).toMatch(/; in the panel subnet 0 cannot be read; .*, and 2 more$/);
});

it('never binds the addresses of a network: gateway, first, last, special', async () => {
  const range = { cidr: parseCidr('10.0.48.0/24'), gateway: ip('10.0.48.1') };
  const given = ['10.0.48.0', '10.0.48.1', '10.0.48.255', '10.0.48.9', '224.0.0.1'];
  for (const address of given)
    world.panel.subnetFacts.set(ip(address), { vlan: vlan(13), ranges: [range], isGateway: address === '10.0.48.1' });
  const servers = behind({ guests: [entry(3001, ...given)] });
  const [port1] = (
    await inActivity(
      createFilterByVlan(world),
      input({ servers, inventories: [inventory(guest(3001, [nic(0, 'bc:24:11:00:30:01')]))] }),
    )
  ).ports;
  expect(port1?.desired.map((binding) => binding.ip)).toEqual(['10.0.48.9']);
  expect(port1?.excluded.map((exclusion) => exclusion.rule)).toEqual([
    'network-address',
    'gateway-address',
    'broadcast-address',
    'special-address',
  ]);
  expect(port1?.retainIps).toHaveLength(4);
});

describe('a guest that is on its node but could not be read', () => {
  const others = guest(3001, [nic(0, 'bc:24:11:00:30:01')]);
  const look = async (error: ErrorReport) => {
    world.panel.vlans.set(ip('10.0.48.1'), vlan(13)).set(ip('10.0.48.2'), vlan(13));
    const servers = behind({ guests: [entry(3001, '10.0.48.1'), entry(3002, '10.0.48.2')] });
    return (
      await inActivity(
        createFilterByVlan(world),
        input({ servers, inventories: [{ ...inventory(others), unread: [{ vmid: 3002, error }] }] }),
      )
    ).ports[0];
  };

  it('keeps its addresses; the others are bound, and the port is looked at again', async () => {
    const error = errorReport('proxmox-invalid-answer', 'digest: expected string');
    const found = await look(error);
    expect(found?.desired.map((binding) => binding.ip)).toEqual(['10.0.48.1']);
    expect(found?.excluded).toEqual([
      { ip: '10.0.48.2', rule: 'guest-unread', message: expect.stringContaining('digest: expected string') as string },
    ]);
    expect([found?.retainIps, found?.unread]).toEqual([['10.0.48.2'], { serverIds: [3002], error }]);
  });

  it('is not looked at again when that cannot help', async () => {
    expect((await look(errorReport('proxmox-forbidden', '403')))?.unread).toBeUndefined();
  });
});

it.each([
  ['that passes', new PortwardenError('panel-failed', 'HTTP 500')],
  ['that does not pass', new PortwardenError('panel-forbidden', 'no such port')],
])('a port whose VLAN cannot be asked for fails alone, with a fault %s', async (_name, fault) => {
  world.panel.vlans.set(ip('10.0.48.2'), vlan(13));
  world.panel.fail(`portVlan ${P1}`, fault);
  const other = { ...dedicated('10.0.48.2'), serverId: server(2) };
  const result = await inActivity(
    createFilterByVlan(world),
    input(
      { servers: behind({ dedicated: [dedicated('10.5.0.1')] }), inventories: [] },
      { servers: behind({ port: P2, dedicated: [other] }), inventories: [] },
    ),
  );
  expect(result.failed).toEqual([{ port: P1, error: expect.objectContaining({ code: fault.code }) as unknown }]);
  expect(result.ports.map((found) => [found.port, found.desired.length])).toEqual([[P2, 1]]);
});

it('fails as a whole when the subnets cannot be read', async () => {
  world.panel.fail('subnets', new PortwardenError('panel-unreachable', 'no route'));
  await expect(
    inActivity(createFilterByVlan(world), input({ servers: behind(), inventories: [] })),
  ).rejects.toMatchObject({ code: 'panel-unreachable' });
});

it('carries on what explains removals and what to remember', async () => {
  const removals = { named: [ip('10.0.48.8')], absent: [ip('10.0.48.9')] };
  const notes: PlacementNote[] = [{ serverId: server(5), kind: 'dedicated', at: 'deleted', ips: [] }];
  const servers = behind({ removals, notes });
  const result = await inActivity(createFilterByVlan(world), input({ servers, inventories: [] }));
  expect(result.ports[0]).toMatchObject({ removals, notes });
});

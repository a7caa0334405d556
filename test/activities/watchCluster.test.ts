import { createActivities } from '../../src/activities';
import { PortwardenError } from '../../src/domain/errors';
import { NO_GUEST_PORTS, type GuestNicRef } from '../../src/domain/servers/guestPort';
import { deviceId } from '../../src/domain/values/device';
import { assigned, attachment, guest, junos, nic, port, server } from './fakes/values';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { inActivity } from './inActivity';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld({ watchedConfigurations: 4 });
  for (const n of [1, 2, 3]) {
    world.cluster.uplinks.set(`pve${n}`, [{ ports: [{ device: junos(n), port: port(`ae${n}.0`) }] }]);
    world.cluster.nodes.set(`pve${n}`, []);
  }
  place(100, 'pve1');
  place(101, 'pve1');
});

function place(vmid: number, name: string): void {
  for (const [node, guests] of world.cluster.nodes)
    world.cluster.nodes.set(
      node,
      guests.filter((one) => one.vmid !== vmid),
    );
  world.cluster.nodes.get(name)?.push(guest(vmid, [nic(0, 'bc:24:11:00:00:01')]));
}

/** One look; what it asked for. */
async function look(): Promise<string[]> {
  const before = world.enlisted.length;
  await inActivity(createActivities(world).watchCluster, { cluster: 'pve' });
  return world.enlisted.slice(before).map(({ device, request }) => {
    const nodes = request.nodes.map(({ node }) => node).join();
    return `${device} ${request.port} for ${nodes}${request.serverIds.length > 0 ? ` and ${request.serverIds.join()}` : ''}`;
  });
}

it('asks for the ports of guests that changed, where they arrive first, and names their servers', async () => {
  world.store.placed.set(server(7), {
    serverId: server(7),
    kind: 'vm',
    ports: [],
    ips: [],
    guest: { cluster: 'pve', node: 'pve1', vmid: 100 },
  });
  expect(await look()).toEqual([]);
  expect(await look()).toEqual([]);
  world.cluster.migrations = [{ vmid: 100, from: 'pve1', targets: ['pve2'] }];
  expect(await look()).toEqual(['junos:2 ae2.0 for pve2 and 7']);
  world.cluster.migrations = [];
  place(100, 'pve2');
  expect(await look()).toEqual(['junos:2 ae2.0 for pve2 and 7', 'junos:1 ae1.0 for pve1 and 7']);
  expect(world.counted).toEqual(['changed pve moving', 'changed pve moved']);
  expect((await world.store.watches.list())[0]).toMatchObject({
    cluster: 'pve',
    guests: 2,
    changes: [{ kind: 'moved', message: 'guest 100 went from pve1 to pve2' }, { kind: 'moving' }],
  });
});

it('finds edits by reading configurations in turn, and looks at a restart of what was pending', async () => {
  world.cluster.nicStates.set(100, { digest: 'd1', nics: 'a', pending: false });
  world.cluster.nicStates.set(101, { digest: 'd2', nics: 'b', pending: true });
  world.cluster.uptimes.set(101, 5_000);
  await look();
  world.cluster.nicStates.set(100, { digest: 'd3', nics: 'c', pending: false });
  expect(await look()).toEqual(['junos:1 ae1.0 for pve1']);
  world.cluster.uptimes.set(101, 3);
  expect(await look()).toEqual(['junos:1 ae1.0 for pve1']);
  expect(world.counted).toEqual(['changed pve edited', 'changed pve restarted']);
});

it('a fault or an empty answer changes nothing and is remembered where operators look', async () => {
  await look();
  world.cluster.fault = new PortwardenError('proxmox-unreachable', 'nobody answers');
  await expect(look()).rejects.toThrow('nobody answers');
  expect((await world.store.watches.list())[0]?.error).toMatchObject({ code: 'proxmox-unreachable' });
  world.cluster.fault = undefined;
  const { nodes } = world.cluster;
  const guests = nodes.get('pve1') ?? [];
  nodes.set('pve1', []);
  for (let n = 0; n < 3; n += 1) expect(await look()).toEqual([]);
  expect((await world.store.watches.list())[0]).toMatchObject({
    guests: 0,
    doubt: expect.stringContaining('2 of 2') as unknown,
  });
  nodes.set('pve1', guests);
  expect(await look()).toEqual([]);
  expect((await world.store.watches.list())[0]).not.toHaveProperty('doubt');
});

it('a change is found again when its ports could not be asked for', async () => {
  await look();
  place(100, 'pve2');
  const { enlist } = world.enlister;
  world.enlister.enlist = () => Promise.reject(new PortwardenError('temporal-unavailable', 'away'));
  await expect(look()).rejects.toThrow('away');
  world.enlister.enlist = enlist;
  expect(await look()).toEqual(['junos:2 ae2.0 for pve2', 'junos:1 ae1.0 for pve1']);
});

it('a node whose uplink is not known is passed over; by the panel it may be known', async () => {
  world.cluster.uplinks.delete('pve2');
  await look();
  place(100, 'pve2');
  expect(await look()).toEqual(['junos:1 ae1.0 for pve1']);
  world.panel.add({
    serverId: server(9),
    name: 'pve2',
    kind: 'dedicated',
    ips: [assigned('10.0.48.9')],
    attachments: [attachment(junos(9), 'ae9.0')],
  });
  place(101, 'pve2');
  expect(await look()).toEqual(['junos:9 ae9.0 for pve2', 'junos:1 ae1.0 for pve1']);
});

it('asks for the own ports of guests that are new or edited, and not of those that only moved', async () => {
  const filters = deviceId('proxmoxFirewall', 'pve');
  world = Object.assign(world, {
    guestPorts: {
      portsOf: ({ vmid, nic: index }: GuestNicRef) => [{ device: filters, port: port(`${vmid}/net${index}`) }],
      nicOf: () => undefined,
      guestsOf: () => undefined,
    },
  });
  expect(await look()).toEqual(['proxmoxFirewall:pve 100/net0 for pve1', 'proxmoxFirewall:pve 101/net0 for pve1']);
  place(100, 'pve2');
  expect(await look()).toEqual(['junos:2 ae2.0 for pve2', 'junos:1 ae1.0 for pve1']);
  place(102, 'pve3');
  expect(new Set(await look())).toEqual(new Set(['junos:3 ae3.0 for pve3', 'proxmoxFirewall:pve 102/net0 for pve3']));
  world.cluster.nicStates.set(100, { digest: 'd1', nics: 'a', pending: false });
  await look();
  world.cluster.nicStates.set(100, { digest: 'd2', nics: 'b', pending: false });
  expect(await look()).toEqual(['junos:2 ae2.0 for pve2', 'proxmoxFirewall:pve 100/net0 for pve2']);
});

it('asks for the own ports of all guests once a device has them, some at a look, and again when it was off meanwhile', async () => {
  const filters = deviceId('proxmoxFirewall', 'pve');
  let isOn = false;
  world = Object.assign(world, {
    guestPorts: {
      ...NO_GUEST_PORTS,
      portsOf: ({ vmid, nic: index }: GuestNicRef) =>
        isOn ? [{ device: filters, port: port(`${vmid}/net${index}`) }] : [],
    },
  });
  for (let vmid = 102; vmid < 145; vmid += 1) place(vmid, 'pve1');
  expect(await look()).toEqual([]);
  const all = Array.from({ length: 45 }, (_, index) => `proxmoxFirewall:pve ${100 + index}/net0 for pve1`);
  for (let times = 0; times < 2; times += 1) {
    isOn = true;
    const looks = [await look(), await look(), await look(), await look()];
    expect(looks.map(({ length }) => length)).toEqual([20, 20, 5, 0]);
    expect(looks.flat()).toEqual(all);
    isOn = false;
    expect(await look()).toEqual([]);
  }
});

it('a guest whose own ports could not be asked for is asked for by the next look', async () => {
  const filters = deviceId('proxmoxFirewall', 'pve');
  world = Object.assign(world, {
    guestPorts: { ...NO_GUEST_PORTS, portsOf: () => [{ device: filters, port: port('100/net0') }] },
  });
  const { enlist } = world.enlister;
  world.enlister.enlist = () => Promise.reject(new PortwardenError('temporal-unavailable', 'away'));
  await expect(look()).rejects.toThrow('away');
  world.enlister.enlist = enlist;
  expect((await look()).length).toBeGreaterThan(0);
});

it('a cluster that is slow gets on too: a look asks for as many own ports as it has time for, and remembers those', async () => {
  const filters = deviceId('proxmoxFirewall', 'pve');
  world = Object.assign(world, {
    guestPorts: {
      ...NO_GUEST_PORTS,
      portsOf: ({ vmid }: GuestNicRef) => [{ device: filters, port: port(`${vmid}/net0`) }],
    },
  });
  const clock = jest.spyOn(Date, 'now');
  const { enlist } = world.enlister;
  let now = 0;
  clock.mockImplementation(() => now);
  world.enlister.enlist = (...asked) => {
    now += 3_000;
    return enlist(...asked);
  };
  try {
    expect([await look(), await look(), await look()]).toEqual([
      ['proxmoxFirewall:pve 100/net0 for pve1'],
      ['proxmoxFirewall:pve 101/net0 for pve1'],
      [],
    ]);
  } finally {
    clock.mockRestore();
  }
});

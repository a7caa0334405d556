import type { PortServers } from '../../../src/protocol/activities';
import { createFilterByVlan } from '../../../src/activities/filterByVlan';
import { PortwardenError } from '../../../src/domain/errors';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import type { PlacedPort, Placement } from '../../../src/domain/servers/server';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { assigned, attachment, ip, junos, mac, port, server, vlan } from '../fakes/values';
import { inActivity } from '../inActivity';

/** Who had an address first, as filterByVlan learns it from placements and the panel's list. */

const DEVICE = junos(1);
const [P1, P2] = [port('ge-0/0/1.0'), port('ge-0/0/2.0')];
const X = '10.0.48.9';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.panel.vlans.set(ip(X), vlan(13));
});

/** A server of the panel at a port, remembered there as well. */
function add(
  id: number,
  at: PlacedPort['port'],
  ips: readonly string[],
  bound?: readonly string[],
  remembered = ips,
): void {
  world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: ips.map((one) => assigned(one)),
    attachments: [attachment(DEVICE, at)],
    pxeMac: mac(`00:50:56:00:00:0${id}`),
  });
  const ports = [{ device: DEVICE, port: at, ...(bound === undefined ? {} : { bound: bound.map(ip) }) }];
  const placement: Placement = { serverId: server(id), kind: 'dedicated', ports, ips: remembered.map(ip) };
  void world.store.placements.put(placement);
}
const behind = (at: PlacedPort['port'], ...ids: number[]): PortServers => ({
  port: at,
  guests: [],
  removals: NO_REMOVALS,
  missingGuests: [],
  dedicated: ids.flatMap((id) => world.panel.servers.get(server(id)) ?? []),
  notes: ids.map((id) => ({
    serverId: server(id),
    kind: 'dedicated',
    at: 'here',
    ips: (world.panel.servers.get(server(id))?.ips ?? []).map((one) => one.ip),
  })),
});
async function look(...ports: PortServers[]) {
  const result = await inActivity(createFilterByVlan(world), {
    device: DEVICE,
    ports: ports.map((servers) => ({ servers, inventories: [] })),
  });
  return result.ports.map(({ desired, excluded, retainIps, notes }) => ({
    bound: desired.map((one) => `${one.ip} ${one.mac.slice(-2)}`),
    rules: excluded.map((one) => one.rule),
    message: excluded[0]?.message ?? '',
    retainIps,
    remembered: (notes ?? []).map((note) => `${note.serverId}: ${note.ips.join()} not ${(note.disputed ?? []).join()}`),
  }));
}

describe('an address of servers on two ports', () => {
  it('stays with the one where it is bound; the other is told, and what is bound is not put down to that one', async () => {
    add(1, P1, [X], [X]);
    add(2, P2, [X, '10.0.48.8']);
    world.panel.vlans.set(ip('10.0.48.8'), vlan(13));
    const [first, second] = await look(behind(P1, 1), behind(P2, 2));
    expect(first).toMatchObject({
      bound: [`${X} 01`],
      rules: ['duplicate-address'],
      retainIps: [],
      remembered: [`1: ${X} not `],
    });
    expect(second).toMatchObject({
      bound: ['10.0.48.8 02'],
      rules: ['duplicate-address'],
      retainIps: [X],
      remembered: [`2: ${X},10.0.48.8 not ${X}`],
    });
    expect(second?.message).toBe(
      `the panel assigns ${X} to srv-2 (server 2) and server 1 at junos:1 ge-0/0/1.0; it stays with server 1 at junos:1 ge-0/0/1.0, which had it first`,
    );
    expect(world.panel.count('addressHolders')).toBe(1);
  });

  it("is bound to the new one once the former one's entry lacks it, though it is still bound there", async () => {
    add(1, P1, [], [X], [X]);
    add(2, P2, [X]);
    expect(await look(behind(P2, 2))).toMatchObject([{ bound: [`${X} 02`], rules: [] }]);
  });

  it('is bound to the new one when the panel no longer has the former one', async () => {
    add(1, P1, [X], [X]);
    world.panel.servers.delete(server(1));
    add(2, P2, [X]);
    expect(await look(behind(P2, 2))).toMatchObject([{ bound: [`${X} 02`], rules: [] }]);
  });

  it("is not taken over while the former one's entry cannot be read", async () => {
    add(1, P1, [], [X], [X]);
    world.panel.unreadable.add(server(1));
    add(2, P2, [X]);
    expect(await look(behind(P2, 2))).toMatchObject([{ bound: [], rules: ['duplicate-address'], retainIps: [X] }]);
  });

  it('waits for the former one, where it is bound and parked, when the panel gave it to both meanwhile', async () => {
    add(1, P1, [X], [X], []);
    add(2, P2, [X]);
    const [look2] = await look(behind(P2, 2));
    expect(look2).toMatchObject({ bound: [], rules: ['duplicate-address'], retainIps: [X] });
    expect(look2?.message).toContain(`it stays with server 1 at ${DEVICE} ${P1}, which had it first`);
  });

  it('waits while the entry of the one where it is bound and parked cannot be read', async () => {
    add(1, P1, [], [X], []);
    world.panel.unreadable.add(server(1));
    add(2, P2, [X]);
    expect(await look(behind(P2, 2))).toMatchObject([{ bound: [], rules: ['duplicate-address'], retainIps: [X] }]);
  });

  it("asks the panel's list only when somebody else was seen with it, and a list that does not answer fails that port alone", async () => {
    add(1, P1, [X], [X]);
    await look(behind(P1, 1));
    expect(world.panel.count('addressHolders')).toBe(0);
    add(2, P2, [X]);
    add(3, port('ge-0/0/3.0'), ['10.0.48.7']);
    world.panel.fail('addressHolders', new PortwardenError('panel-failed', 'HTTP 500'));
    const { failed, ports } = await inActivity(createFilterByVlan(world), {
      device: DEVICE,
      ports: [behind(P2, 2), behind(port('ge-0/0/3.0'), 3)].map((servers) => ({ servers, inventories: [] })),
    });
    expect([failed.map((one) => one.port), ports.map((one) => one.port)]).toEqual([[P2], ['ge-0/0/3.0']]);
  });
});

it('of two servers behind one port the one stays that has it bound', async () => {
  add(1, P1, [X]);
  add(2, P1, [X], [X]);
  expect(await look(behind(P1, 1, 2))).toMatchObject([
    { bound: [`${X} 02`], rules: ['duplicate-address'], remembered: [`1: ${X} not ${X}`, `2: ${X} not `] },
  ]);
});

import type { PortQuestion, PortServers } from '../../../src/protocol/activities';
import { PortwardenError } from '../../../src/domain/errors';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { confirmedDeleted, dedicated, DEVICE, node, readOne, rememberedVm, runsOn, UPLINK, vm } from '../portQuestions';
import { assigned, attachment, guest, ip, junos, nic, port, server } from '../fakes/values';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

describe('guests of nodes', () => {
  const uplink = (nodes: PortQuestion['nodes'], extra: Partial<PortQuestion> = {}): Promise<PortServers> =>
    readOne(world, { port: UPLINK, nodes, ...extra });

  it('finds remembered guests and those never seen before, on the node', async () => {
    vm(world, 301, 3001);
    vm(world, 302, 3002);
    rememberedVm(world, 301, 3001);
    const answer = await uplink([node([3001, 3002, 3999])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([
      [3001, 301],
      [3002, 302],
    ]);
    expect(world.panel.count('connectionsOf 301')).toBe(0);
    expect(world.store.stands).toEqual([
      expect.objectContaining({ list: 'unautomated', subject: 'guest pve/3999', rule: 'no-panel-entry', port: UPLINK }),
    ]);
    expect(answer.notes?.find((note) => note.serverId === 302)).toEqual({
      serverId: 302,
      kind: 'vm',
      at: 'here',
      guest: { cluster: 'pve', node: 'pve1', vmid: 3002 },
      ips: ['10.0.48.102'],
      seenAt: 1,
    });
  });

  it('keeps the bindings of a guest that moved until they are proven on its new uplink, which it looks at first; and those of a missing one', async () => {
    const other = port('ae1.0');
    world.cluster.uplinks.set('pve2', [{ ports: [{ device: junos(2), port: other }] }]);
    vm(world, 301, 3001);
    vm(world, 302, 3002);
    rememberedVm(world, 301, 3001);
    rememberedVm(world, 302, 3002);
    runsOn(world, 3001, 'pve2');
    const moved = [node([])];
    const answer = await uplink(moved);
    expect(answer.guests).toEqual([]);
    expect(answer.removals).toEqual(NO_REMOVALS);
    expect(answer.missingGuests.map((exclusion) => [exclusion.ip, exclusion.rule])).toEqual([
      ['10.0.48.101', 'moved'],
      ['10.0.48.102', 'guest-not-found'],
    ]);
    expect(world.enlisted).toEqual([
      {
        device: 'junos:2',
        request: {
          port: other,
          serverIds: [301],
          nodes: [{ cluster: 'pve', node: 'pve2' }],
          deletedServerIds: [],
          explainedIps: [],
        },
      },
    ]);
    const placement = world.store.placed.get(server(301));
    if (placement === undefined) throw new Error('not remembered');
    world.store.placed.set(server(301), {
      ...placement,
      guest: { cluster: 'pve', node: 'pve2', vmid: 3001 },
      ports: [
        { device: DEVICE, port: UPLINK, node: 'pve1' },
        { device: junos(2), port: other, node: 'pve2', bound: [ip('10.0.48.101')] },
      ],
    });
    const later = await uplink(moved);
    expect(later.removals).toEqual({ named: ['10.0.48.101'], absent: [] });
    expect(later.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.102']);
    expect(world.enlisted).toHaveLength(1);
  });

  it.each([
    ['is not known', (): void => undefined, 'nothing says'],
    [
      'is not automated',
      (): void => {
        world.panel.add({
          serverId: server(7),
          name: 'pve2',
          kind: 'dedicated',
          ips: [],
          attachments: [attachment(DEVICE, 'ae1.0', { automated: false })],
        });
      },
      'no port',
    ],
    [
      'cannot be asked for',
      (): void => {
        world.panel.fail('findNodeEntry', new PortwardenError('proxmox-uplink-unknown', 'two servers are called pve2'));
      },
      'two servers are called pve2',
    ],
  ])('keeps and reports the bindings of a guest whose new uplink %s', async (_why, arrange, said) => {
    arrange();
    vm(world, 301, 3001);
    rememberedVm(world, 301, 3001);
    runsOn(world, 3001, 'pve2');
    const answer = await uplink([node([])]);
    expect(answer.missingGuests).toMatchObject([
      { ip: '10.0.48.101', rule: 'moved', message: expect.stringContaining(said) as unknown },
    ]);
    expect([answer.removals, world.enlisted, answer.error]).toEqual([NO_REMOVALS, [], undefined]);
  });

  it('reads the node that a guest went to first when that one feeds the same port', async () => {
    world.cluster.uplinks.set('pve2', [{ ports: [{ device: DEVICE, port: port('ae7.0') }] }]);
    world.panel.add({
      serverId: server(8),
      name: 'pve3',
      kind: 'dedicated',
      ips: [],
      attachments: [attachment(DEVICE, UPLINK)],
    });
    vm(world, 301, 3001);
    rememberedVm(world, 301, 3001);
    runsOn(world, 3001, 'pve3');
    expect((await uplink([node([])])).unreadNodes).toEqual([{ cluster: 'pve', node: 'pve3' }]);
    const both = await uplink([node([]), node([3001], 'pve3')]);
    expect([both.guests.map((guestEntry) => guestEntry.serverId), both.missingGuests]).toEqual([[301], []]);
  });

  it("believes a deletion only when the cluster has no such guest, or the guest id is another server's now", async () => {
    rememberedVm(world, 301, 3001);
    const deleted = { deletedServerIds: [server(301)] };
    const doubted = await uplink([node([3001])], deleted);
    expect(doubted.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.101', 'guest-still-runs'],
    ]);
    expect([doubted.removals, confirmedDeleted(doubted), doubted.openDeletions]).toEqual([NO_REMOVALS, [], [301]]);
    expect((await uplink([node([])], deleted)).removals.named).toEqual(['10.0.48.101']);
    vm(world, 305, 3001);
    expect((await uplink([node([3001])], deleted)).removals.named).toEqual(['10.0.48.101']);
    runsOn(world, 3001, 'pve2');
    expect((await uplink([node([])], deleted)).removals.named).toEqual(['10.0.48.101']);
  });

  it('does not bind the later of two claims on a guest, reports both, and removes nothing of either', async () => {
    vm(world, 301, 3001, ['10.0.48.101']);
    vm(world, 305, 3001, ['10.0.48.105']);
    rememberedVm(world, 305, 3001, 'pve1', ['10.0.48.105', '10.0.48.205']);
    const answer = await uplink([node([3001])]);
    expect(answer.guests.map(({ serverId }) => serverId)).toEqual([305]);
    expect(answer.removals).toEqual(NO_REMOVALS);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.101', 'guest-claimed-twice'],
      ['10.0.48.205', 'guest-claimed-twice'],
    ]);
    expect(answer.missingGuests[0]?.message).toMatch(/vm-305 .*vm-301/);
  });

  it('retains everything when the cluster lists no guest at all', async () => {
    for (const id of [301, 302, 303]) {
      vm(world, id, id * 10);
      rememberedVm(world, id, id * 10);
    }
    const answer = await uplink([node([])]);
    expect(answer.removals.named).toEqual([]);
    expect(answer.missingGuests.map((exclusion) => exclusion.ip)).toEqual([
      '10.0.48.101',
      '10.0.48.102',
      '10.0.48.103',
    ]);
  });

  it('does not give a server the MAC of a guest that took over its guest id', async () => {
    vm(world, 301, 3005);
    vm(world, 305, 3001);
    rememberedVm(world, 301, 3001);
    const answer = await uplink([node([3001, 3005])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([
      [3001, 305],
      [3005, 301],
    ]);
  });

  it('follows a server to its new guest id when the cluster lists the old one no more', async () => {
    vm(world, 301, 3005);
    rememberedVm(world, 301, 3001);
    const answer = await uplink([node([3005])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([[3005, 301]]);
    expect(answer.missingGuests).toEqual([]);
  });

  it('retains the bindings of a doubtful guest that the panel no longer calls a guest', async () => {
    rememberedVm(world, 301, 3001);
    world.panel.add({
      serverId: server(301),
      name: 'vm-301',
      kind: 'vm',
      ips: [assigned('10.0.48.101')],
      attachments: [],
    });
    expect((await uplink([node([])])).missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.101']);
  });

  it.each([
    [
      'a remembered guest',
      (): void => {
        rememberedVm(world, 301, 3001);
      },
    ],
    [
      'the configured uplink',
      (): void => {
        world.cluster.uplinks.set('pve1', [{ ports: [{ device: DEVICE, port: UPLINK }] }]);
      },
    ],
  ])('does not judge a port without the guests of every node behind it, known by %s', async (_name, arrange) => {
    vm(world, 301, 3001);
    dedicated(world, 1, [{ port: UPLINK }]);
    arrange();
    const answer = await uplink([], { serverIds: [server(1)] });
    expect(answer).toEqual({
      port: UPLINK,
      dedicated: [],
      guests: [],
      removals: { named: [], absent: [] },
      missingGuests: [],
      unreadNodes: [{ cluster: 'pve', node: 'pve1' }],
    });
    expect((await uplink([node([3001])], { serverIds: [server(1)] })).unreadNodes).toBeUndefined();
  });

  it("knows the node's own server and its guests on one port", async () => {
    world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')])]);
    vm(world, 301, 3001);
    dedicated(world, 1, [{ port: UPLINK }]);
    const answer = await uplink([node([3001])], { serverIds: [server(1)] });
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([1]);
    expect(answer.guests.map((found) => found.serverId)).toEqual([301]);
  });
});

import type { PortQuestion, PortServers } from '../../src/protocol/activities';
import { PortServersReader } from '../../src/activities/portServers';
import { PortwardenError } from '../../src/domain/errors';
import { NO_REMOVALS } from '../../src/domain/change/removals';
import type { Placement } from '../../src/domain/servers/server';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { assigned, attachment, guest, ip, junos, mac, nic, port, server } from './fakes/values';

const DEVICE = junos(1);
const PORT = port('ge-0/0/1.0');
const UPLINK = port('ae0.0');

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

const question = (extra: Partial<PortQuestion> = {}): PortQuestion => ({
  port: PORT,
  serverIds: [],
  nodes: [],
  explainedIps: [],
  ...extra,
});
const read = async (...questions: PortQuestion[]): Promise<PortServers[]> =>
  new PortServersReader(world, DEVICE, new AbortController().signal).read(questions);
const readOne = async (extra: Partial<PortQuestion> = {}): Promise<PortServers> => {
  const [answer] = await read(question(extra));
  if (answer === undefined) throw new Error('no answer');
  return answer;
};

/** Servers whose deletion takes effect on the port. */
const confirmedDeleted = ({ notes = [] }: PortServers): number[] =>
  notes.flatMap(({ at, serverId }) => (at === 'deleted' ? [serverId] : []));

function dedicated(
  id: number,
  where: { port?: string | undefined; automated?: boolean }[] = [{ port: 'ge-0/0/1.0' }],
  ips: string[] = [`10.0.48.${id}`],
): void {
  world.panel.add({
    serverId: server(id),
    name: `srv-${id}`,
    kind: 'dedicated',
    ips: ips.map((text) => assigned(text)),
    attachments: where.map((at) => attachment(DEVICE, at.port, { automated: at.automated ?? true })),
    pxeMac: mac('00:50:56:00:00:01'),
  });
}

function remembered(id: number, at: string = 'ge-0/0/1.0', ips: string[] = [`10.0.48.${id}`]): Placement {
  const placement: Placement = {
    serverId: server(id),
    kind: 'dedicated',
    ports: [{ device: DEVICE, port: port(at) }],
    ips: ips.map(ip),
  };
  world.store.placed.set(placement.serverId, placement);
  return placement;
}

function vm(id: number, vmid: number, ips: string[] = [`10.0.48.${id % 200}`]): void {
  world.panel.add({
    serverId: server(id),
    name: `vm-${id}`,
    kind: 'vm',
    ips: ips.map((text) => assigned(text)),
    attachments: [],
    hypervisor: { cluster: 'pve', vmid },
  });
}

function rememberedVm(id: number, vmid: number, node = 'pve1', ips: string[] = [`10.0.48.${id % 200}`]): void {
  world.store.placed.set(server(id), {
    serverId: server(id),
    kind: 'vm',
    ports: [{ device: DEVICE, port: UPLINK }],
    guest: { cluster: 'pve', node, vmid },
    ips: ips.map(ip),
  });
}

const node = (
  vmids: number[],
  elsewhere: { vmid: number; node: string }[] = [],
  name = 'pve1',
): PortQuestion['nodes'][number] => ({
  cluster: 'pve',
  node: name,
  vmids,
  guestNodes: [...vmids.map((vmid) => ({ vmid, node: name })), ...elsewhere],
});

describe('dedicated servers', () => {
  it('finds those the event names, those remembered and those the switch lists, with one list call', async () => {
    dedicated(1);
    dedicated(2);
    dedicated(3);
    remembered(2);
    world.panel.assignments.set(`${DEVICE} ${PORT}`, [server(3)]);
    const answer = await readOne({ serverIds: [server(1)] });
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([1, 2, 3]);
    expect(answer.missingGuests).toEqual([]);
    expect(world.panel.count('getServersIps')).toBe(1);
  });

  it('asks once for the servers of several ports', async () => {
    dedicated(1);
    dedicated(2, [{ port: 'ge-0/0/2.0' }]);
    const answers = await read(
      question({ serverIds: [server(1)] }),
      question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }),
    );
    expect(answers.map((answer) => answer.dedicated.map((found) => found.name))).toEqual([['srv-1'], ['srv-2']]);
    expect(world.panel.count('getServersIps')).toBe(1);
  });

  it('says what to remember of them once the pass is proven, and nothing before', async () => {
    dedicated(1);
    expect((await readOne({ serverIds: [server(1)] })).notes).toEqual([
      { serverId: 1, kind: 'dedicated', at: 'here', ports: [{ device: DEVICE, port: PORT }], ips: ['10.0.48.1'] },
    ]);
    expect(world.store.placed.size).toBe(0);
    world.store.placed.set(server(1), {
      serverId: server(1),
      kind: 'dedicated',
      ports: [{ device: DEVICE, port: PORT, bound: [ip('10.0.48.1')] }],
      ips: [ip('10.0.48.1')],
    });
    expect((await readOne({ serverIds: [server(1)] })).notes).toBeUndefined();
  });

  it('keeps the bindings of one that is connected elsewhere until they are proven there, and looks there first', async () => {
    dedicated(1, [{ port: 'ge-0/0/9.0' }], ['10.0.48.1', '10.0.48.200']);
    const placement = remembered(1);
    const answer = await readOne();
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals).toEqual(NO_REMOVALS);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'moved'],
      ['10.0.48.200', 'moved'],
    ]);
    expect(world.enlisted).toEqual([
      { device: DEVICE, request: { port: 'ge-0/0/9.0', serverIds: [1], nodes: [], explainedIps: [] } },
    ]);
    world.store.placed.set(server(1), {
      ...placement,
      ports: [...placement.ports, { device: DEVICE, port: port('ge-0/0/9.0'), bound: [ip('10.0.48.1')] }],
    });
    const later = await readOne();
    expect(later.removals).toEqual({ named: ['10.0.48.1'], absent: [] });
    expect(later.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.200']);
    expect(later.notes).toEqual([{ serverId: 1, kind: 'dedicated', at: 'left', ips: [] }]);
    expect(world.enlisted).toHaveLength(1);
  });

  it("lets an address go that the server's own entry no longer has and nobody else's, within the guards", async () => {
    dedicated(1);
    dedicated(2, [{ port: 'ge-0/0/2.0' }], ['10.0.48.78']);
    remembered(1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77', '10.0.48.78']);
    const answer = await readOne();
    expect(answer.removals).toEqual({ named: [], absent: ['10.0.48.77'] });
    expect(answer.missingGuests).toMatchObject([
      { ip: '10.0.48.78', rule: 'assigned-elsewhere', message: expect.stringContaining('server 2') as unknown },
    ]);
    expect(world.panel.count('addressHolders')).toBe(1);
  });

  it('asks nobody who has an address while none has vanished', async () => {
    dedicated(1);
    remembered(1);
    await readOne();
    expect(world.panel.count('addressHolders')).toBe(0);
  });

  it('retains the bindings of one whose port the panel does not know at the moment', async () => {
    dedicated(1, [{ port: undefined }], ['10.0.48.1', '10.0.48.200']);
    remembered(1);
    const answer = await readOne({ serverIds: [server(1)] });
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals.named).toEqual([]);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'port-unknown'],
      ['10.0.48.200', 'port-unknown'],
    ]);
  });

  it('retains the bindings of one whose connections are an empty list, but not an address that an event removed', async () => {
    dedicated(1, [], ['10.0.48.1']);
    remembered(1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77']);
    const answer = await readOne({ explainedIps: [ip('10.0.48.77')] });
    expect(answer.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.1']);
  });

  it('says which remembered addresses its own entry no longer has, and of no one else', async () => {
    dedicated(1, [{ port: 'ge-0/0/1.0' }], ['10.0.48.1']);
    dedicated(2, [{ port: 'ge-0/0/1.0' }], ['10.0.48.52']);
    remembered(1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.51', '10.0.48.52']);
    remembered(3, 'ge-0/0/1.0', ['10.0.48.3']);
    expect((await readOne({ serverIds: [server(2)] })).removals).toEqual({ named: [], absent: ['10.0.48.51'] });
  });

  it('is not automated when nobody on the port is', async () => {
    dedicated(1, [{ port: 'ge-0/0/1.0', automated: false }]);
    expect((await readOne({ serverIds: [server(1)] })).unmet).toEqual({
      requirement: 'switch-automation',
      message: expect.stringContaining('srv-1') as unknown,
    });
  });

  it('is automated when one of several on the port is', async () => {
    dedicated(1, [{ port: 'ge-0/0/1.0', automated: false }]);
    dedicated(2);
    const answer = await readOne({ serverIds: [server(1), server(2)] });
    expect(answer.unmet).toBeUndefined();
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([2]);
  });

  it('lets what a server had go only when an event says that it was deleted', async () => {
    remembered(1);
    remembered(2);
    const answer = await readOne({ serverIds: [server(1), server(2)], deletedServerIds: [server(1)] });
    expect(answer.removals).toEqual({ named: ['10.0.48.1'], absent: [] });
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.2', 'server-gone'],
    ]);
    expect(answer.notes).toEqual([{ serverId: 1, kind: 'dedicated', at: 'deleted', ips: [] }]);
  });

  it('lets nothing go of a server that the panel still has, whatever an event says', async () => {
    dedicated(1);
    remembered(1);
    const answer = await readOne({ deletedServerIds: [server(1)] });
    expect([confirmedDeleted(answer), answer.removals, answer.dedicated.length]).toEqual([[], NO_REMOVALS, 1]);
  });
});

describe('partial answers', () => {
  it('a server that the list says nothing about keeps its bindings, and the others of the port go on', async () => {
    dedicated(1);
    dedicated(2);
    remembered(1);
    world.panel.unanswered.add(server(1));
    const answer = await readOne({ serverIds: [server(1), server(2)] });
    expect(answer.error).toBeUndefined();
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([2]);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'server-unreadable'],
    ]);
  });

  it('a server whose entry cannot be read keeps its bindings, but not an address that an event removed', async () => {
    dedicated(2);
    remembered(2, 'ge-0/0/1.0', ['10.0.48.2', '10.0.48.77']);
    world.panel.unreadable.add(server(2));
    const answer = await readOne({ explainedIps: [ip('10.0.48.77')], deletedServerIds: [server(2)] });
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.2', 'server-unreadable'],
    ]);
    expect([answer.removals.named, answer.openDeletions]).toEqual([['10.0.48.77'], [2]]);
    expect(answer.unread).toMatchObject({ serverIds: [2], error: { code: 'panel-invalid-answer', retryable: true } });
  });

  it('a server that is listed but has no connections keeps its bindings', async () => {
    dedicated(1);
    remembered(1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77']);
    world.panel.connectionsOf = async () => undefined;
    const answer = await readOne({ serverIds: [server(1)] });
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'server-unreadable'],
      ['10.0.48.77', 'server-unreadable'],
    ]);
    expect(answer.removals).toEqual(NO_REMOVALS);
  });

  it.each([
    ['a fault that passes', new PortwardenError('panel-failed', 'HTTP 500')],
    ['a fault that does not pass', new PortwardenError('panel-forbidden', 'no such port')],
    ['a programming error', new TypeError('x is undefined')],
  ])("%s at one port is that port's own", async (_name, fault) => {
    dedicated(1);
    dedicated(2, [{ port: 'ge-0/0/2.0' }]);
    world.panel.fail(`portAssignments ${PORT}`, fault);
    const [first, second] = await read(
      question({ serverIds: [server(1)] }),
      question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }),
    );
    expect(first?.error?.code).toBe(fault instanceof PortwardenError ? fault.code : 'internal');
    expect(second?.dedicated).toHaveLength(1);
  });

  it('a list that fails fails all', async () => {
    dedicated(1);
    world.panel.fail('getServersIps', new PortwardenError('panel-unreachable', 'no route'));
    await expect(readOne({ serverIds: [server(1)] })).rejects.toMatchObject({ code: 'panel-unreachable' });
  });

  it('an aborted attempt throws whatever it met', async () => {
    const abort = new AbortController();
    abort.abort();
    world.panel.fail('portAssignments', new PortwardenError('panel-failed', 'HTTP 500'));
    await expect(new PortServersReader(world, DEVICE, abort.signal).read([question()])).rejects.toMatchObject({
      code: 'panel-failed',
    });
  });
});

describe('guests of nodes', () => {
  const uplink = (nodes: PortQuestion['nodes'], extra: Partial<PortQuestion> = {}): Promise<PortServers> =>
    readOne({ port: UPLINK, nodes, ...extra });

  it('finds remembered guests and those never seen before, on the node', async () => {
    vm(301, 3001);
    vm(302, 3002);
    rememberedVm(301, 3001);
    const answer = await uplink([node([3001, 3002, 3999])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([
      [3001, 301],
      [3002, 302],
    ]);
    expect(world.panel.count('connectionsOf 301')).toBe(0);
    expect(answer.notes?.find((note) => note.serverId === 302)).toEqual({
      serverId: 302,
      kind: 'vm',
      at: 'here',
      guest: { cluster: 'pve', node: 'pve1', vmid: 3002 },
      ips: ['10.0.48.102'],
    });
  });

  it('keeps the bindings of a guest that moved until they are proven on its new uplink, which it looks at first; and those of a missing one', async () => {
    const other = port('ae1.0');
    world.cluster.uplinks.set('pve2', { device: junos(2), port: other });
    vm(301, 3001);
    vm(302, 3002);
    rememberedVm(301, 3001);
    rememberedVm(302, 3002);
    const moved = [node([], [{ vmid: 3001, node: 'pve2' }])];
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
        request: { port: other, serverIds: [301], nodes: [{ cluster: 'pve', node: 'pve2' }], explainedIps: [] },
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
        world.panel.fail(
          'findServerByName',
          new PortwardenError('proxmox-uplink-unknown', 'two servers are called pve2'),
        );
      },
      'two servers are called pve2',
    ],
  ])('keeps and reports the bindings of a guest whose new uplink %s', async (_why, arrange, said) => {
    arrange();
    vm(301, 3001);
    rememberedVm(301, 3001);
    const answer = await uplink([node([], [{ vmid: 3001, node: 'pve2' }])]);
    expect(answer.missingGuests).toMatchObject([
      { ip: '10.0.48.101', rule: 'moved', message: expect.stringContaining(said) as unknown },
    ]);
    expect([answer.removals, world.enlisted, answer.error]).toEqual([NO_REMOVALS, [], undefined]);
  });

  it('reads the node that a guest went to first when that one feeds the same port', async () => {
    world.cluster.uplinks.set('pve2', { device: DEVICE, port: port('ae7.0') });
    world.panel.add({
      serverId: server(8),
      name: 'pve3',
      kind: 'dedicated',
      ips: [],
      attachments: [attachment(DEVICE, UPLINK)],
    });
    vm(301, 3001);
    rememberedVm(301, 3001);
    expect((await uplink([node([], [{ vmid: 3001, node: 'pve3' }])])).unreadNodes).toEqual([
      { cluster: 'pve', node: 'pve3' },
    ]);
    const both = await uplink([node([], [{ vmid: 3001, node: 'pve3' }]), node([3001], [], 'pve3')]);
    expect([both.guests.map((guestEntry) => guestEntry.serverId), both.missingGuests]).toEqual([[301], []]);
  });

  it("believes a deletion only when the cluster has no such guest, or the guest id is another server's now", async () => {
    rememberedVm(301, 3001);
    const deleted = { deletedServerIds: [server(301)] };
    const doubted = await uplink([node([3001])], deleted);
    expect(doubted.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.101', 'guest-still-runs'],
    ]);
    expect([doubted.removals, confirmedDeleted(doubted), doubted.openDeletions]).toEqual([NO_REMOVALS, [], [301]]);
    expect((await uplink([node([])], deleted)).removals.named).toEqual(['10.0.48.101']);
    vm(305, 3001);
    expect((await uplink([node([3001])], deleted)).removals.named).toEqual(['10.0.48.101']);
    expect((await uplink([node([], [{ vmid: 3001, node: 'pve2' }])], deleted)).removals.named).toEqual(['10.0.48.101']);
  });

  it('does not bind the later of two claims on a guest, reports both, and removes nothing of either', async () => {
    vm(301, 3001, ['10.0.48.101']);
    vm(305, 3001, ['10.0.48.105']);
    rememberedVm(305, 3001, 'pve1', ['10.0.48.105', '10.0.48.205']);
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
      vm(id, id * 10);
      rememberedVm(id, id * 10);
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
    vm(301, 3005);
    vm(305, 3001);
    rememberedVm(301, 3001);
    const answer = await uplink([node([3001, 3005])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([
      [3001, 305],
      [3005, 301],
    ]);
  });

  it('follows a server to its new guest id when the cluster lists the old one no more', async () => {
    vm(301, 3005);
    rememberedVm(301, 3001);
    const answer = await uplink([node([3005])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([[3005, 301]]);
    expect(answer.missingGuests).toEqual([]);
  });

  it('retains the bindings of a doubtful guest that the panel no longer calls a guest', async () => {
    rememberedVm(301, 3001);
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
        rememberedVm(301, 3001);
      },
    ],
    [
      'the configured uplink',
      (): void => {
        world.cluster.uplinks.set('pve1', { device: DEVICE, port: UPLINK });
      },
    ],
  ])('does not judge a port without the guests of every node behind it, known by %s', async (_name, arrange) => {
    vm(301, 3001);
    dedicated(1, [{ port: UPLINK }]);
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
    vm(301, 3001);
    dedicated(1, [{ port: UPLINK }]);
    const answer = await uplink([node([3001])], { serverIds: [server(1)] });
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([1]);
    expect(answer.guests.map((found) => found.serverId)).toEqual([301]);
  });
});

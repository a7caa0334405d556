import type { PortQuestion, PortServers } from '../../src/activities/contract';
import { PortServersReader } from '../../src/activities/portServers';
import { PortwardenError } from '../../src/domain/errors';
import type { Placement } from '../../src/domain/server';
import { fakeWorld, type FakeWorld } from './fakes/world';
import { assigned, attachment, guest, ip, junos, mac, nic, port, server } from './fakes/values';

const DEVICE = junos(1);
const PORT = port('ge-0/0/1.0');
const UPLINK = port('ae0.0');

let world: FakeWorld;
beforeEach(() => { world = fakeWorld(); });

const question = (extra: Partial<PortQuestion> = {}): PortQuestion => ({ port: PORT, serverIds: [], nodes: [], explainedIps: [], ...extra });
const read = async (...questions: PortQuestion[]): Promise<PortServers[]> => new PortServersReader(world, DEVICE, new AbortController().signal).read(questions);
const readOne = async (extra: Partial<PortQuestion> = {}): Promise<PortServers> => {
  const [answer] = await read(question(extra));
  if (answer === undefined) throw new Error('no answer');
  return answer;
};

function dedicated(id: number, where: { port?: string | undefined; automated?: boolean }[] = [{ port: 'ge-0/0/1.0' }], ips: string[] = [`10.0.48.${id}`]): void {
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
  const placement: Placement = { serverId: server(id), kind: 'dedicated', ports: [{ device: DEVICE, port: port(at) }], ips: ips.map(ip) };
  world.store.placed.set(placement.serverId, placement);
  return placement;
}

function vm(id: number, vmid: number, ips: string[] = [`10.0.48.${id % 200}`]): void {
  world.panel.add({ serverId: server(id), name: `vm-${id}`, kind: 'vm', ips: ips.map((text) => assigned(text)), attachments: [], hypervisor: { cluster: 'pve', vmid } });
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

const node = (vmids: number[], elsewhere: { vmid: number; node: string }[] = [], name = 'pve1'): PortQuestion['nodes'][number] => ({
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
    const answers = await read(question({ serverIds: [server(1)] }), question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }));
    expect(answers.map((answer) => answer.dedicated.map((found) => found.name))).toEqual([['srv-1'], ['srv-2']]);
    expect(world.panel.count('getServersIps')).toBe(1);
  });

  it('remembers where it found them', async () => {
    dedicated(1);
    await readOne({ serverIds: [server(1)] });
    expect(world.store.placed.get(server(1))).toEqual({ serverId: 1, kind: 'dedicated', ports: [{ device: DEVICE, port: PORT }], ips: ['10.0.48.1'] });
  });

  it('explains the addresses of one that is connected elsewhere for certain', async () => {
    dedicated(1, [{ port: 'ge-0/0/9.0' }], ['10.0.48.1', '10.0.48.200']);
    remembered(1);
    const answer = await readOne();
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals.named).toEqual(['10.0.48.1', '10.0.48.200']);
    expect(answer.missingGuests).toEqual([]);
  });

  it('retains the bindings of one whose port the panel does not know at the moment', async () => {
    dedicated(1, [{ port: undefined }], ['10.0.48.1', '10.0.48.200']);
    remembered(1);
    const answer = await readOne({ serverIds: [server(1)] });
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals.named).toEqual([]);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([['10.0.48.1', 'port-unknown'], ['10.0.48.200', 'port-unknown']]);
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
    expect((await readOne({ serverIds: [server(1)] })).unmet).toEqual({ requirement: 'switch-automation', message: expect.stringContaining('srv-1') as unknown });
  });

  it('is automated when one of several on the port is', async () => {
    dedicated(1, [{ port: 'ge-0/0/1.0', automated: false }]);
    dedicated(2);
    const answer = await readOne({ serverIds: [server(1), server(2)] });
    expect(answer.unmet).toBeUndefined();
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([2]);
  });

  it('names those that are gone; what they had is explained only when an event named them', async () => {
    remembered(1);
    remembered(2);
    const answer = await readOne({ serverIds: [server(1)] });
    expect([...answer.gone].sort()).toEqual([1, 2]);
    expect(answer.removals.named).toEqual(['10.0.48.1']);
  });

  it('makes the port that a server left dirty, with the addresses it had there', async () => {
    dedicated(1, [{ port: 'ge-0/0/1.0' }]);
    remembered(1, 'ge-0/0/8.0', ['10.0.48.1', '10.0.48.50']);
    await readOne({ serverIds: [server(1)] });
    expect(world.enlisted).toHaveLength(1);
    expect(world.enlisted[0]).toMatchObject({ device: DEVICE, request: { port: 'ge-0/0/8.0', serverIds: [1], nodes: [] } });
    expect(new Set(world.enlisted[0]?.request.explainedIps)).toEqual(new Set(['10.0.48.1', '10.0.48.50']));
  });
});

describe('partial answers', () => {
  it('a server that the list says nothing about fails its port alone', async () => {
    dedicated(1);
    dedicated(2, [{ port: 'ge-0/0/2.0' }]);
    world.panel.unanswered.add(server(1));
    const [first, second] = await read(question({ serverIds: [server(1)] }), question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }));
    expect(first?.error).toMatchObject({ code: 'panel-invalid-answer', retryable: true });
    expect(second?.error).toBeUndefined();
    expect(second?.dedicated).toHaveLength(1);
  });

  it('a server whose entry cannot be read fails its port', async () => {
    dedicated(1);
    dedicated(2);
    world.panel.unreadable.add(server(2));
    expect((await readOne({ serverIds: [server(1), server(2)] })).error?.code).toBe('panel-invalid-answer');
  });

  it('a server that is listed but has no connections fails its port instead of losing its bindings', async () => {
    dedicated(1);
    world.panel.connectionsOf = async () => undefined;
    expect((await readOne({ serverIds: [server(1)] })).error?.code).toBe('panel-invalid-answer');
  });

  it.each([
    ['a fault that passes', new PortwardenError('panel-failed', 'HTTP 500')],
    ['a fault that does not pass', new PortwardenError('panel-forbidden', 'no such port')],
    ['a programming error', new TypeError('x is undefined')],
  ])('%s at one port is that port\'s own', async (_name, fault) => {
    dedicated(1);
    dedicated(2, [{ port: 'ge-0/0/2.0' }]);
    world.panel.fail(`portAssignments ${PORT}`, fault);
    const [first, second] = await read(question({ serverIds: [server(1)] }), question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }));
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
    await expect(new PortServersReader(world, DEVICE, abort.signal).read([question()])).rejects.toMatchObject({ code: 'panel-failed' });
  });
});

describe('guests of nodes', () => {
  const uplink = (nodes: PortQuestion['nodes'], extra: Partial<PortQuestion> = {}): Promise<PortServers> => readOne({ port: UPLINK, nodes, ...extra });

  it('finds remembered guests and those never seen before, on the node', async () => {
    vm(301, 3001);
    vm(302, 3002);
    rememberedVm(301, 3001);
    const answer = await uplink([node([3001, 3002, 3999])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([[3001, 301], [3002, 302]]);
    expect(world.panel.count('connectionsOf 301')).toBe(0);
    expect(world.store.placed.get(server(302))).toMatchObject({ kind: 'vm', guest: { cluster: 'pve', node: 'pve1', vmid: 3002 }, ports: [{ device: DEVICE, port: UPLINK }] });
  });

  it('explains the addresses of a guest that the cluster lists on another node, and not of a missing one', async () => {
    vm(301, 3001);
    vm(302, 3002);
    rememberedVm(301, 3001);
    rememberedVm(302, 3002);
    const answer = await uplink([node([], [{ vmid: 3001, node: 'pve2' }])]);
    expect(answer.guests).toEqual([]);
    expect(answer.removals.named).toEqual(['10.0.48.101']);
    expect(answer.missingGuests.map((exclusion) => [exclusion.ip, exclusion.rule])).toEqual([['10.0.48.102', 'guest-not-found']]);
  });

  it('retains everything when the cluster lists no guest at all', async () => {
    for (const id of [301, 302, 303]) {
      vm(id, id * 10);
      rememberedVm(id, id * 10);
    }
    const answer = await uplink([node([])]);
    expect(answer.removals.named).toEqual([]);
    expect(answer.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.101', '10.0.48.102', '10.0.48.103']);
  });

  it('does not give a server the MAC of a guest that took over its guest id', async () => {
    vm(301, 3005);
    vm(305, 3001);
    rememberedVm(301, 3001);
    const answer = await uplink([node([3001, 3005])]);
    expect(answer.guests.map(({ vmid, serverId }) => [vmid, serverId])).toEqual([[3001, 305], [3005, 301]]);
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
    world.panel.add({ serverId: server(301), name: 'vm-301', kind: 'vm', ips: [assigned('10.0.48.101')], attachments: [] });
    expect((await uplink([node([])])).missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.101']);
  });

  it.each([
    ['a remembered guest', (): void => { rememberedVm(301, 3001); }],
    ['the configured uplink', (): void => { world.cluster.uplinks.set('pve1', { device: DEVICE, port: UPLINK }); }],
  ])('does not judge a port without the guests of every node behind it, known by %s', async (_name, arrange) => {
    vm(301, 3001);
    dedicated(1, [{ port: UPLINK }]);
    arrange();
    const answer = await uplink([], { serverIds: [server(1)] });
    expect(answer).toEqual({ port: UPLINK, dedicated: [], guests: [], removals: { named: [], absent: [] }, missingGuests: [], gone: [], unreadNodes: [{ cluster: 'pve', node: 'pve1' }] });
    expect((await uplink([node([3001])], { serverIds: [server(1)] })).unreadNodes).toBeUndefined();
  });

  it('knows the node\'s own server and its guests on one port', async () => {
    world.cluster.nodes.set('pve1', [guest(3001, [nic(0, 'bc:24:11:00:30:01')])]);
    vm(301, 3001);
    dedicated(1, [{ port: UPLINK }]);
    const answer = await uplink([node([3001])], { serverIds: [server(1)] });
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([1]);
    expect(answer.guests.map((found) => found.serverId)).toEqual([301]);
  });
});

import { fetchPortServers } from '../../../src/activities/fetchServerIps';
import { PortwardenError } from '../../../src/domain/errors';
import { NO_REMOVALS } from '../../../src/domain/change/removals';
import { fakeWorld, type FakeWorld } from '../fakes/world';
import { confirmedDeleted, DEVICE, dedicated, PORT, question, read, readOne, remembered } from '../portQuestions';
import { ip, port, server } from '../fakes/values';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

describe('dedicated servers', () => {
  it('finds those the event names, those remembered and those the switch lists, with one list call', async () => {
    dedicated(world, 1);
    dedicated(world, 2);
    dedicated(world, 3);
    remembered(world, 2);
    world.panel.assignments.set(`${DEVICE} ${PORT}`, [server(3)]);
    const answer = await readOne(world, { serverIds: [server(1)] });
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([1, 2, 3]);
    expect(answer.missingGuests).toEqual([]);
    expect(world.panel.count('getServersIps')).toBe(1);
  });

  it('asks once for the servers of several ports', async () => {
    dedicated(world, 1);
    dedicated(world, 2, [{ port: 'ge-0/0/2.0' }]);
    const answers = await read(
      world,
      question({ serverIds: [server(1)] }),
      question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }),
    );
    expect(answers.map((answer) => answer.dedicated.map((found) => found.name))).toEqual([['srv-1'], ['srv-2']]);
    expect(world.panel.count('getServersIps')).toBe(1);
  });

  it('says what to remember of them once the pass is proven; before it only that they were seen, without anything bound', async () => {
    dedicated(world, 1);
    expect((await readOne(world, { serverIds: [server(1)] })).notes).toEqual([
      {
        serverId: 1,
        kind: 'dedicated',
        at: 'here',
        ports: [{ device: DEVICE, port: PORT }],
        ips: ['10.0.48.1'],
        seenAt: 1,
      },
    ]);
    expect(world.store.placed.get(server(1))?.ports).toEqual([{ device: DEVICE, port: PORT }]);
    world.store.placed.set(server(1), {
      serverId: server(1),
      kind: 'dedicated',
      ports: [{ device: DEVICE, port: PORT, bound: [ip('10.0.48.1')] }],
      ips: [ip('10.0.48.1')],
    });
    expect((await readOne(world, { serverIds: [server(1)] })).notes).toBeUndefined();
  });

  it('keeps the bindings of one that is connected elsewhere until they are proven there, and looks there first', async () => {
    dedicated(world, 1, [{ port: 'ge-0/0/9.0' }], ['10.0.48.1', '10.0.48.200']);
    const placement = remembered(world, 1);
    const answer = await readOne(world);
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals).toEqual(NO_REMOVALS);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'moved'],
      ['10.0.48.200', 'moved'],
    ]);
    expect(world.enlisted).toEqual([
      {
        device: DEVICE,
        request: { port: 'ge-0/0/9.0', serverIds: [1], nodes: [], deletedServerIds: [], explainedIps: [] },
      },
    ]);
    world.store.placed.set(server(1), {
      ...placement,
      ports: [...placement.ports, { device: DEVICE, port: port('ge-0/0/9.0'), bound: [ip('10.0.48.1')] }],
    });
    const later = await readOne(world);
    expect(later.removals).toEqual({ named: ['10.0.48.1'], absent: [] });
    expect(later.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.200']);
    expect(later.notes).toEqual([{ serverId: 1, kind: 'dedicated', at: 'left', ips: [], seenAt: 2 }]);
    expect(world.enlisted).toHaveLength(1);
  });

  it("lets an address go that the server's own entry no longer has and nobody else's, within the guards", async () => {
    dedicated(world, 1);
    dedicated(world, 2, [{ port: 'ge-0/0/2.0' }], ['10.0.48.78']);
    remembered(world, 1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77', '10.0.48.78']);
    const answer = await readOne(world);
    expect(answer.removals).toEqual({ named: [], absent: ['10.0.48.77'] });
    expect(answer.missingGuests).toMatchObject([
      { ip: '10.0.48.78', rule: 'assigned-elsewhere', message: expect.stringContaining('server 2') as unknown },
    ]);
    expect(world.panel.count('addressHolders')).toBe(1);
  });

  it('asks nobody who has an address while none has vanished', async () => {
    dedicated(world, 1);
    remembered(world, 1);
    await readOne(world);
    expect(world.panel.count('addressHolders')).toBe(0);
  });

  it('retains the bindings of one whose port the panel does not know at the moment', async () => {
    dedicated(world, 1, [{ port: undefined }], ['10.0.48.1', '10.0.48.200']);
    remembered(world, 1);
    const answer = await readOne(world, { serverIds: [server(1)] });
    expect(answer.dedicated).toEqual([]);
    expect(answer.removals.named).toEqual([]);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'port-unknown'],
      ['10.0.48.200', 'port-unknown'],
    ]);
  });

  it('retains the bindings of one whose connections are an empty list, but not an address that an event removed', async () => {
    dedicated(world, 1, [], ['10.0.48.1']);
    remembered(world, 1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77']);
    const answer = await readOne(world, { deletedServerIds: [], explainedIps: [ip('10.0.48.77')] });
    expect(answer.missingGuests.map((exclusion) => exclusion.ip)).toEqual(['10.0.48.1']);
  });

  it('says which remembered addresses its own entry no longer has, and of no one else', async () => {
    dedicated(world, 1, [{ port: 'ge-0/0/1.0' }], ['10.0.48.1']);
    dedicated(world, 2, [{ port: 'ge-0/0/1.0' }], ['10.0.48.52']);
    remembered(world, 1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.51', '10.0.48.52']);
    remembered(world, 3, 'ge-0/0/1.0', ['10.0.48.3']);
    expect((await readOne(world, { serverIds: [server(2)] })).removals).toEqual({ named: [], absent: ['10.0.48.51'] });
  });

  it('is not automated when nobody on the port is', async () => {
    dedicated(world, 1, [{ port: 'ge-0/0/1.0', automated: false }]);
    expect((await readOne(world, { serverIds: [server(1)] })).unmet).toEqual({
      requirement: 'switch-automation',
      message: expect.stringContaining('srv-1') as unknown,
    });
    expect(world.store.stands).toEqual([
      expect.objectContaining({ list: 'unautomated', subject: 'server 1', rule: 'switch-automation', port: PORT }),
    ]);
  });

  it('is automated when one of several on the port is', async () => {
    dedicated(world, 1, [{ port: 'ge-0/0/1.0', automated: false }]);
    dedicated(world, 2);
    const answer = await readOne(world, { serverIds: [server(1), server(2)] });
    expect(answer.unmet).toBeUndefined();
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([2]);
  });

  it('lets what a server had go only when an event says that it was deleted', async () => {
    remembered(world, 1);
    remembered(world, 2);
    const answer = await readOne(world, { serverIds: [server(1), server(2)], deletedServerIds: [server(1)] });
    expect(answer.removals).toEqual({ named: ['10.0.48.1'], absent: [] });
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.2', 'server-gone'],
    ]);
    expect(answer.notes).toEqual([{ serverId: 1, kind: 'dedicated', at: 'deleted', ips: [], seenAt: 1 }]);
  });

  it('lets nothing go of a server that the panel still has, whatever an event says', async () => {
    dedicated(world, 1);
    remembered(world, 1);
    const answer = await readOne(world, { deletedServerIds: [server(1)] });
    expect([confirmedDeleted(answer), answer.removals, answer.dedicated.length]).toEqual([[], NO_REMOVALS, 1]);
  });
});

describe('partial answers', () => {
  it('a server that the list says nothing about keeps its bindings, and the others of the port go on', async () => {
    dedicated(world, 1);
    dedicated(world, 2);
    remembered(world, 1);
    world.panel.unanswered.add(server(1));
    const answer = await readOne(world, { serverIds: [server(1), server(2)] });
    expect(answer.error).toBeUndefined();
    expect(answer.dedicated.map((found) => found.serverId)).toEqual([2]);
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.1', 'server-unreadable'],
    ]);
  });

  it('a server whose entry cannot be read keeps its bindings, but not an address that an event removed', async () => {
    dedicated(world, 2);
    remembered(world, 2, 'ge-0/0/1.0', ['10.0.48.2', '10.0.48.77']);
    world.panel.unreadable.add(server(2));
    const answer = await readOne(world, { explainedIps: [ip('10.0.48.77')], deletedServerIds: [server(2)] });
    expect(answer.missingGuests.map(({ ip: address, rule }) => [address, rule])).toEqual([
      ['10.0.48.2', 'server-unreadable'],
    ]);
    expect([answer.removals.named, answer.openDeletions]).toEqual([['10.0.48.77'], [2]]);
    expect(answer.unread).toMatchObject({ serverIds: [2], error: { code: 'panel-invalid-answer', retryable: true } });
  });

  it('a server that is listed but has no connections keeps its bindings', async () => {
    dedicated(world, 1);
    remembered(world, 1, 'ge-0/0/1.0', ['10.0.48.1', '10.0.48.77']);
    world.panel.connectionsOf = async () => undefined;
    const answer = await readOne(world, { serverIds: [server(1)] });
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
    dedicated(world, 1);
    dedicated(world, 2, [{ port: 'ge-0/0/2.0' }]);
    world.panel.fail(`portAssignments ${PORT}`, fault);
    const [first, second] = await read(
      world,
      question({ serverIds: [server(1)] }),
      question({ port: port('ge-0/0/2.0'), serverIds: [server(2)] }),
    );
    expect(first?.error?.code).toBe(fault instanceof PortwardenError ? fault.code : 'internal');
    expect(second?.dedicated).toHaveLength(1);
  });

  it('a list that fails fails all', async () => {
    dedicated(world, 1);
    world.panel.fail('getServersIps', new PortwardenError('panel-unreachable', 'no route'));
    await expect(readOne(world, { serverIds: [server(1)] })).rejects.toMatchObject({ code: 'panel-unreachable' });
  });

  it('an aborted attempt throws whatever it met', async () => {
    const abort = new AbortController();
    abort.abort();
    world.panel.fail('portAssignments', new PortwardenError('panel-failed', 'HTTP 500'));
    await expect(fetchPortServers(world, DEVICE, [question()], abort.signal)).rejects.toMatchObject({
      code: 'panel-failed',
    });
  });
});

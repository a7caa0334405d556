import { parseEvent, type PortSecurityEvent } from '../../../src/domain/event/event';
import { judgeEvent } from '../../../src/domain/event/eventResult';
import { locate, type GuestLocation, type ServerReport } from '../../../src/domain/servers/location';
import { plainOutcome, type PortOutcome } from '../../../src/domain/change/outcome';
import type { PanelServer, Placement } from '../../../src/domain/servers/server';
import { assigned, attachment, ip, junos, port, server } from '../../activities/fakes/values';

const D1 = junos(1);
const D2 = junos(2);
const P1 = port('ge-0/0/1.0');
const P2 = port('ge-0/0/2.0');
const A = '10.0.48.1';

const event = (action: PortSecurityEvent['action'], ...ips: string[]): PortSecurityEvent =>
  parseEvent({ action, serverId: 1, ips });
const dedicated = (...attachments: PanelServer['attachments']): PanelServer => ({
  serverId: server(1),
  name: 'srv',
  kind: 'dedicated',
  ips: [assigned(A)],
  attachments,
});
const vm: PanelServer = {
  serverId: server(1),
  name: 'vm',
  kind: 'vm',
  ips: [assigned(A)],
  attachments: [],
  hypervisor: { cluster: 'pve', vmid: 100 },
};
const at = (node: string | undefined, ...uplinks: GuestLocation['uplinks']): GuestLocation => ({
  cluster: 'pve',
  vmid: 100,
  migrating: false,
  uplinks,
  summary: '',
  ...(node === undefined ? {} : { node }),
});
const placement = (extra: Partial<Placement> = {}): Placement => ({
  serverId: server(1),
  kind: 'dedicated',
  ports: [{ device: D1, port: P1 }],
  ips: [ip(A), ip('10.0.48.2')],
  ...extra,
});
const vmPlacement = (node = 'pve1'): Placement => placement({ kind: 'vm', guest: { cluster: 'pve', node, vmid: 100 } });
const report = (known: PanelServer | undefined, seen?: Placement): ServerReport => ({
  serverId: server(1),
  summary: '',
  ...(known === undefined ? {} : { server: known }),
  ...(seen === undefined ? {} : { placement: seen }),
});
const target = (
  device: typeof D1,
  name: typeof P1,
  explainedIps: unknown = [],
  nodes: string[] = [],
  deletedServerIds: number[] = [],
) => ({
  device,
  port: name,
  serverIds: [1],
  nodes: nodes.map((node) => ({ cluster: 'pve', node })),
  explainedIps,
  deletedServerIds,
});

describe('where an event leads', () => {
  it('to the automated ports of a dedicated server, with what to remember', () => {
    const known = dedicated(attachment(D1, P1), attachment(D2, P2), attachment(D2, 'ge-0/0/3.0', { automated: false }));
    expect(locate(event('ip_assigned', A), report(known))).toEqual({
      targets: [target(D1, P1), target(D2, P2)],
      former: [],
      placement: {
        serverId: 1,
        kind: 'dedicated',
        ports: [
          { device: D1, port: P1 },
          { device: D2, port: P2 },
        ],
        ips: [A],
      },
    });
  });
  it("to the uplink of a VM's node", () => {
    expect(locate(event('ip_assigned', A), report(vm), at('pve1', attachment(D1, P1)))).toEqual({
      targets: [target(D1, P1, [], ['pve1'])],
      former: [],
      placement: {
        serverId: 1,
        kind: 'vm',
        ports: [{ device: D1, port: P1, node: 'pve1' }],
        ips: [A],
        guest: { cluster: 'pve', node: 'pve1', vmid: 100 },
      },
    });
  });
  it('explains what it removes, and nothing else', () => {
    expect(locate(event('ip_removed', A), report(dedicated(attachment(D1, P1)), placement()))).toMatchObject({
      targets: [target(D1, P1, [A])],
      former: [],
    });
    expect(locate(event('ip_assigned', A), report(dedicated(attachment(D1, P1)), placement()))).toMatchObject({
      targets: [target(D1, P1, [])],
      former: [],
    });
  });
  it('to the former ports of one that moved, after the new ones, and explains nothing there', () => {
    expect(locate(event('ip_assigned', A), report(dedicated(attachment(D2, P2)), placement()))).toMatchObject({
      targets: [target(D2, P2)],
      former: [target(D1, P1)],
    });
  });
  it('to both uplinks of a VM that moved, each with its node', () => {
    expect(locate(event('ip_assigned'), report(vm, vmPlacement('pve1')), at('pve2', attachment(D2, P2)))).toMatchObject(
      { targets: [target(D2, P2, [], ['pve2'])], former: [target(D1, P1, [], ['pve1'])] },
    );
  });
  it('to a former uplink with the node that it was then, not with the one that the guest is on now', () => {
    const seen = placement({
      kind: 'vm',
      guest: { cluster: 'pve', node: 'pve2', vmid: 100 },
      ports: [
        { device: D2, port: P2, node: 'pve2' },
        { device: D1, port: P1, node: 'pve1' },
      ],
    });
    expect(locate(event('ip_assigned'), report(vm, seen), at('pve2', attachment(D2, P2)))).toMatchObject({
      targets: [target(D2, P2, [], ['pve2'])],
      former: [target(D1, P1, [], ['pve1'])],
    });
  });
  it('of several uplinks of its node to those of its NICs, and to others only while something may be bound there', () => {
    const there = { ...at('pve1', attachment(D1, P1), attachment(D2, P2)), ofNics: [attachment(D2, P2)] };
    const seen = (...bound: string[]): Placement =>
      placement({
        kind: 'vm',
        guest: { cluster: 'pve', node: 'pve1', vmid: 100 },
        ports: [{ device: D1, port: P1, node: 'pve1', bound: bound.map(ip) }],
      });
    const to = (action: 'ip_assigned' | 'ip_removed', known?: Placement) => {
      const found = locate(event(action, A), report(vm, known), there);
      return 'targets' in found ? [...found.targets, ...found.former].map((one) => one.port) : found;
    };
    expect(to('ip_assigned')).toEqual([P2]);
    expect(to('ip_assigned', seen())).toEqual([P2]);
    expect(to('ip_assigned', seen(A))).toEqual([P2, P1]);
    expect(to('ip_assigned', vmPlacement('pve1'))).toEqual([P2, P1]);
    expect(to('ip_removed', seen())).toEqual([P1, P2]);
  });
  it('says that the bindings stay when the new port of one that moved cannot be automated', () => {
    expect(
      locate(event('ip_assigned', A), report(dedicated(attachment(D2, P2, { automated: false })), placement())),
    ).toMatchObject({
      requirement: 'switch-automation',
      message: expect.stringContaining(`bindings on ${D1} ${P1} stay`) as unknown,
    });
  });
});

describe('a deletion', () => {
  const confirmed = target(D1, P1, [], [], [1]);
  it('that the panel confirms is told to the ports where the server was', () => {
    expect(locate(event('server_deleted'), report(undefined, placement()))).toEqual({
      targets: [confirmed],
      former: [],
    });
    expect(locate(event('server_deleted'), report(undefined, vmPlacement()), at(undefined))).toEqual({
      targets: [target(D1, P1, [], ['pve1'], [1])],
      former: [],
    });
  });
  it('of a guest that still runs is told to the port, which has to judge it: guest ids are reused', () => {
    expect(locate(event('server_deleted'), report(undefined, vmPlacement()), at('pve1', attachment(D1, P1)))).toEqual({
      targets: [target(D1, P1, [], ['pve1'], [1])],
      former: [],
    });
  });
  it('that the panel has not carried out explains nothing, and is a contradiction', () => {
    expect(locate(event('server_deleted'), report(dedicated(attachment(D1, P1)), placement()))).toMatchObject({
      targets: [target(D1, P1)],
      contradiction: expect.stringContaining('the panel still has it') as unknown,
    });
  });
  it('of which the panel says two things explains nothing', () => {
    expect(
      locate(event('server_deleted'), { ...report(undefined, placement()), contradiction: 'the list has it' }),
    ).toEqual({ targets: [target(D1, P1)], former: [], contradiction: 'the list has it' });
  });
  it('of one that was never seen leads nowhere', () => {
    expect(locate(event('server_deleted'), report(undefined))).toEqual({
      nothingKnown: expect.stringContaining('server 1') as unknown,
    });
  });
});

describe('an unknown server of another event', () => {
  it('contradicts an ip_assigned, which explains nothing', () => {
    expect(locate(event('ip_assigned', A), report(undefined, placement()))).toEqual({
      targets: [target(D1, P1)],
      former: [],
      contradiction: expect.stringContaining('the event is ip_assigned') as unknown,
    });
  });
  it('lets an ip_removed take its own addresses alone; what else is remembered contradicts it', () => {
    expect(locate(event('ip_removed', A), report(undefined, placement()))).toEqual({
      targets: [target(D1, P1, [A])],
      former: [],
      contradiction: expect.stringContaining('ip_removed') as unknown,
    });
    expect(locate(event('ip_removed', A), report(undefined, placement({ ips: [ip(A)] })))).toEqual({
      targets: [target(D1, P1, [A])],
      former: [],
    });
  });
});

describe('what is missing', () => {
  it.each([
    ['switch-connection', dedicated()],
    ['switch-automation', dedicated(attachment(D1, P1, { automated: false }))],
    ['switch-credentials', dedicated(attachment(D1, P1, { manageable: false }))],
    ['switch-connection', dedicated(attachment(D1, undefined))],
  ])('is named: %s', (requirement, known) => {
    expect(locate(event('ip_assigned', A), report(known))).toMatchObject({ requirement });
  });

  it.each([
    ['no connection at all', dedicated(), undefined],
    ['a connection whose port is unknown', dedicated(attachment(D1, undefined)), undefined],
    ['a guest that the cluster does not list', vm, at(undefined)],
    ['a node without a known uplink', vm, at('pve1')],
  ])('%s makes the former port dirty, and explains nothing but what the event removes', (_name, known, guest) => {
    const seen = known.kind === 'vm' ? vmPlacement() : placement();
    const nodes = known.kind === 'vm' ? ['pve1'] : [];
    expect(locate(event('ip_assigned', A), report(known, seen), guest)).toEqual({
      targets: [target(D1, P1, [], nodes)],
      former: [],
    });
    expect(locate(event('ip_removed', A), report(known, seen), guest)).toEqual({
      targets: [target(D1, P1, [A], nodes)],
      former: [],
    });
  });
});

describe('the verdict of an event', () => {
  const outcome = (status: PortOutcome['status'], extra: Partial<PortOutcome> = {}): PortOutcome =>
    plainOutcome(D1, P1, status, `was ${status}`, extra);
  const assign = event('ip_assigned', A);

  it.each([
    [['applied', 'unchanged'], 'applied'],
    [['unchanged'], 'unchanged'],
    [['applied', 'skipped'], 'skipped'],
    [['parked', 'applied', 'skipped'], 'parked'],
    [['failed', 'parked'], 'failed'],
  ] as const)('of %j is %s', (statuses, verdict) => {
    expect(
      judgeEvent(
        assign,
        statuses.map((status) => outcome(status)),
      ).status,
    ).toBe(verdict);
  });
  it('is parked when the event contradicts what is known, unless something failed', () => {
    expect(judgeEvent(assign, [outcome('applied')], 'the panel has no such server')).toEqual({
      status: 'parked',
      summary: `the panel has no such server (${D1} ${P1}: was applied)`,
    });
    expect(judgeEvent(assign, [outcome('failed')], 'the panel has no such server').status).toBe('failed');
  });
  it('of a deletion is parked while something of the server stays because of a doubt', () => {
    const stays = {
      ip: ip(A),
      rule: 'guest-still-runs' as const,
      message: 'the cluster still has its guest',
      serverId: server(1),
    };
    expect(judgeEvent(event('server_deleted'), [outcome('unchanged', { excluded: [stays] })])).toEqual({
      status: 'parked',
      summary: `the cluster still has its guest (${D1} ${P1}: was unchanged)`,
    });
    expect(
      judgeEvent(event('server_deleted'), [outcome('applied', { excluded: [{ ...stays, serverId: server(2) }] })])
        .status,
    ).toBe('applied');
  });
  it('of no port is skipped', () => {
    expect(judgeEvent(assign, []).status).toBe('skipped');
  });
  it('names the requirement of the port that was skipped', () => {
    expect(judgeEvent(assign, [outcome('skipped', { requirement: 'switch-automation' })])).toMatchObject({
      requirement: 'switch-automation',
    });
  });
  it('is skipped when every address was left out because of its VLAN, however the port went', () => {
    const excluded = [{ ip: ip(A), rule: 'vlan-not-allowed' as const, message: 'VLAN 13 is not in the allowlist' }];
    expect(judgeEvent(assign, [outcome('applied', { excluded })])).toEqual({
      status: 'skipped',
      requirement: 'vlan-allowlist',
      summary: `VLAN 13 is not in the allowlist (${D1} ${P1}: was applied)`,
    });
    expect(judgeEvent(event('ip_assigned', A, '10.0.48.2'), [outcome('applied', { excluded })]).status).toBe('applied');
    expect(judgeEvent(event('ip_removed', A), [outcome('applied', { excluded })]).status).toBe('applied');
  });
});

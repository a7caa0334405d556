import { parseEvent, type PortSecurityEvent } from '../../../src/domain/event/event';
import { judgeEvent } from '../../../src/domain/event/eventResult';
import { plainOutcome } from '../../../src/domain/change/outcome';
import { locate, type GuestLocation, type ServerReport } from '../../../src/domain/servers/location';
import { membersOf } from '../../../src/domain/servers/membership/membersOf';
import {
  expectPlacement,
  formerPorts,
  isOvertaken,
  nodeAt,
  notePass,
  notePlace,
  type PlacementNote,
} from '../../../src/domain/servers/placement';
import type { PortFacts, ServerFacts } from '../../../src/domain/servers/portFacts';
import type { PanelServer, Placement } from '../../../src/domain/servers/server';
import { deviceId } from '../../../src/domain/values/device';
import { assigned, attachment, ip, junos, port, server } from '../../activities/fakes/values';

/** A guest's own NIC as a further port: it goes with the guest, whatever node that is. */

const A = '10.0.48.1';
const SWITCH = { device: junos(1), port: port('ae1.0') };
const OTHER_SWITCH = { device: junos(2), port: port('ae2.0') };
const NIC = { device: deviceId('proxmoxFirewall', 'pve'), port: port('100/net0') };
const guestNic = { cluster: 'pve', vmid: 100, nic: 0 };
const event = (action: PortSecurityEvent['action'], ...ips: string[]): PortSecurityEvent =>
  parseEvent({ action, serverId: 1, ips });
const vm: PanelServer = {
  ...{ serverId: server(1), name: 'vm', kind: 'vm', ips: [assigned(A)], attachments: [] },
  hypervisor: { cluster: 'pve', vmid: 100 },
};
const at = (node: string | undefined, ...uplinks: GuestLocation['uplinks']): GuestLocation => ({
  ...{ cluster: 'pve', vmid: 100, migrating: false, uplinks, ownPorts: [NIC], summary: '' },
  ...(node === undefined ? {} : { node }),
});
const report = (known: PanelServer | undefined, placement?: Placement): ServerReport => ({
  ...{ serverId: server(1), summary: '' },
  ...(known === undefined ? {} : { server: known }),
  ...(placement === undefined ? {} : { placement }),
});
const placed = (node = 'pve1'): Placement => ({
  ...{ serverId: server(1), kind: 'vm', ips: [ip(A)], guest: { cluster: 'pve', node, vmid: 100 } },
  ports: [
    { ...SWITCH, node: 'pve1', bound: [ip(A)] },
    { ...NIC, own: true, bound: [ip(A)] },
  ],
});

describe('an event of a guest', () => {
  test('leads to the uplink of its node and to its own ports, and both are remembered', () => {
    const location = locate(event('ip_assigned', A), report(vm), at('pve1', attachment(SWITCH.device, SWITCH.port)));
    expect(location).toMatchObject({
      targets: [
        { ...SWITCH, nodes: [{ cluster: 'pve', node: 'pve1' }] },
        { ...NIC, nodes: [{ cluster: 'pve', node: 'pve1' }] },
      ],
      former: [],
      placement: {
        ports: [
          { ...SWITCH, node: 'pve1' },
          { ...NIC, own: true },
        ],
      },
    });
  });

  test('is skipped for the requirement that its uplink does not meet, while its own ports are looked at', () => {
    const location = locate(event('ip_assigned', A), report(vm), at('pve1'));
    expect(location).toMatchObject({ targets: [NIC], unmet: { requirement: 'switch-connection' } });
    const applied = plainOutcome(NIC.device, NIC.port, 'applied', 'fine');
    const unmet = 'unmet' in location ? location.unmet : undefined;
    expect(judgeEvent(event('ip_assigned', A), [applied], undefined, unmet)).toMatchObject({
      status: 'skipped',
      requirement: 'switch-connection',
      summary: expect.stringMatching(/^Requirement switch-connection .*100\/net0: fine\)$/) as string,
    });
    const failed = plainOutcome(NIC.device, NIC.port, 'failed', 'away');
    expect(judgeEvent(event('ip_assigned', A), [failed], undefined, unmet).status).toBe('failed');
  });

  test('is applied when all of its ports are, and failed when one is', () => {
    const outcome = (of: typeof NIC, status: 'applied' | 'failed') => plainOutcome(of.device, of.port, status, status);
    const judge = (nic: 'applied' | 'failed') =>
      judgeEvent(event('ip_assigned', A), [outcome(SWITCH, 'applied'), outcome(NIC, nic)]).status;
    expect([judge('applied'), judge('failed')]).toEqual(['applied', 'failed']);
  });

  test('of its deletion leads to all of its ports, also when the guest is gone', () => {
    expect(
      locate(event('server_deleted'), report(undefined, placed()), { ...at(undefined), ownPorts: [] }),
    ).toMatchObject({
      targets: [SWITCH, NIC].map((ref) => ({ ...ref, deletedServerIds: [1] })),
    });
  });
});

describe('where a guest is remembered', () => {
  const note = (node: string, own?: true): PlacementNote => ({
    ...{
      serverId: server(1),
      kind: 'vm',
      at: 'here',
      ips: [ip(A)],
      guest: { cluster: 'pve', node, vmid: 100 },
      seenAt: 5,
    },
    ...(own === undefined ? {} : { own }),
  });

  test('its own port has no node: it is where the guest is', () => {
    expect([nodeAt(placed('pve2'), SWITCH), nodeAt(placed('pve2'), NIC)]).toEqual([
      { cluster: 'pve', node: 'pve1' },
      { cluster: 'pve', node: 'pve2' },
    ]);
    const seen = { serverId: server(1), kind: 'vm' as const, ips: [], ports: [], seenAt: 9 };
    const moved = notePlace({ ...seen, guest: { cluster: 'pve', node: 'pve2', vmid: 100 } }, placed());
    expect(moved.ports).toEqual(placed().ports);
  });

  test('a move leaves its uplink behind, and never its own port', () => {
    const after = notePass(placed(), note('pve2'), OTHER_SWITCH, new Set([ip(A)]));
    if (after === undefined) throw new Error('forgotten');
    expect(formerPorts(after, note('pve2'), OTHER_SWITCH).map((ref) => ref.port)).toEqual([SWITCH.port]);
    const own = notePass(placed(), note('pve2', true), NIC, new Set([ip(A)]));
    if (own === undefined) throw new Error('forgotten');
    expect(own.ports[0]).toEqual({ ...NIC, own: true, bound: [ip(A)] });
    expect(formerPorts(own, note('pve2', true), NIC).map((ref) => ref.port)).toEqual([SWITCH.port]);
  });

  test('an older reading, an event and a deletion leave it what it is', () => {
    const older = notePass({ ...placed(), seenAt: 9 }, note('pve1', true), NIC, new Set());
    expect(older?.ports[0]).toEqual({ ...NIC, own: true, bound: [] });
    const expected = expectPlacement({ ...placed(), ports: [{ ...NIC, own: true }] }, placed());
    expect(expected.ports).toContainEqual({ ...NIC, own: true, bound: [ip(A)] });
    const deleted: PlacementNote = { serverId: server(1), kind: 'vm', at: 'deleted', ips: [], seenAt: 5 };
    const left = notePass(placed(), deleted, NIC, new Set([ip(A)]));
    expect(left?.ports).toContainEqual(expect.objectContaining({ ...NIC, own: true, left: true }));
    expect(notePass(placed(), deleted, NIC, new Set())?.ports).toHaveLength(1);
  });
});

describe('passes over two ports of one guest that overlap', () => {
  const note: PlacementNote = {
    ...{
      serverId: server(1),
      kind: 'vm',
      at: 'here',
      ips: [ip(A)],
      guest: { cluster: 'pve', node: 'pve1', vmid: 100 },
    },
    seenAt: 5,
  };
  const newer = (node: string): Placement => ({ ...placed(node), seenAt: 9 });

  test('do not ask for each other while they agree on the node; a guest that moved meanwhile is looked at again at its uplink', () => {
    expect(isOvertaken(note, newer('pve1'))).toBe(false);
    expect(isOvertaken(note, newer('pve2'))).toBe(true);
    expect(isOvertaken({ ...note, own: true }, newer('pve2'))).toBe(false);
    expect(isOvertaken({ ...note, seenAt: 9 }, newer('pve2'))).toBe(false);
  });

  test('forget a deleted server, whichever of them ends last', () => {
    const deleted: PlacementNote = { serverId: server(1), kind: 'vm', at: 'deleted', ips: [], seenAt: 5 };
    const one = notePass(newer('pve1'), deleted, SWITCH, new Set());
    expect(one?.ports.map((ref) => ref.port)).toEqual([NIC.port]);
    expect(notePass(one, deleted, NIC, new Set())).toBeUndefined();
    expect(notePass(newer('pve1'), deleted, SWITCH, new Set([ip(A)]))?.ports).toHaveLength(2);
  });
});

describe("who is behind a guest's own port", () => {
  const facts = (...servers: ServerFacts[]): PortFacts => ({
    ...{ here: NIC, guestNic, nodes: [], isUplink: false, servers, explainedIps: [], deletedServerIds: [] },
    holders: { holders: new Map(), unread: [] },
  });
  const entry = { state: 'found', name: 'vm', ips: [assigned(A)] } as const;

  test('its guest, on whatever node, and during a migration too', () => {
    for (const guest of [
      { cluster: 'pve', vmid: 100, node: 'pve7' },
      { cluster: 'pve', vmid: 100, node: 'pve1', arrivingAt: 'pve2', migrating: true },
    ]) {
      const found = membersOf(facts({ serverId: server(1), entry, guest, placement: placed() }));
      expect(found).toMatchObject({ guests: [{ vmid: 100 }], retained: [], notes: [{ at: 'here', own: true }] });
      expect([found.againAfterMs, found.next]).toEqual([undefined, []]);
    }
  });

  test('no other guest: a server that is another one now leaves nothing to remember but what is bound', () => {
    const other = { cluster: 'pve', vmid: 200, node: 'pve1' };
    const found = membersOf(facts({ serverId: server(1), entry, guest: other, placement: placed() }));
    expect(found).toMatchObject({ guests: [], removals: { named: [], absent: [] }, notes: [{ at: 'left' }] });
    expect(found.retained.map(({ rule }) => rule)).toEqual(['moved']);
    expect(membersOf(facts({ serverId: server(1), entry, guest: other })).retained).toEqual([]);
  });

  test('a deleted server whose guest is gone: what it had may go', () => {
    const gone = membersOf({
      ...facts({
        serverId: server(1),
        entry: { state: 'gone' },
        guest: { cluster: 'pve', vmid: 100 },
        placement: placed(),
      }),
      deletedServerIds: [server(1)],
    });
    expect(gone.removals.named).toEqual([A]);
  });
});

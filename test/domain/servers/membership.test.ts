import fc from 'fast-check';
import { compareIps, parseCidr, type IpAddress } from '../../../src/domain/values/ip';
import { vanishedIps } from '../../../src/domain/servers/membership/absence';
import { membersOf } from '../../../src/domain/servers/membership/membersOf';
import { addressesOf, placedAt } from '../../../src/domain/servers/placement';
import { samePort, type PortRef } from '../../../src/domain/values/port';
import type { Elsewhere, PanelEntry, PortFacts, ServerFacts } from '../../../src/domain/servers/portFacts';
import type { PlacedPort, Placement } from '../../../src/domain/servers/server';
import { assigned, attachment, ip, junos, port, server } from '../../activities/fakes/values';

const HERE: PortRef = { device: junos(1), port: port('ae0.0') };
const THERE: PortRef = { device: junos(2), port: port('ae1.0') };
const IPS = ['10.0.48.1', '10.0.48.2', '10.0.48.3', '10.0.48.4'].map(ip);

const facts = (servers: readonly ServerFacts[], extra: Partial<PortFacts> = {}): PortFacts => ({
  here: HERE,
  explainedIps: [],
  deletedServerIds: [],
  nodes: [{ cluster: 'pve', node: 'pve1' }],
  isUplink: true,
  servers,
  holders: { holders: new Map(), unread: [] },
  ...extra,
});

const anyIps = fc.subarray(IPS);
const anyPlaced: fc.Arbitrary<PlacedPort> = fc.record(
  {
    device: fc.constant(HERE.device),
    port: fc.constant(HERE.port),
    node: fc.constantFrom('pve1', 'pve2'),
    bound: anyIps,
    left: fc.boolean(),
  },
  { requiredKeys: ['device', 'port'] },
);
const anyThere = anyPlaced.map((placed): PlacedPort => ({ ...placed, ...THERE }));
const anyElsewhere: fc.Arbitrary<Elsewhere> = fc.oneof(
  fc.constant<Elsewhere>({ where: 'runs on pve2', uplinks: [[THERE]] }),
  fc.constant<Elsewhere>({ where: 'runs on pve2', uplinks: [] }),
  fc.constant<Elsewhere>({ where: 'runs on pve2', unknown: 'nothing says' }),
);

function anyEntry(isVm: boolean): fc.Arbitrary<PanelEntry> {
  const found = anyIps.map((ips): PanelEntry => ({
    state: 'found',
    name: 'srv',
    ips: ips.map((one) => assigned(one)),
  }));
  const attachments = fc.array(
    fc.constantFrom(
      attachment(HERE.device, HERE.port),
      attachment(HERE.device, HERE.port, { automated: false }),
      attachment(THERE.device, THERE.port),
      attachment(THERE.device, THERE.port, { automated: false }),
      attachment(HERE.device, undefined),
      attachment(THERE.device, undefined),
    ),
    { maxLength: 2 },
  );
  const dedicated = fc
    .tuple(anyIps, fc.option(attachments, { nil: 'missing' as const }))
    .map(([ips, connected]): PanelEntry => ({
      state: 'found',
      name: 'srv',
      ips: ips.map((one) => assigned(one)),
      connections: connected === 'missing' ? 'missing' : { attachments: connected },
    }));
  return fc.oneof(
    { weight: 4, arbitrary: isVm ? found : dedicated },
    { weight: 2, arbitrary: fc.constant<PanelEntry>({ state: 'gone' }) },
    { weight: 1, arbitrary: fc.constant<PanelEntry>({ state: 'uncertain', why: 'HTTP 404' }) },
  );
}

function anyServer(id: number): fc.Arbitrary<ServerFacts> {
  return fc.boolean().chain((isVm) =>
    fc
      .record({
        entry: anyEntry(isVm),
        ports: fc.tuple(fc.option(anyPlaced, { nil: undefined }), fc.option(anyThere, { nil: undefined })),
        ips: anyIps,
        vmid: fc.option(fc.constantFrom(100, 101), { nil: undefined }),
        node: fc.option(fc.constantFrom('pve1', 'pve2'), { nil: undefined }),
        elsewhere: anyElsewhere,
        remembered: fc.boolean(),
      })
      .map(({ entry, ports, ips, vmid, node, elsewhere, remembered }): ServerFacts => {
        const placement: Placement = {
          serverId: server(id),
          kind: isVm ? 'vm' : 'dedicated',
          ports: ports.flatMap((placed) => placed ?? []),
          ips,
          ...(isVm ? { guest: { cluster: 'pve', node: 'pve1', vmid: vmid ?? 100 } } : {}),
        };
        return {
          serverId: server(id),
          entry,
          ...(remembered ? { placement } : {}),
          ...(isVm
            ? {
                guest: {
                  cluster: 'pve',
                  ...(vmid === undefined ? {} : { vmid }),
                  ...(vmid === undefined || node === undefined ? {} : { node }),
                },
              }
            : {}),
          ...(isVm && node === 'pve2' && vmid !== undefined ? { elsewhere } : {}),
        };
      }),
  );
}

/** Facts that fit together: who has an address is what the entries say. */
const anyFacts: fc.Arbitrary<PortFacts> = fc
  .tuple(anyServer(1), anyServer(2), anyServer(3), anyIps, fc.subarray([1, 2, 3]), fc.subarray([7]), fc.boolean())
  .map(([one, two, three, explainedIps, deleted, stranger, unread]) => {
    const servers = [one, two, three];
    const holding = IPS.map(
      (address) =>
        [
          address,
          [
            ...servers.filter((facts) => lists(facts, address)).map((facts) => facts.serverId),
            ...(address === IPS[3] ? stranger.map(server) : []),
          ],
        ] as const,
    );
    return facts(servers, {
      explainedIps,
      deletedServerIds: deleted.map(server),
      holders: {
        holders: new Map(holding),
        unread: [
          ...servers.flatMap(({ entry, serverId }) => (entry.state === 'uncertain' ? [serverId] : [])),
          ...(unread ? [server(8)] : []),
        ],
      },
    });
  });

const lists = ({ entry }: ServerFacts, address: IpAddress): boolean =>
  entry.state === 'found' && entry.ips.some((one) => one.ip === address);
const had = ({ placement }: ServerFacts, address: IpAddress): boolean => addressesOf(placement).includes(address);

/** DESIGN.md, "What justifies a removal", said once more and without a line of the rule. */
function justified(all: PortFacts, address: IpAddress): boolean {
  if (all.explainedIps.includes(address)) return true;
  return all.servers.some((one) => {
    const { entry, guest, placement } = one;
    if (entry.state === 'uncertain' || (!had(one, address) && !lists(one, address))) return false;
    if (entry.state === 'gone') {
      const claimed = all.servers.some(
        (other) =>
          other.serverId !== one.serverId && other.entry.state === 'found' && other.guest?.vmid === guest?.vmid,
      );
      return all.deletedServerIds.includes(one.serverId) && (guest?.node === undefined || claimed);
    }
    const others = (all.holders.holders.get(address) ?? []).filter((id) => id !== one.serverId);
    const sure = all.holders.unread.every((id) => id === one.serverId);
    if (!lists(one, address) && entry.ips.length > 0 && others.length === 0 && sure) return true;
    const connected =
      entry.connections === undefined || entry.connections === 'missing' ? [] : entry.connections.attachments;
    const unplugged =
      placedAt(placement, HERE) !== undefined &&
      connected.some((a) => a.port !== undefined) &&
      !connected.some((a) => a.device === HERE.device && (a.port === undefined || a.port === HERE.port));
    const isThere = guest === undefined ? unplugged : guest.node === 'pve2';
    const there = placedAt(placement, THERE);
    if (isThere && there?.left !== true && there?.bound?.includes(address) === true) return true;
    return (
      guest === undefined &&
      connected.length > 0 &&
      connected.every(
        (a) => !a.automated && a.port !== undefined && !samePort({ device: a.device, port: a.port }, HERE),
      ) &&
      lists(one, address)
    );
  });
}

describe('what may be removed from a port, whatever the facts are', () => {
  it('is justified by an event, a confirmed deletion, a confirmed absence or a proven move', () => {
    fc.assert(
      fc.property(anyFacts, (all) => {
        const { removals } = membersOf(all);
        expect([...removals.named, ...removals.absent].filter((address) => !justified(all, address))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is nothing that is retained, and exempt from the guards or judged by them, not both', () => {
    fc.assert(
      fc.property(anyFacts, (all) => {
        const { removals, retained } = membersOf(all);
        const stays = retained.map((exclusion) => exclusion.ip);
        expect([...removals.named, ...removals.absent].filter((address) => stays.includes(address))).toEqual([]);
        expect(removals.named.filter((address) => removals.absent.includes(address))).toEqual([]);
        expect(stays).toEqual([...new Set(stays)].sort(compareIps));
      }),
      { numRuns: 1_000 },
    );
  });

  it('without an event is nothing of a server that is gone or could not be read, and that is reported', () => {
    fc.assert(
      fc.property(anyFacts, (some) => {
        const all: PortFacts = { ...some, explainedIps: [], deletedServerIds: [] };
        const { retained, notes } = membersOf(all);
        const doubtful = all.servers.filter(
          ({ entry, placement }) => entry.state !== 'found' && placedAt(placement, HERE) !== undefined,
        );
        const stays = retained.map((exclusion) => exclusion.ip);
        expect(
          doubtful.flatMap(({ placement }) => addressesOf(placement)).filter((address) => !stays.includes(address)),
        ).toEqual([]);
        expect(notes.filter(({ at }) => at === 'deleted')).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never binds one guest for two servers', () => {
    fc.assert(
      fc.property(anyFacts, (all) => {
        const vmids = membersOf(all).guests.map((guest) => guest.vmid);
        expect(vmids).toEqual([...new Set(vmids)]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an address that a server no longer has', () => {
  const member = (ips: string[]): ServerFacts => ({
    serverId: server(1),
    placement: {
      serverId: server(1),
      kind: 'vm',
      ports: [HERE],
      ips: IPS,
      guest: { cluster: 'pve', node: 'pve1', vmid: 100 },
    },
    entry: { state: 'found', name: 'vm-1', ips: ips.map((one) => assigned(one)) },
    guest: { cluster: 'pve', vmid: 100, node: 'pve1' },
  });

  it('may go within the guards', () => {
    expect(membersOf(facts([member(['10.0.48.1'])])).removals).toEqual({
      named: [],
      absent: ['10.0.48.2', '10.0.48.3', '10.0.48.4'],
    });
  });
  it('is exempt from them when an event names it', () => {
    expect(membersOf(facts([member(['10.0.48.1'])], { explainedIps: [ip('10.0.48.2')] })).removals).toEqual({
      named: ['10.0.48.2'],
      absent: ['10.0.48.3', '10.0.48.4'],
    });
  });
  it('is exempt from them when an event names the whole subnet that it is a part of', () => {
    const { removals, retained } = membersOf(
      facts([member(['10.0.48.1'])], { explainedIps: [parseCidr('10.0.48.2/31')] }),
    );
    expect([removals, retained]).toEqual([{ named: [], absent: ['10.0.48.4'], namedRanges: ['10.0.48.2/31'] }, []]);
  });
  it('is not gone while a whole subnet that holds it is assigned, expanded or not', () => {
    const whole = assigned('10.0.48.0', { isSubnet: true, range: parseCidr('10.0.48.0/28') });
    const entry = { ...member([]), entry: { state: 'found' as const, name: 'vm-1', ips: [whole] } };
    expect(vanishedIps(entry, [])).toEqual([]);
  });
  it('is not told by an entry without any address: an empty answer is no intent', () => {
    expect(vanishedIps(member([]), [])).toEqual([]);
    expect(membersOf(facts([member([])])).removals).toEqual({ named: [], absent: [] });
  });
  it('stays while another server has it, or one whose entry could not be read may have it', () => {
    const held = membersOf(
      facts([member(['10.0.48.1', '10.0.48.2'])], {
        holders: { holders: new Map([[ip('10.0.48.3'), [server(9)]]]), unread: [] },
      }),
    );
    expect([held.removals.absent, held.retained.map(({ ip: address, rule }) => [address, rule])]).toEqual([
      ['10.0.48.4'],
      [['10.0.48.3', 'assigned-elsewhere']],
    ]);
    const unsure = membersOf(
      facts([member(['10.0.48.1', '10.0.48.2'])], { holders: { holders: new Map(), unread: [server(9)] } }),
    );
    expect([unsure.removals.absent, unsure.retained.length]).toEqual([[], 2]);
  });
});

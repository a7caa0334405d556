import type { CoverageCode, CoverageEffect, CoverageEntry } from '../../src/domain/coverage';
import { isRange, covers, ipVersion, rangeBounds, type IpOrRange } from '../../src/domain/values/ip';
import { isLetOut, shallPass, vlansOf } from './intent';
import { FIXED, GROUPS, HOME, HOST_BITS, OWN, TAKEN, UNGUARDED, type Packet, type WantedPort } from './port';

export type Kind = 'junos' | 'neutron' | 'proxmox';

/** A verdict of a model that is not the oracle's. */
export interface Seen {
  readonly kind: Kind;
  readonly port: WantedPort;
  readonly packet: Packet;
  /** What the model says; the oracle says the contrary. */
  readonly passes: boolean;
  /** What the driver says of the port once the product has had it. */
  readonly coverage: readonly CoverageEntry[];
}

/** A way in which a kind of device differs from what policy and panel say. */
interface Difference {
  readonly name: string;
  /** By which the driver says so of the port: what it does not state of this very port is no difference, but a defect. */
  readonly code: CoverageCode;
  readonly explains: (seen: Seen) => boolean;
}

const saysPairFor = ({ port, packet }: Seen, isMeant: (address: IpOrRange) => boolean): boolean =>
  (port.says?.pairs ?? []).some(
    ({ address, mac = OWN }) => mac === packet.mac && covers([address], packet.ip) && isMeant(address),
  );
const isWide = (address: IpOrRange): boolean => {
  if (!isRange(address)) return false;
  const { first, last } = rangeBounds(address);
  return last - first + 1n > 16n;
};
const isIp = ({ what }: Packet): boolean => what === 'tcp' || what === 'udp' || what === 'dhcp-server';

/** What the verdict would be if the device counted only so much. */
const isAsIf = (seen: Seen, counted: Parameters<typeof shallPass>[2]): boolean =>
  shallPass(seen.port, seen.packet, { foreign: seen.kind === 'neutron', ...counted }) === seen.passes;

/** All of them. Whatever else differs is a defect: of the product, of a model, or of this list. */
export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'same-node traffic',
    code: 'same-node-traffic',
    explains: ({ kind, packet, passes }) => passes && kind === 'junos' && packet.to === 'same-node',
  },
  {
    name: 'hypervisor input',
    code: 'hypervisor-input',
    explains: ({ kind, packet, passes }) => passes && kind !== 'neutron' && packet.to === 'hypervisor',
  },
  {
    name: 'neighbours of IPv6',
    code: 'ipv6-link-local',
    explains: ({ kind, packet, passes }) => passes && kind !== 'junos' && packet.what === 'neighbour',
  },
  {
    name: 'clients of DHCP',
    code: 'dhcp-clients',
    explains: ({ packet, passes }) => passes && packet.what === 'dhcp-client',
  },
  {
    name: 'servers of DHCP',
    code: 'dhcp-servers',
    explains: ({ kind, packet, passes }) => !passes && kind !== 'proxmox' && packet.what === 'dhcp-server',
  },
  {
    name: 'another VLAN',
    code: 'other-vlans',
    explains: ({ kind, packet, passes }) => !passes && kind !== 'junos' && packet.vlan !== HOME,
  },
  {
    name: 'addresses of another VLAN',
    code: 'other-vlans',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'neutron' &&
      packet.vlan === HOME &&
      isOpenByGroups(port, packet) &&
      port.sources.some(({ ip, vlan }) => ip === packet.ip && vlan !== HOME),
  },
  {
    name: 'pairs of a port in another VLAN',
    code: 'other-vlans',
    explains: (seen) =>
      seen.passes &&
      seen.kind !== 'junos' &&
      seen.packet.vlan === HOME &&
      !vlansOf(seen.port).includes(HOME) &&
      (seen.kind === 'proxmox' || isOpenByGroups(seen.port, seen.packet)) &&
      saysPairFor(seen, () => true),
  },
  {
    name: 'no source guard in the VLAN',
    code: 'unguarded-vlans',
    explains: ({ kind, port, packet, passes }) =>
      passes && kind === 'junos' && packet.vlan === UNGUARDED && !isGroupMatter(port, packet),
  },
  {
    name: 'IPv6 of a non-ELS switch',
    code: 'ipv6-without-bindings',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'junos' &&
      port.dialect === 'non-els' &&
      ipVersion(packet.ip) === 6 &&
      !isGroupMatter(port, packet),
  },
  {
    name: 'IPv6 in filters of a non-ELS switch',
    code: 'ipv6-without-bindings',
    explains: ({ kind, port, packet, passes }) =>
      !passes &&
      kind === 'junos' &&
      port.dialect === 'non-els' &&
      ipVersion(packet.ip) === 6 &&
      hasFilter(port) &&
      isIp(packet),
  },
  {
    name: 'host bits',
    code: 'host-bits',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'neutron' &&
      port.hasForeignPair &&
      port.reading === 'network' &&
      !(port.says?.exclusive === true && port.says.pairs !== undefined) &&
      isOpenByGroups(port, packet) &&
      packet.mac === OWN &&
      packet.ip !== HOST_BITS.address &&
      covers([HOST_BITS.range], packet.ip),
  },
  {
    name: 'wide ranges',
    code: 'wide-ranges',
    explains: (seen) => !seen.passes && seen.kind === 'junos' && saysPairFor(seen, isWide),
  },
  {
    name: 'nobody known behind the port',
    code: 'uncertain-addresses',
    explains: (seen) =>
      !seen.passes && seen.kind === 'junos' && seen.port.sources.length === 0 && saysPairFor(seen, () => true),
  },
  {
    name: 'several VLANs behind the port',
    code: 'uncertain-addresses',
    explains: (seen) =>
      !seen.passes && seen.kind === 'junos' && new Set(vlansOf(seen.port)).size > 1 && saysPairFor(seen, () => true),
  },
  {
    name: 'one MAC for an address',
    code: 'two-macs',
    explains: (seen) =>
      !seen.passes &&
      seen.kind === 'junos' &&
      seen.packet.mac !== OWN &&
      seen.port.sources.some(({ ip }) => ip === seen.packet.ip) &&
      saysPairFor(seen, () => true),
  },
  {
    name: 'off without bindings',
    code: 'off-without-bindings',
    explains: ({ kind, port, passes }) =>
      !passes && kind === 'junos' && port.says?.security === 'off' && port.off === 'none',
  },
  {
    name: 'another MAC behind a NIC',
    code: 'foreign-macs',
    explains: (seen) =>
      !seen.passes && seen.kind === 'proxmox' && seen.packet.mac !== OWN && saysPairFor(seen, () => true),
  },
  {
    name: 'another MAC of an open NIC',
    code: 'macs-while-off',
    explains: ({ kind, port, packet, passes }) =>
      !passes && kind === 'proxmox' && port.says?.security === 'off' && packet.mac !== OWN,
  },
  {
    name: 'no groups on NICs',
    code: 'guest-groups',
    explains: (seen) => seen.passes && seen.kind === 'proxmox' && isAsIf(seen, { groups: false }),
  },
  {
    name: 'ARP without IPv4 entries',
    code: 'arp-without-addresses',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'proxmox' &&
      packet.what === 'arp' &&
      packet.mac === OWN &&
      !port.sources.some(({ ip, vlan }) => vlan === HOME && ipVersion(ip) === 4),
  },
  {
    name: 'no set on the NIC',
    code: 'no-set',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'proxmox' &&
      packet.mac === OWN &&
      !port.hasSet &&
      port.sources.every(({ vlan }) => vlan !== HOME),
  },
  {
    name: 'fixed addresses',
    code: 'fixed-addresses',
    explains: ({ kind, port, packet, passes }) =>
      passes &&
      kind === 'neutron' &&
      packet.ip === FIXED &&
      packet.mac === OWN &&
      packet.vlan === HOME &&
      isOpenByGroups(port, packet),
  },
  {
    name: 'taken addresses',
    code: 'taken-addresses',
    explains: (seen) =>
      !seen.passes && seen.kind === 'neutron' && seen.packet.ip === TAKEN && saysPairFor(seen, () => true),
  },
  {
    name: 'groups that are refused',
    code: 'refused-groups',
    explains: (seen) =>
      seen.passes && seen.kind === 'junos' && seen.port.groupsAs === 'refuse' && isAsIf(seen, { groups: false }),
  },
  {
    name: 'no groups at all',
    code: 'empty-groups',
    explains: (seen) =>
      seen.passes && seen.kind === 'junos' && seen.port.says?.groups?.length === 0 && isAsIf(seen, { groups: false }),
  },
  {
    name: 'groups of others',
    code: 'foreign-groups',
    explains: (seen) =>
      seen.passes && seen.kind === 'neutron' && seen.port.says?.exclusive === false && isAsIf(seen, { groups: false }),
  },
  {
    name: 'outgoing traffic that a group leaves open',
    code: 'mixed-groups',
    explains: (seen) =>
      !seen.passes &&
      seen.kind === 'junos' &&
      hasFilter(seen.port) &&
      isIp(seen.packet) &&
      (seen.port.says?.groups ?? []).some((name) => !hasEgress(name)) &&
      !isLetOut((seen.port.says?.groups ?? []).filter(hasEgress), seen.packet),
  },
  {
    name: 'packets, not connections',
    code: 'unopened-connections',
    explains: (seen) =>
      seen.passes &&
      seen.kind === 'junos' &&
      hasFilter(seen.port) &&
      isStateless(seen.port, seen.packet) &&
      isAsIf(seen, { groups: false }),
  },
];

/** The difference that a verdict is, where the driver states it of the port with that effect; undefined: it is a defect. */
export function differenceOf(seen: Seen): Difference | undefined {
  return DIFFERENCES.find(({ explains, code }) => explains(seen) && isStated(code, seen));
}

function isStated(code: CoverageCode, { coverage, passes }: Seen): boolean {
  const effects: readonly CoverageEffect[] = [passes ? 'open' : 'shut', 'partly'];
  return coverage.some((entry) => entry.code === code && effects.includes(entry.effect));
}

/** Whether the switch has a filter for what the port sends. */
function hasFilter({ says, groupsAs }: WantedPort): boolean {
  return says?.security !== 'off' && groupsAs === 'firewall-filter' && (says?.groups ?? []).some(hasEgress);
}

function hasEgress(name: string): boolean {
  return (GROUPS.get(name) ?? []).some(({ direction }) => direction === 'egress');
}

/** Whether a filter takes a packet for a part of a connection, or for the answer to the rule for UDP in `strict`. */
function isStateless({ says }: WantedPort, { what, isFirst, source }: Packet): boolean {
  return (what === 'tcp' && !isFirst) || (what === 'udp' && source === 53 && says?.groups?.includes('strict') === true);
}

/** Whether the groups alone forbid a packet, in a way that a filter of the switch sees. */
function isGroupMatter(port: WantedPort, packet: Packet): boolean {
  return hasFilter(port) && !isStateless(port, packet) && !isLetOut(port.says?.groups ?? [], packet);
}

/** Whether a Neutron port with the policy's groups lets a packet out, or still has the group of somebody else that does. */
function isOpenByGroups({ says }: WantedPort, packet: Packet): boolean {
  return says?.groups === undefined || !says.exclusive || packet.what === 'arp' || isLetOut(says.groups, packet);
}

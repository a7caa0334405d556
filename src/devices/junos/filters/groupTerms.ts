import type { SecurityGroups, SecurityRule } from '../../../domain/policies/securityGroup';
import { isRange, type IpOrRange } from '../../../domain/values/ip';
import type { DialectName } from '../settings';
import type { FilterDirection } from '../policyStatements';

type Family = 4 | 6;

/** What the terms of some groups are rendered from. */
export interface GroupsOfPort {
  readonly names: readonly string[];
  readonly groups: SecurityGroups;
  readonly dialect: DialectName;
  /** The addresses of the ports that have a group. */
  readonly addressesOf: (group: string) => readonly IpOrRange[];
}

/** The terms of a port's filters, by direction; a direction that is absent is not filtered. */
export interface GroupTerms {
  readonly terms: ReadonlyMap<FilterDirection, readonly (readonly string[])[]>;
  /** What the switch cannot match, one sentence each: it is dropped. */
  readonly remarks: readonly string[];
}

interface Match {
  readonly direction: FilterDirection;
  readonly family: Family;
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  readonly remote?: IpOrRange;
  readonly source?: string;
  readonly destination?: string;
  readonly icmpType?: string;
  readonly isEstablished?: boolean;
}

/**
 * Renders groups as terms that only accept, so that their order means nothing. A filter knows no connections: segments of
 * TCP connections that exist pass in both directions, and so do the answers to UDP rules with ports and to ICMP rules. As
 * with a new group of OpenStack, everything may go out until a rule says what, and nothing comes in but what a rule lets in.
 */
export function groupTerms({ names, groups, dialect, addressesOf }: GroupsOfPort): GroupTerms {
  const rules = names.flatMap((name) => groups.get(name) ?? []);
  const remarks = new Set<string>();
  const directions: FilterDirection[] = rules.some(({ direction }) => direction === 'egress')
    ? ['input', 'output']
    : ['output'];
  const matches = rules.flatMap((rule) => {
    const remotes = remotesOf(rule, addressesOf);
    if (remotes.length === 0)
      remarks.add(`a rule for group ${groupOf(rule)} lets nothing through: no port that is known has it`);
    return remotes.flatMap((remote) => matchesOf(rule, remote));
  });
  const conditions = new Map<FilterDirection, Map<string, readonly string[]>>();
  for (const match of [...directions.flatMap((direction) => basics(direction)), ...matches]) {
    if (!directions.includes(match.direction)) continue;
    const words = wordsOf(match, dialect);
    if (words === undefined) {
      if (matches.includes(match))
        remarks.add(
          'filters of this switch match nothing of IPv6 but that it is IPv6: such rules let nothing of it through',
        );
      continue;
    }
    const place = conditions.get(match.direction) ?? new Map<string, readonly string[]>();
    conditions.set(match.direction, place.set([...words].sort().join('; '), words));
  }
  for (const direction of directions)
    conditions.set(direction, new Map([['ether-type arp', ['ether-type arp']], ...(conditions.get(direction) ?? [])]));
  return {
    terms: new Map([...conditions].map(([direction, found]) => [direction, [...found.values()]])),
    remarks: [...remarks],
  };
}

/** What every filtered port needs: connections that exist, DHCP and IPv6 neighbours, as OpenStack lets them through. */
function basics(direction: FilterDirection): readonly Match[] {
  const dhcp = (family: Family, client: string, server: string): Match => ({
    direction,
    family,
    protocol: 'udp',
    source: direction === 'input' ? client : server,
    destination: direction === 'input' ? server : client,
  });
  const router = direction === 'input' ? 'router-solicit' : 'router-advertisement';
  return [
    { direction, family: 4, protocol: 'tcp', isEstablished: true },
    { direction, family: 6, protocol: 'tcp', isEstablished: true },
    dhcp(4, '68', '67'),
    dhcp(6, '546', '547'),
    ...[router, 'neighbor-solicit', 'neighbor-advertisement'].map((icmpType): Match => ({
      direction,
      family: 6,
      protocol: 'icmp',
      icmpType,
    })),
  ];
}

/** A rule with one remote: what it lets through, and the answers. */
function matchesOf(rule: SecurityRule, remote: IpOrRange | undefined): readonly Match[] {
  const there: FilterDirection = rule.direction === 'egress' ? 'input' : 'output';
  const back: FilterDirection = there === 'input' ? 'output' : 'input';
  const ports = portsOf(rule);
  const isAll = remote !== undefined && /^(0\.0\.0\.0|::)\/0$/.test(remote);
  return familiesOf(rule, remote).flatMap((family): readonly Match[] => {
    const common = {
      family,
      ...(rule.protocol === 'any' ? {} : { protocol: rule.protocol }),
      ...(remote === undefined || isAll ? {} : { remote }),
    };
    const answers =
      rule.protocol === 'icmp' || (rule.protocol === 'udp' && ports !== undefined)
        ? [{ ...common, direction: back, ...(ports === undefined ? {} : { source: ports }) }]
        : [];
    return [{ ...common, direction: there, ...(ports === undefined ? {} : { destination: ports }) }, ...answers];
  });
}

function familiesOf({ family }: SecurityRule, remote: IpOrRange | undefined): readonly Family[] {
  if (remote !== undefined) return [versionOf(remote)];
  return family === undefined ? [4, 6] : [family];
}

function versionOf(remote: IpOrRange): Family {
  return remote.includes(':') ? 6 : 4;
}

function portsOf({ ports }: SecurityRule): string | undefined {
  if (ports === undefined || (ports.from <= 1 && ports.to === 65_535)) return undefined;
  return ports.from === ports.to ? String(ports.from) : `${ports.from}-${ports.to}`;
}

function remotesOf(
  { remote, family }: SecurityRule,
  addressesOf: GroupsOfPort['addressesOf'],
): readonly (IpOrRange | undefined)[] {
  if (remote?.kind !== 'group') return [remote?.range];
  return addressesOf(remote.group).filter((one) => family === undefined || versionOf(one) === family);
}

function groupOf({ remote }: SecurityRule): string {
  return remote?.kind === 'group' ? remote.group : '';
}

/** The conditions in the words of the switch; undefined for what it cannot match. */
function wordsOf(match: Match, dialect: DialectName): readonly string[] | undefined {
  const { direction, family, protocol, remote, source, destination, icmpType, isEstablished = false } = match;
  if (protocol === undefined && remote === undefined) return [`ether-type ipv${family}`];
  if (family === 6 && dialect !== 'dhcp-security') return undefined;
  const isEls = dialect === 'dhcp-security';
  const side = direction === 'input' ? 'destination' : 'source';
  const address = family === 6 ? `ip6-${side}-address` : isEls ? `ip-${side}-address` : `${side}-address`;
  const header = family === 6 ? 'next-header' : isEls ? 'ip-protocol' : 'protocol';
  const words = [
    ...(protocol === undefined ? [] : [`${header} ${protocol === 'icmp' && family === 6 ? 'icmp6' : protocol}`]),
    ...(remote === undefined
      ? []
      : [`${address} ${isRange(remote) ? remote : `${remote}/${family === 4 ? 32 : 128}`}`]),
    ...(source === undefined ? [] : [`source-port ${source}`]),
    ...(destination === undefined ? [] : [`destination-port ${destination}`]),
    ...(icmpType === undefined ? [] : [`icmp-type ${icmpType}`]),
    ...(isEstablished ? ['tcp-established'] : []),
  ];
  return family === 6 ? words.map((word) => `ip-version ipv6 ${word}`) : words;
}

import type { Exclusion } from '../../change/outcome';
import { covers, type Cidr, type IpAddress, type IpOrRange } from '../../values/ip';
import { addressesOf, placedAt } from '../placement';
import type { PortFacts, ServerFacts } from '../portFacts';
import type { AssignedIp } from '../server';
import { nameOf, retain, type Finding, type FoundServer } from './finding';
import { holds } from './heldAddresses';

/** Addresses that a server was remembered with and that its own entry, read whole, no longer has. An empty entry is no answer. */
export function vanishedIps(
  { entry, placement }: ServerFacts,
  explainedIps: readonly IpOrRange[],
): readonly IpAddress[] {
  if (entry.state !== 'found' || entry.ips.length === 0) return [];
  return addressesOf(placement).filter((ip) => !holds(entry.ips, ip) && !covers(explainedIps, ip));
}

/**
 * Addresses that the server's own entry no longer has may go when nobody else's has them. Where another server has one,
 * or an entry of the list cannot be read, the address stays: it may have been moved without an `ip_removed`.
 */
export function absenceOf(
  server: ServerFacts,
  ips: readonly IpAddress[],
  { holders: { holders, unread } }: PortFacts,
): Required<Pick<Finding, 'absent' | 'retained'>> {
  const unsure = unread.filter((id) => id !== server.serverId);
  const doubtAbout = (ip: IpAddress): Pick<Exclusion, 'rule' | 'message'> | undefined => {
    const others = (holders.get(ip) ?? []).filter((id) => id !== server.serverId);
    if (others.length > 0)
      return {
        rule: 'assigned-elsewhere',
        message: `${ip} is no longer assigned to ${nameOf(server)} but to server ${others.join(', ')}, and no ip_removed says so; its binding here stays until one does`,
      };
    if (unsure.length > 0)
      return {
        rule: 'server-unreadable',
        message: `${ip} is no longer assigned to ${nameOf(server)}, but the panel's list does not say for certain what server ${unsure.slice(0, 3).join(', ')} has; its binding stays`,
      };
    return undefined;
  };
  return {
    absent: ips.filter((ip) => doubtAbout(ip) === undefined),
    retained: ips.flatMap((ip) => {
      const doubt = doubtAbout(ip);
      return doubt === undefined ? [] : retain(server, [ip], doubt.rule, doubt.message);
    }),
  };
}

/** Whole subnets that a server was last seen with here and that its own entry, read whole, no longer has. An empty entry is no answer. */
export function vanishedRanges(
  { entry, placement }: ServerFacts,
  { here, explainedIps }: Pick<PortFacts, 'here' | 'explainedIps'>,
): readonly Cidr[] {
  if (entry.state !== 'found' || entry.ips.length === 0) return [];
  const has = wholeRanges(entry.ips);
  return (placedAt(placement, here)?.ranges ?? []).filter(
    (range) => !has.includes(range) && !explainedIps.includes(range),
  );
}

/** The subnets that an entry has as a whole. */
function wholeRanges(assigned: readonly AssignedIp[]): readonly Cidr[] {
  return assigned.flatMap(({ isSubnet, range }) => (isSubnet && range !== undefined ? [range] : []));
}

/** The whole subnets to remember of a server here. An empty entry is no intent: the last ones known stay. */
export function rangesOf(
  { entry, placement }: FoundServer,
  { here }: PortFacts,
): { readonly ranges?: readonly Cidr[] } {
  if (entry.ips.length === 0) return {};
  const ranges = wholeRanges(entry.ips);
  return ranges.length === 0 && placedAt(placement, here)?.ranges === undefined ? {} : { ranges };
}

/**
 * What is bound inside a whole subnet that the server no longer has may go as an absent address may: when nobody has
 * anything of it, this server neither (its addresses may be bound one by one now). Otherwise it waits for a person.
 */
function absentRangesOf(server: FoundServer, facts: PortFacts): readonly Cidr[] {
  const { holders, unread } = facts.holders;
  if (unread.some((id) => id !== server.serverId)) return [];
  return vanishedRanges(server, facts).filter((range) => (holders.get(range) ?? []).length === 0);
}

/** What follows for the addresses that a server behind the port had and no longer has. */
export function vanishedFrom(
  server: FoundServer,
  facts: PortFacts,
): Pick<Finding, 'absent' | 'absentRanges' | 'retained'> {
  const absentRanges = absentRangesOf(server, facts);
  return {
    ...absenceOf(server, vanishedIps(server, facts.explainedIps), facts),
    ...(absentRanges.length === 0 ? {} : { absentRanges }),
  };
}

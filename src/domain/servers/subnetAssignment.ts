import { ipv4FromNumber, prefixLength, rangeBounds, type Cidr, type IpAddress } from '../values/ip';
import type { ServerId } from '../event/event';
import type { AssignedIp } from './server';

/** A subnet that a server has as a whole and that is not bound address by address. */
export interface WholeSubnet {
  readonly range: Cidr;
  readonly serverId: ServerId;
  readonly name: string;
}

/** The subnets of servers that are not bound address by address. */
export function wholeSubnets(
  servers: readonly { readonly serverId: ServerId; readonly name: string; readonly ips: readonly AssignedIp[] }[],
): readonly WholeSubnet[] {
  return servers.flatMap(({ serverId, name, ips }) =>
    ips.flatMap(({ isSubnet, range }) => (isSubnet && range !== undefined ? [{ range, serverId, name }] : [])),
  );
}

/** Whether a subnet that is assigned as a whole is bound address by address. IPv6 prefixes never are. */
function isExpanded(range: Cidr, expandFrom: number): boolean {
  return !range.includes(':') && prefixLength(range) >= expandFrom;
}

/**
 * The addresses of a server with each small IPv4 subnet that it has as a whole in the place of that subnet: all of its
 * addresses but network, broadcast and gateway. A subnet of one or two addresses has neither network nor broadcast
 * address (RFC 3021). Larger subnets and IPv6 prefixes stay what they are; they are never enumerated.
 * @param expandFrom the shortest prefix length that is expanded.
 */
export function expandSubnets(assigned: readonly AssignedIp[], expandFrom: number): readonly AssignedIp[] {
  const single = new Set(assigned.filter(({ isSubnet }) => !isSubnet).map(({ ip }) => ip));
  const expanded = new Map<IpAddress, AssignedIp>();
  const rest: AssignedIp[] = [];
  for (const one of assigned) {
    const { range, subnet } = one;
    if (!one.isSubnet || range === undefined || !isExpanded(range, expandFrom)) rest.push(one);
    else
      for (const ip of usableAddresses(range, one.gateway)) {
        const entry = { ip, primary: false, isSubnet: false, partOf: range };
        if (!single.has(ip) && !expanded.has(ip)) expanded.set(ip, subnet === undefined ? entry : { ...entry, subnet });
      }
  }
  return [...rest, ...expanded.values()];
}

function usableAddresses(range: Cidr, gateway: IpAddress | undefined): readonly IpAddress[] {
  const { first, last } = rangeBounds(range);
  const edge = prefixLength(range) >= 31 ? 0n : 1n;
  const ips: IpAddress[] = [];
  for (let number = first + edge; number <= last - edge; number += 1n) ips.push(ipv4FromNumber(number));
  return ips.filter((ip) => ip !== gateway);
}

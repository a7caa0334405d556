import {
  ipNumber,
  ipVersion,
  parseCidr,
  cidrContains,
  prefixLength,
  rangeBounds,
  type Cidr,
  type IpAddress,
} from '../values/ip';
import type { ExclusionRule } from '../change/outcome';
import type { VlanId } from '../values/vlan';

/** A subnet that holds an address. */
export interface AddressRange {
  readonly cidr: Cidr;
  readonly gateway?: IpAddress;
  /** The VLAN that the panel has it in: its own, or inherited. Absent when nothing says one for certain. */
  readonly vlan?: VlanId;
}

/** Why an address is bound to nobody. */
export interface Refusal {
  readonly rule: ExclusionRule;
  readonly message: string;
}

/**
 * Ranges whose addresses no host may send from, or which no panel can give to one (IANA special-purpose registries; RFC
 * 1112 4, RFC 1122 3.2.1.3, RFC 3927, RFC 4291 2.5 and 2.7). A link-local address is the choice of whoever is on the
 * link; the switches let IPv6 hosts use theirs without a binding.
 */
const SPECIAL: readonly (readonly [range: Cidr, what: string])[] = [
  [parseCidr('0.0.0.0/8'), 'an unspecified address'],
  [parseCidr('127.0.0.0/8'), 'a loopback address'],
  [parseCidr('169.254.0.0/16'), 'a link-local address, which hosts choose themselves'],
  [parseCidr('224.0.0.0/4'), 'a multicast address'],
  [parseCidr('255.255.255.255/32'), 'the broadcast address of every network'],
  [parseCidr('240.0.0.0/4'), 'a reserved address'],
  [parseCidr('::/128'), 'the unspecified address'],
  [parseCidr('::1/128'), 'the loopback address'],
  [parseCidr('::ffff:0:0/96'), 'an IPv4 address in the form of IPv6, which is on no wire'],
  [parseCidr('fe80::/10'), 'a link-local address, which hosts choose themselves'],
  [parseCidr('ff00::/8'), 'a multicast address'],
];

/**
 * Addresses that are never bound although the panel assigns them to a server: whoever sends from one of them speaks for
 * a network and not for a host.
 * @param ranges the subnets that hold the address, the smallest first.
 * @param isGateway whether the address is the gateway of any subnet.
 */
export function refusedAddress(
  ip: IpAddress,
  { ranges, isGateway }: { readonly ranges: readonly AddressRange[]; readonly isGateway: boolean },
): Refusal | undefined {
  const special = SPECIAL.find(([range]) => cidrContains(range, ip));
  if (special !== undefined)
    return { rule: 'special-address', message: `${ip} is ${special[1]}; no server may send from it` };
  if (isGateway)
    return { rule: 'gateway-address', message: `${ip} is the gateway of its subnet; it is bound to no server` };
  const link = linkOf(ranges);
  return link === undefined ? undefined : edgeOf(ip, link);
}

/**
 * The subnet that is a network of its own on the wire: the smallest one, unless its gateway lies outside. Then it is
 * only a part of a larger one, whose first and last address count instead of its own.
 */
function linkOf(ranges: readonly AddressRange[]): Cidr | undefined {
  return ranges.find(
    ({ cidr, gateway }) => isPointToPoint(cidr) || gateway === undefined || cidrContains(cidr, gateway),
  )?.cidr;
}

/** Ranges of one or two addresses have neither network nor broadcast address (RFC 3021, RFC 6164). */
function isPointToPoint(cidr: Cidr): boolean {
  return prefixLength(cidr) >= (cidr.includes(':') ? 127 : 31);
}

function edgeOf(ip: IpAddress, cidr: Cidr): Refusal | undefined {
  if (isPointToPoint(cidr)) return undefined;
  const { first, last } = rangeBounds(cidr);
  const number = ipNumber(ip);
  if (ipVersion(ip) === 6) {
    // IPv6 has no broadcast; the first address is the anycast address of the subnet's routers (RFC 4291 2.6.1).
    return number === first
      ? {
          rule: 'network-address',
          message: `${ip} is the anycast address of the routers of ${cidr}; it is bound to no server`,
        }
      : undefined;
  }
  if (number === first)
    return { rule: 'network-address', message: `${ip} is the network address of ${cidr}; it is bound to no server` };
  return number === last
    ? { rule: 'broadcast-address', message: `${ip} is the broadcast address of ${cidr}; it is bound to no server` }
    : undefined;
}

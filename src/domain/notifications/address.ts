import { cidrContains, ipFromNumber, ipNumber, ipVersion, parseCidr, type Cidr, type IpAddress } from '../values/ip';

/**
 * What an address means for a request that a person's configuration, and a name server, have us make: `public`; `private` (a network of
 * the operator's own) and `loopback`, which only an explicit option allows; `forbidden`, which nothing allows.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden';

const ranges = (...texts: readonly string[]): readonly Cidr[] => texts.map(parseCidr);

/**
 * Link-local addresses, among them the metadata services of clouds; those that clouds have elsewhere (fd00:ec2::254 of AWS, fd20:ce::254
 * of Google, 100.100.100.200 of Alibaba, 192.0.0.192 of Oracle, 168.63.129.16 of Azure); addresses that are no host's: unspecified, multicast, reserved.
 */
const FORBIDDEN = ranges(
  ...['169.254.0.0/16', '0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'],
  ...['100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
  ...['fe80::/10', 'fec0::/10', 'ff00::/8', '::/128', 'fd00:ec2::/32', 'fd20:ce::/32', '2001::/32', '100::/64'],
);
const LOOPBACK = ranges('127.0.0.0/8', '::1/128');
/** RFC 1918, RFC 6598, RFC 4193, and what IANA's registries of special-purpose addresses do not call globally reachable. */
const PRIVATE = ranges(
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '192.88.99.0/24'],
  ...['fc00::/7', '2001:db8::/32', '3fff::/20', '5f00::/16'],
);
/** IPv6 addresses that hold an IPv4 address, and by how many bits it lies above the end: mapped, compatible, NAT64, 6to4. */
const EMBEDDING: readonly (readonly [Cidr, bigint])[] = [
  [parseCidr('::ffff:0:0/96'), 0n],
  [parseCidr('::ffff:0:0:0/96'), 0n],
  [parseCidr('::/96'), 0n],
  [parseCidr('64:ff9b::/96'), 0n],
  [parseCidr('64:ff9b:1::/48'), 0n],
  [parseCidr('2002::/16'), 80n],
];

/** What kind of address it is. One that holds an IPv4 address is judged by both. */
export function addressKind(ip: IpAddress): AddressKind {
  const own = kindByRange(ip);
  if (ipVersion(ip) === 4 || own === 'loopback' || own === 'forbidden') return own;
  const held = embedded(ip);
  return held === undefined ? own : kindByRange(held);
}

function kindByRange(ip: IpAddress): AddressKind {
  const isIn = (list: readonly Cidr[]): boolean => list.some((range) => cidrContains(range, ip));
  if (isIn(FORBIDDEN)) return 'forbidden';
  if (isIn(LOOPBACK)) return 'loopback';
  return isIn(PRIVATE) ? 'private' : 'public';
}

function embedded(ip: IpAddress): IpAddress | undefined {
  const found = EMBEDDING.find(([range]) => cidrContains(range, ip));
  return found === undefined ? undefined : ipFromNumber((ipNumber(ip) >> found[1]) & 0xffff_ffffn, 4);
}

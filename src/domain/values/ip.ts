import { Address4, Address6 } from 'ip-address';

/** One IP address in canonical spelling: dotted quad, or RFC 5952 for IPv6 (compressed, lower case). */
export type IpAddress = string & { readonly __brand: 'IpAddress' };

/** An address range in CIDR notation with no host bits set, canonical spelling. */
export type Cidr = string & { readonly __brand: 'Cidr' };

/** The IP version of a canonical address. */
export function ipVersion(ip: IpAddress): 4 | 6 {
  return ip.includes(':') ? 6 : 4;
}

/**
 * Reads one address (no prefix length, no leading zeros, no zone index).
 * @returns the canonical spelling, or undefined when the text is not a single address.
 */
export function tryParseIp(text: string): IpAddress | undefined {
  const trimmed = text.trim();
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(trimmed)) {
    const octets = trimmed.split('.');
    const valid = octets.every((octet) => Number(octet) <= 255 && (octet === '0' || !octet.startsWith('0')));
    return valid ? (trimmed as IpAddress) : undefined;
  }
  if (trimmed.includes(':') && /^[0-9a-fA-F:.]+$/.test(trimmed) && Address6.isValid(trimmed)) {
    return new Address6(trimmed).correctForm() as IpAddress;
  }
  return undefined;
}

/** Like {@link tryParseIp}; throws a RangeError naming the rule. */
export function parseIp(text: string): IpAddress {
  const ip = tryParseIp(text);
  if (ip === undefined) throw new RangeError('must be a single IPv4 or IPv6 address without a prefix length');
  return ip;
}

/** Reads `address/length`; host bits are cleared. @returns undefined when it is not a CIDR range. */
export function tryParseCidr(text: string): Cidr | undefined {
  const [address, length, extra] = text.trim().split('/');
  if (address === undefined || length === undefined || extra !== undefined || !/^\d{1,3}$/.test(length))
    return undefined;
  const ip = tryParseIp(address);
  if (ip === undefined) return undefined;
  const bits = Number(length);
  if (ipVersion(ip) === 4) {
    return bits > 32 ? undefined : (`${new Address4(`${ip}/${bits}`).startAddress().correctForm()}/${bits}` as Cidr);
  }
  return bits > 128 ? undefined : (`${new Address6(`${ip}/${bits}`).startAddress().correctForm()}/${bits}` as Cidr);
}

/** Like {@link tryParseCidr}; throws a RangeError naming the rule. */
export function parseCidr(text: string): Cidr {
  const cidr = tryParseCidr(text);
  if (cidr === undefined) throw new RangeError('must be an address range such as 10.0.48.0/24 or 2001:db8::/64');
  return cidr;
}

/** The prefix length of a range, in bits. */
export function prefixLength(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** Whether the address lies in the range; addresses of the other IP version never do. */
export function cidrContains(cidr: Cidr, ip: IpAddress): boolean {
  if (cidr.includes(':') !== (ipVersion(ip) === 6)) return false;
  const { first, last } = rangeBounds(cidr);
  const number = ipNumber(ip);
  return first <= number && number <= last;
}

/** One address, or all of a range. */
export type IpOrRange = IpAddress | Cidr;

/** Whether it is a range. */
export function isRange(one: IpOrRange): one is Cidr {
  return one.includes('/');
}

/** Whether an address is in a list, alone or within a range. */
export function covers(list: readonly IpOrRange[], ip: IpAddress): boolean {
  return list.some((one) => (isRange(one) ? cidrContains(one, ip) : one === ip));
}

/** Whether two addresses or ranges have an address in common. */
export function overlap(a: IpOrRange, b: IpOrRange): boolean {
  const firstOf = (one: IpOrRange): IpAddress => (isRange(one) ? one.slice(0, one.indexOf('/')) : one) as IpAddress;
  return covers([a], firstOf(b)) || covers([b], firstOf(a));
}

/** Reads an address or a range; a range of one address is that address. Throws a RangeError naming the rule. */
export function parseIpOrRange(text: string): IpOrRange {
  if (!text.includes('/')) return parseIp(text);
  const range = parseCidr(text);
  const bits = range.includes(':') ? 128 : 32;
  return prefixLength(range) === bits ? parseIp(range.slice(0, range.indexOf('/'))) : range;
}

/** How many leading bits two addresses of one IP version have in common. */
export function commonPrefixLength(a: IpAddress, b: IpAddress): number {
  const bits = ipVersion(a) === 4 ? 32 : 128;
  return bits - (ipNumber(a) ^ ipNumber(b)).toString(2).replace(/^0$/, '').length;
}

/** The address as a number. Its spelling is canonical, so that nothing has to be parsed with care: lists of thousands are sorted by it. */
export function ipNumber(ip: IpAddress): bigint {
  return ipVersion(ip) === 4 ? BigInt(ipv4Number(ip)) : ipv6Number(ip);
}

function ipv4Number(ip: IpAddress): number {
  return ip.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

/** @param ip in the form of RFC 5952: hexadecimal groups, of which `::` stands for those that are missing */
function ipv6Number(ip: IpAddress): bigint {
  const [head = '', tail] = ip.split('::');
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  const digits = [...first, ...Array.from({ length: missing }, () => '0'), ...last];
  return BigInt(`0x${digits.map((group) => group.padStart(4, '0')).join('')}`);
}

/** The IPv4 address with this number. */
export function ipv4FromNumber(number: bigint): IpAddress {
  return Address4.fromBigInt(number).correctForm() as IpAddress;
}

/** The address of a version with this number. */
export function ipFromNumber(number: bigint, version: 4 | 6): IpAddress {
  return version === 4 ? ipv4FromNumber(number) : (Address6.fromBigInt(number).correctForm() as IpAddress);
}

/** The first address of a range, whose host bits are all zero, and the last one, whose host bits are all one; as numbers. */
export function rangeBounds(cidr: Cidr): { readonly first: bigint; readonly last: bigint } {
  const [text = ''] = cidr.split('/');
  const first = ipNumber(text as IpAddress);
  const hostBits = BigInt((cidr.includes(':') ? 128 : 32) - prefixLength(cidr));
  return { first, last: first + (1n << hostBits) - 1n };
}

/** Orders addresses: IPv4 before IPv6, then by value. For stable, readable output. */
export function compareIps(a: IpAddress, b: IpAddress): number {
  const version = ipVersion(a) - ipVersion(b);
  if (version !== 0) return version;
  if (ipVersion(a) === 4) return ipv4Number(a) - ipv4Number(b);
  const left = ipNumber(a);
  const right = ipNumber(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

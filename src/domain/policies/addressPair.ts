import { PortwardenError } from '../errors';
import {
  cidrContains,
  compareIps,
  ipVersion,
  parseCidr,
  parseIp,
  prefixLength,
  tryParseCidr,
  tryParseIp,
  type Cidr,
  type IpAddress,
} from '../values/ip';
import { tryParseMac, type MacAddress } from '../values/mac';
import { tryParseVlanId, type VlanId } from '../values/vlan';

/** An address or a range that a port may send from besides its own addresses; a range of one address is the address. */
export type AllowedAddress = IpAddress | Cidr;

/** A further address that a port lets through (OpenStack: allowed address pair). */
export interface AddressPair {
  readonly address: AllowedAddress;
  /** Absent: whatever MAC the port has, also after it changes. */
  readonly mac?: MacAddress;
  /** The VLAN that it passes in, where ports have VLANs. Absent: that of the port's bindings, or of the policy's network. */
  readonly vlan?: VlanId;
}

/** How an address with host bits set, such as `10.10.10.11/24`, is meant: the one address, or the whole range. */
export type HostBitsReading = 'host' | 'network';

/** The widest ranges that need no word of their own: prefix lengths. */
export interface RangeLimits {
  readonly ipv4: number;
  readonly ipv6: number;
}

/**
 * Reads an address or range that a person typed.
 * @param reading how host bits are meant. Without it they are refused with both readings: firewalls of Neutron mask them
 * and let the range through, OVN lets only the one address through (ovn-nb.xml, `port_security`).
 * @throws RangeError naming the rule; PortwardenError `address-pair-ambiguous`.
 */
export function parseAllowedAddress(text: string, reading?: HostBitsReading): AllowedAddress {
  const [written = '', length] = text.trim().split('/');
  const host = tryParseIp(written);
  if (host !== undefined && length === undefined) return host;
  const range = tryParseCidr(text);
  if (host === undefined || range === undefined)
    throw new RangeError('must be an address or a range such as 10.10.10.0/24');
  if (isOneAddress(range)) return host;
  if (rangeStart(range) === host) return range;
  if (reading === 'host') return host;
  if (reading === 'network') return range;
  throw new PortwardenError(
    'address-pair-ambiguous',
    `${text.trim()} can mean the one address ${host} or the whole range ${range}; clouds disagree, so say which`,
    { details: { host, network: range } },
  );
}

/** Reads a pair that a person typed. @throws RangeError naming the rule; PortwardenError `address-pair-ambiguous`. */
export function parseAddressPair(
  { address, mac, vlan }: { readonly address: string; readonly mac?: string; readonly vlan?: string | number },
  reading?: HostBitsReading,
): AddressPair {
  const allowed = parseAllowedAddress(address, reading);
  const hardware = mac === undefined ? undefined : tryParseMac(mac);
  if (mac !== undefined && hardware === undefined)
    throw new RangeError('must have a unicast MAC address such as aa:bb:cc:dd:ee:ff');
  const id = vlan === undefined ? undefined : tryParseVlanId(vlan);
  if (vlan !== undefined && id === undefined) throw new RangeError('must have a VLAN id from 1 to 4094');
  return {
    address: allowed,
    ...(hardware === undefined ? {} : { mac: hardware }),
    ...(id === undefined ? {} : { vlan: id }),
  };
}

/**
 * A pair as a device spells it, in the one spelling that is compared: order, case, `/32` and IPv6 spelling do not
 * matter. @returns undefined for what nobody here would write (host bits, no unicast MAC): it equals nothing.
 */
export function canonicalPair(address: string, mac: string): Required<Omit<AddressPair, 'vlan'>> | undefined {
  const hardware = tryParseMac(mac);
  if (hardware === undefined) return undefined;
  try {
    return { address: parseAllowedAddress(address), mac: hardware };
  } catch {
    return undefined;
  }
}

/** A text that is the same for equal pairs. @param portMac the MAC of the port that a pair without one means, where it is known. */
export function pairKey({ address, mac }: AddressPair, portMac?: MacAddress): string {
  return `${mac ?? portMac ?? ''}|${address}`;
}

/** The pairs of all lists, each once in each VLAN: a MAC left out and the port's own are the same. In a stable order. */
export function unitePairs(lists: readonly (readonly AddressPair[])[], portMac?: MacAddress): readonly AddressPair[] {
  const pairs = new Map<string, AddressPair>();
  for (const pair of lists.flat()) {
    const key = `${pairKey(pair, portMac)}|${pair.vlan ?? ''}`;
    if (!pairs.has(key)) pairs.set(key, pair);
  }
  return [...pairs.values()].sort(comparePairs);
}

/** Whether all addresses of the pair are addresses that the port sends from anyway: such a pair takes up room for nothing. */
export function isRedundant(
  { address, mac }: AddressPair,
  port: { readonly mac: MacAddress; readonly ips: readonly IpAddress[] },
): boolean {
  return !isRange(address) && (mac ?? port.mac) === port.mac && port.ips.includes(address);
}

/** Codes by which pairs are refused, whatever port they are for. */
type PairRefusal = 'address-pair-multicast' | 'address-pair-metadata' | 'address-pair-too-wide';

/** Why a pair is refused at the door, whatever port it is for; undefined when it is fine. */
export function pairRefusal(
  { address }: AddressPair,
  options: { readonly limits: RangeLimits; readonly wide: boolean },
): { readonly code: PairRefusal; readonly message: string } | undefined {
  const range = isRange(address) ? address : parseCidr(`${address}/${ipVersion(address) === 4 ? 32 : 128}`);
  const everything = prefixLength(range) === 0;
  if (!everything && MULTICAST.some((multicast) => overlap(multicast, range)))
    return {
      code: 'address-pair-multicast',
      message: `${address} is or holds multicast addresses, from which nobody sends`,
    };
  if (METADATA.includes(address))
    return {
      code: 'address-pair-metadata',
      message: `${address} is the metadata service of clouds: a port that sends as it can hand out keys and passwords to others`,
    };
  const limit = range.includes(':') ? options.limits.ipv6 : options.limits.ipv4;
  if (options.wide || prefixLength(range) >= limit) return undefined;
  const consequence = everything
    ? 'with it the port may send from any address, and every rule with a remote group lets through whatever reaches the group'
    : `ranges wider than /${limit} need a word of their own`;
  return { code: 'address-pair-too-wide', message: `${address} is refused: ${consequence}` };
}

/** Whether it is a range of several addresses. */
function isRange(address: AllowedAddress): address is Cidr {
  return address.includes('/');
}

const MULTICAST: readonly Cidr[] = [parseCidr('224.0.0.0/4'), parseCidr('ff00::/8')];

/** Where machines of clouds ask for their metadata. */
const METADATA: readonly AllowedAddress[] = [parseIp('169.254.169.254'), parseIp('fe80::a9fe:a9fe')];

/** Two ranges overlap when one holds the other's first address. */
function overlap(a: Cidr, b: Cidr): boolean {
  return cidrContains(a, rangeStart(b)) || cidrContains(b, rangeStart(a));
}

function isOneAddress(range: Cidr): boolean {
  return prefixLength(range) === (range.includes(':') ? 128 : 32);
}

/** The first address of a range; a range has no host bits, so its text begins with it. */
function rangeStart(range: Cidr): IpAddress {
  return range.slice(0, range.indexOf('/')) as IpAddress;
}

function comparePairs(a: AddressPair, b: AddressPair): number {
  const byAddress = compareIps(startOf(a.address), startOf(b.address));
  if (byAddress !== 0) return byAddress;
  const [left, right] = [a, b].map(({ address, mac = '', vlan = '' }) => `${address}|${mac}|${vlan}`) as [
    string,
    string,
  ];
  return left < right ? -1 : left > right ? 1 : 0;
}

function startOf(address: AllowedAddress): IpAddress {
  return isRange(address) ? rangeStart(address) : address;
}

import { isIP, isIPv4 } from 'node:net';
import { badRequest, Refusal, textOf } from './answers';
import type { Pair } from './world';

/**
 * Reads address pairs as Neutron does: they are kept as typed, and a MAC that is left out is the port's at that moment.
 * @throws Refusal with Neutron's type and words.
 */
export function readPairs(value: unknown, portMac: string, most: number): readonly Pair[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw badRequest('Allowed address pairs must be a list.');
  const given = (value as unknown[]).map(readPair);
  if (given.length > most)
    throw new Refusal(
      400,
      'AllowedAddressPairExhausted',
      `The number of allowed address pair exceeds the maximum ${most}.`,
    );
  refuseDuplicates(given.map(({ mac_address = 'None', ip_address }) => ({ mac_address, ip_address })));
  const pairs = given.map(({ mac_address = portMac, ip_address }) => ({ mac_address, ip_address }));
  refuseDuplicates(pairs);
  return pairs;
}

/** The order in which the database gives them. */
export function ordered(pairs: readonly Pair[]): readonly Pair[] {
  const key = ({ mac_address, ip_address }: Pair): string => `${mac_address} ${ip_address}`;
  return [...pairs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function readPair(value: unknown): { readonly ip_address: string; readonly mac_address?: string } {
  const pair = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(pair).filter((name) => name !== 'ip_address' && name !== 'mac_address');
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`);
  const { ip_address: ip, mac_address: mac } = pair;
  if (!('ip_address' in pair))
    throw new Refusal(400, 'AllowedAddressPairsMissingIP', 'AllowedAddressPair must contain ip_address');
  if ('mac_address' in pair && (typeof mac !== 'string' || !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(mac)))
    throw badRequest(`'${mac === null ? 'None' : textOf(mac)}' is not a valid MAC address`);
  const address = textOf(ip);
  if (address.includes('/')) checkSubnet(address);
  else checkAddress(address);
  return { ip_address: address, ...(typeof mac === 'string' ? { mac_address: mac } : {}) };
}

function checkAddress(text: string): void {
  if (isIP(text) !== 0) return;
  const without = text.replace(/\b0+(?=\d)/g, '');
  if (isIPv4(without)) throw badRequest(`'${text}' is not an accepted IP address, '${without}' is recommended`);
  throw badRequest(`'${text}' is not a valid IP address`);
}

function checkSubnet(text: string): void {
  const [address = '', prefix = ''] = text.split('/');
  const bits = isIPv4(address) ? 32 : 128;
  if (isIP(address) !== 0 && /^\d{1,3}$/.test(prefix)) {
    if (Number(prefix) <= bits) return;
    throw badRequest(`'${text}' is not a valid IP subnet`);
  }
  const octets = address.split('.');
  const filled = [...octets, ...Array<string>(Math.max(4 - octets.length, 0)).fill('0')].join('.');
  const length = /^\d{1,2}$/.test(prefix) ? Number(prefix) : lengthOfMask(prefix);
  if (!isIPv4(filled) || length === undefined || length > 32) throw badRequest(`'${text}' is not a valid IP subnet`);
  throw badRequest(
    `'${text}' isn't a recognized IP subnet cidr, '${networkOf(filled, length)}/${length}' is recommended`,
  );
}

function lengthOfMask(mask: string): number | undefined {
  if (!isIPv4(mask)) return undefined;
  const bits = mask.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'));
  const text = bits.join('');
  return /^1*0*$/.test(text) ? text.replace(/0/g, '').length : undefined;
}

function networkOf(address: string, length: number): string {
  const value = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - length);
  const network = Math.floor(value / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.');
}

function refuseDuplicates(pairs: readonly Pair[]): void {
  const seen = new Set<string>();
  for (const { mac_address, ip_address } of pairs) {
    const key = `${mac_address} ${ip_address}`;
    if (seen.has(key))
      throw new Refusal(
        400,
        'DuplicateAddressPairInRequest',
        `Request contains duplicate address pair: mac_address ${mac_address} ip_address ${ip_address}.`,
      );
    seen.add(key);
  }
}

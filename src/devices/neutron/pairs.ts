import type { Statement } from '../../domain/change/statement';
import { tryParseCidr, tryParseIp } from '../../domain/values/ip';
import { tryParseMac } from '../../domain/values/mac';

/** An allowed address pair as Neutron has it: spelled as somebody typed it. */
export interface AddressPair {
  readonly ip_address: string;
  readonly mac_address: string;
}

/**
 * What a pair means, whatever its spelling (notes on Neutron 5): the MAC in lower case with colons, an address in its
 * shortest form, `/32` and `/128` left out. A range stays as it is typed, its host bits too: back ends disagree about them.
 */
export function canonical({ ip_address, mac_address }: AddressPair): AddressPair {
  const [address = '', prefix] = ip_address.split('/');
  const ip = tryParseIp(address);
  const isWhole = prefix === undefined || (ip !== undefined && prefix === (ip.includes(':') ? '128' : '32'));
  return {
    ip_address: ip === undefined ? ip_address : isWhole ? ip : `${ip}/${prefix}`,
    mac_address: tryParseMac(mac_address) ?? mac_address,
  };
}

/** The pair as a statement. Only a single address is an address that an event can name; a range is not. */
export function statementOf(pair: AddressPair): Statement {
  const { ip_address, mac_address } = canonical(pair);
  const ip = ip_address.includes('/') ? undefined : tryParseIp(ip_address);
  return {
    key: keyOf(pair),
    text: `${ip_address} from ${mac_address}`,
    mac: mac_address,
    ...(ip === undefined ? {} : { ip }),
  };
}

/**
 * What a range with host bits may mean: back ends disagree (notes on Neutron 5). Undefined for a single address and for a
 * range without.
 */
export function hostBitsOf(pair: AddressPair): { readonly address: string; readonly network: string } | undefined {
  const { ip_address } = canonical(pair);
  const [address = ''] = ip_address.split('/');
  const network = tryParseCidr(ip_address);
  return network === undefined || network.split('/')[0] === address ? undefined : { address, network };
}

/** Pairs as they are sent: nothing but the two attributes. */
export function pairsOf(pairs: readonly AddressPair[]): readonly AddressPair[] {
  return pairs.map(({ ip_address, mac_address }) => ({ ip_address, mac_address }));
}

/** Pairs of the same key are the same pair, however they are spelled. */
export function keyOf(pair: AddressPair): string {
  const { ip_address, mac_address } = canonical(pair);
  return `${mac_address}|${ip_address}`;
}

/** The pair that a statement stands for, as it is sent. */
export function pairOf({ key }: Statement): AddressPair {
  const [mac_address = '', ip_address = ''] = key.split('|');
  return { ip_address, mac_address };
}

/** Statements of pairs, each once: one pair may be there in two spellings. */
export function statementsOf(pairs: readonly AddressPair[]): readonly Statement[] {
  return [...new Map(pairs.map(statementOf).map((statement) => [statement.key, statement])).values()];
}

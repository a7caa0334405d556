import { tryParseCidr, tryParseIp, type Cidr, type IpAddress } from '../../domain/values/ip';
import { tryParseVlanId, type VlanId } from '../../domain/values/vlan';
import type { Lenient } from '../../clients/tenantos/coercions';
import type { SubnetListAnswer } from '../../clients/tenantos/schemas';

/** A value of a row that may be absent, or that could not be read. */
export type RowValue<T> = { readonly value?: T } | { readonly odd: string };

/** A row of `GET /subnets`, each value by itself. */
export interface SubnetRow {
  /** How messages call it: `subnet 7 (10.0.48.0/24)`. */
  readonly label: string;
  readonly id: RowValue<number>;
  /** `odd` when network or prefix length is missing or cannot be read; `network` is then what of it could be. */
  readonly range: { readonly value: Cidr } | { readonly odd: string; readonly network?: IpAddress };
  readonly gateway?: IpAddress;
  /** `static_access_vlan_id`: the VLAN that the panel puts servers of this subnet into. */
  readonly vlan: RowValue<VlanId>;
  /** The subnet that this one is a part of and inherits from. */
  readonly root: RowValue<number>;
}

/** Reads the rows of `GET /subnets`; none is left out, and an odd value is that row's own. */
export function readSubnetRows(answers: SubnetListAnswer): readonly SubnetRow[] {
  return answers.map((answer, index) => {
    if ('odd' in answer) {
      const { odd } = answer;
      return { label: `row ${index} of /subnets (${odd})`, id: { odd }, range: { odd }, vlan: { odd }, root: { odd } };
    }
    const { id, subnet, cidr, gw, static_access_vlan_id: vlan, rootSubnetId } = answer.value;
    const range = readRange(subnet, cidr);
    const gateway = addressOf(gw);
    return {
      label: labelOf(id, index, 'value' in range ? range.value : shown(subnet)),
      id: present(id),
      range,
      vlan: readVlan(vlan),
      root: present(rootSubnetId),
      ...(gateway === undefined ? {} : { gateway }),
    };
  });
}

/**
 * Builds a range from the panel's separate network and prefix length; the network may carry the length already.
 * @returns undefined when either is missing or cannot be read.
 */
export function rangeOf(network: Lenient<string | undefined>, length: Lenient<number | undefined>): Cidr | undefined {
  const text = known(network);
  if (text === undefined || 'odd' in length) return undefined;
  if (text.includes('/')) return tryParseCidr(text);
  return length.value === undefined ? undefined : tryParseCidr(`${text}/${length.value}`);
}

/** An address, such as a gateway; undefined when there is none or it cannot be read. */
export function addressOf(value: Lenient<string | undefined>): IpAddress | undefined {
  const text = known(value);
  return text === undefined ? undefined : tryParseIp(text);
}

function known<T>(value: Lenient<T | undefined>): T | undefined {
  return 'odd' in value ? undefined : value.value;
}

function readRange(network: Lenient<string | undefined>, length: Lenient<number | undefined>): SubnetRow['range'] {
  const range = rangeOf(network, length);
  if (range !== undefined) return { value: range };
  const [address] = known(network)?.split('/') ?? [];
  const ip = address === undefined ? undefined : tryParseIp(address);
  return { odd: `subnet ${shown(network)}, cidr ${shown(length)}`, ...(ip === undefined ? {} : { network: ip }) };
}

/** 0 is how PHP writes that there is none; any other number that is no VLAN id was meant to be one. */
function readVlan(vlan: Lenient<number | undefined>): RowValue<VlanId> {
  if ('odd' in vlan) return { odd: `static_access_vlan_id ${vlan.odd}` };
  if (vlan.value === undefined || vlan.value === 0) return {};
  const id = tryParseVlanId(vlan.value);
  return id === undefined ? { odd: `static_access_vlan_id ${vlan.value}` } : { value: id };
}

function present(number: Lenient<number | undefined>): RowValue<number> {
  if ('odd' in number) return number;
  return number.value === undefined ? {} : { value: number.value };
}

function labelOf(id: Lenient<number | undefined>, index: number, range: string): string {
  const number = known(id);
  return number === undefined ? `row ${index} of /subnets (${range})` : `subnet ${number} (${range})`;
}

function shown(value: Lenient<string | number | undefined>): string {
  return 'odd' in value ? value.odd : String(value.value ?? 'nothing');
}

import type { Binding } from '../desired/binding';
import { ipFromNumber, isRange, rangeBounds, type IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanId } from '../values/vlan';
import type { AddressPair, AllowedAddress } from './addressPair';

/** A pair, or an address of one, that becomes no binding. */
export interface RefusedPair {
  readonly address: AllowedAddress;
  readonly code: 'address-pair-too-wide' | 'policy-not-enforceable';
  /** One sentence. */
  readonly message: string;
}

/** The further addresses of a port as bindings, on devices that hold nothing but single addresses. */
export interface PairBindings {
  readonly bindings: readonly Binding[];
  readonly refused: readonly RefusedPair[];
}

/**
 * Turns pairs into bindings. A pair without a MAC is of the only one that the port's servers have; the VLAN is that of the
 * bindings of the same MAC, else of all of them. Whatever is not certain is refused: a binding in the wrong VLAN opens another one.
 * @param sources what the servers behind the port have.
 * @param maxAddresses the most addresses that one range may stand for.
 */
export function pairBindings(
  pairs: readonly AddressPair[],
  sources: readonly Binding[],
  maxAddresses: number,
): PairBindings {
  const bindings = new Map<IpAddress, Binding>();
  const refused: RefusedPair[] = [];
  const refuse = (address: AllowedAddress, message: string): void =>
    void refused.push({ address, code: 'policy-not-enforceable', message });
  for (const pair of pairs) {
    const place = placeOf(pair, sources);
    const addresses = addressesOf(pair, maxAddresses);
    if (typeof addresses === 'string')
      refused.push({ address: pair.address, code: 'address-pair-too-wide', message: addresses });
    else if (typeof place === 'string') refuse(pair.address, `${pair.address} is not bound: ${place}`);
    else
      for (const ip of addresses) {
        const binding = { ip, ...place };
        const other = bindings.get(ip) ?? sources.find((source) => source.ip === ip);
        if (other === undefined) bindings.set(ip, binding);
        else if (other.mac !== binding.mac || other.vlan !== binding.vlan)
          refuse(
            ip,
            `${ip} is not bound to ${binding.mac}: the port has it with ${other.mac}, and an address has one MAC there`,
          );
      }
  }
  return { bindings: [...bindings.values()], refused };
}

function placeOf({ mac }: AddressPair, sources: readonly Binding[]): { mac: MacAddress; vlan: VlanId } | string {
  const [first, ...more] = new Set(sources.map((source) => source.mac));
  if (mac === undefined && first === undefined) return 'no server behind the port has a MAC and a VLAN that are known';
  if (mac === undefined && more.length > 0)
    return `${more.length + 1} MACs are behind the port, and the policy names none`;
  const chosen = mac ?? first;
  const own = sources.filter((source) => source.mac === chosen);
  const vlans = [...new Set((own.length > 0 ? own : sources).map(({ vlan }) => vlan))];
  const [vlan] = vlans;
  if (chosen === undefined || vlan === undefined) return 'no server behind the port has a VLAN that is known';
  if (vlans.length > 1)
    return `its VLAN is not certain: the port has bindings of ${own.length > 0 ? chosen : 'it'} in VLANs ${vlans.join(', ')}`;
  return { mac: chosen, vlan };
}

function addressesOf({ address }: AddressPair, most: number): readonly IpAddress[] | string {
  if (!isRange(address)) return [address];
  const { first, last } = rangeBounds(address);
  const count = last - first + 1n;
  if (count > BigInt(most))
    return `${address} has ${count} addresses, each of which would be a binding; at most ${most} are bound for one range (policies.maxAddresses)`;
  return Array.from({ length: Number(count) }, (_, index) =>
    ipFromNumber(first + BigInt(index), address.includes(':') ? 6 : 4),
  );
}

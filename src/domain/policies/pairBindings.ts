import type { Binding } from '../desired/binding';
import { ipFromNumber, isRange, rangeBounds, type IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import { inVlan, vlanAllowed, type VlanAllowlist, type VlanId } from '../values/vlan';
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

/** How far pairs may go. */
interface PairLimits {
  /** The most addresses that one range may stand for. */
  readonly maxAddresses: number;
  /** In no other VLAN anything is bound, whoever says it. */
  readonly vlanAllowlist: VlanAllowlist;
}

/**
 * Turns pairs into bindings. A pair without a MAC is of the only one that the port's servers have; one without a VLAN is in that
 * of the bindings of the same MAC, else of all of them. Whatever is not certain is refused, with what to name: a binding in the
 * wrong VLAN opens another one.
 * @param sources what the servers behind the port have.
 */
export function pairBindings(
  pairs: readonly AddressPair[],
  sources: readonly Binding[],
  { maxAddresses, vlanAllowlist }: PairLimits,
): PairBindings {
  const bindings = new Map<IpAddress, Binding>();
  const refused: RefusedPair[] = [];
  const refuse = (address: AllowedAddress, message: string): void =>
    void refused.push({ address, code: 'policy-not-enforceable', message });
  for (const pair of pairs) {
    const place = placeOf(pair, sources, vlanAllowlist);
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
            `${ip} is not bound to ${binding.mac}: the port has it with ${other.mac}${inVlan(other.vlan)}, and an address has one MAC and one VLAN there`,
          );
      }
  }
  return { bindings: [...bindings.values()], refused };
}

type Place = { readonly mac: MacAddress; readonly vlan: VlanId };

function placeOf({ mac, vlan }: AddressPair, sources: readonly Binding[], allowlist: VlanAllowlist): Place | string {
  const chosen = mac ?? onlyMac(sources);
  if (typeof chosen === 'object') return chosen.why;
  const place = vlan ?? onlyVlan(chosen, sources);
  if (typeof place === 'object') return place.why;
  return vlanAllowed(allowlist, place)
    ? { mac: chosen, vlan: place }
    : `VLAN ${place} is not on the allowlist (vlans.allowlist)`;
}

function onlyMac(sources: readonly Binding[]): MacAddress | { readonly why: string } {
  const [first, ...more] = new Set(sources.map(({ mac }) => mac));
  if (first === undefined)
    return { why: 'no server behind the port has a MAC and a VLAN that are known; name both (mac-address, vlan)' };
  if (more.length === 0) return first;
  return { why: `${more.length + 1} MACs are behind the port, and the policy names none (mac-address)` };
}

function onlyVlan(mac: MacAddress, sources: readonly Binding[]): VlanId | { readonly why: string } {
  const own = sources.filter((source) => source.mac === mac);
  const [vlan, ...more] = new Set((own.length > 0 ? own : sources).map((source) => source.vlan));
  const name = 'name one (vlan), or set the policy for the network (--network)';
  if (vlan === undefined) return { why: `no server behind the port has a VLAN that is known; ${name}` };
  if (more.length === 0) return vlan;
  return {
    why: `its VLAN is not certain: the port has bindings${own.length > 0 ? ` of ${mac}` : ''} in VLANs ${[vlan, ...more].join(', ')}; ${name}`,
  };
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

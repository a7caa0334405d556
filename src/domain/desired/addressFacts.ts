import type { AssignedIp } from '../servers/server';
import type { Cidr, IpAddress } from '../values/ip';
import { NO_VLAN, type VlanId } from '../values/vlan';
import { refusedAddress, type Refusal } from './addressRules';
import { strayAddress } from './strayAddress';
import { statedVlan, type PanelAddress, type StatedVlan, type VlanMap } from './vlanResolution';

/** What map, panel and rules say of addresses by themselves, before the port or a NIC is looked at. */
export interface AddressFacts {
  readonly stated: ReadonlyMap<IpAddress, StatedVlan>;
  /** Why it is not clear which VLAN the panel's subnets state. */
  readonly unclear: ReadonlyMap<IpAddress, string>;
  /** Addresses that are bound to nobody. */
  readonly refused: ReadonlyMap<IpAddress, Refusal>;
  /** Why an address is not bound in a VLAN, whoever says that it is in it: see {@link strayAddress}. */
  readonly stray: (ip: IpAddress, vlan: VlanId) => Refusal | undefined;
}

/** What the panel's subnets say. */
export interface SubnetWords {
  /** Of an address; its smallest subnet decides. */
  readonly of: (assigned: AssignedIp) => PanelAddress;
  /** The subnets that are in a VLAN, their own or inherited, as far as they can be read. */
  readonly inVlan: (vlan: VlanId) => readonly Cidr[];
}

/** Judges every address by itself. */
export function addressFacts(assigned: readonly AssignedIp[], map: VlanMap, subnets: SubnetWords): AddressFacts {
  const known = new Map<IpAddress, PanelAddress>();
  const stated = new Map<IpAddress, StatedVlan>();
  const unclear = new Map<IpAddress, string>();
  const refused = new Map<IpAddress, Refusal>();
  for (const one of assigned) {
    const panel = subnets.of(one);
    known.set(one.ip, panel);
    const vlan = statedVlan(map, panel, one.ip);
    if (vlan !== undefined && 'unclear' in vlan) unclear.set(one.ip, vlan.unclear);
    else if (vlan !== undefined) stated.set(one.ip, vlan);
    const refusal = refusedAddress(one.ip, panel);
    if (refusal !== undefined) refused.set(one.ip, refusal);
  }
  const stray: AddressFacts['stray'] = (ip, vlan) => {
    const panel = known.get(ip);
    return panel === undefined ? undefined : strayAddress(ip, vlan, panel, subnets.inVlan(vlan), map);
  };
  return { stated, unclear, refused, stray };
}

/** The same of addresses at a port of a kind that knows no VLANs: each is in {@link NO_VLAN}, whatever map and panel say. */
export function withoutVlans({ refused }: AddressFacts, assigned: readonly AssignedIp[]): AddressFacts {
  const stated = assigned.map(({ ip }) => [ip, { vlan: NO_VLAN, source: 'no-vlans' }] as const);
  return { stated: new Map(stated), unclear: new Map(), refused, stray: () => undefined };
}

/** Whether the VLAN of an address, if it gets one, must come from the port or a NIC. */
export function isVlanOpen({ ip, isSubnet }: AssignedIp, { stated, unclear, refused }: AddressFacts): boolean {
  return !isSubnet && !stated.has(ip) && !unclear.has(ip) && !refused.has(ip);
}

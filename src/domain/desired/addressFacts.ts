import type { AssignedIp } from '../servers/server';
import type { IpAddress } from '../values/ip';
import { refusedAddress, type Refusal } from './addressRules';
import { statedVlan, type PanelAddress, type StatedVlan, type VlanMap } from './vlanResolution';

/** What map, panel and rules say of addresses by themselves, before the port or a NIC is looked at. */
export interface AddressFacts {
  readonly stated: ReadonlyMap<IpAddress, StatedVlan>;
  /** Why it is not clear which VLAN the panel's subnets state. */
  readonly unclear: ReadonlyMap<IpAddress, string>;
  /** Addresses that are bound to nobody. */
  readonly refused: ReadonlyMap<IpAddress, Refusal>;
}

/** Judges every address by itself. @param panelSays what the panel's subnets say of an address. */
export function addressFacts(
  assigned: readonly AssignedIp[],
  map: VlanMap,
  panelSays: (assigned: AssignedIp) => PanelAddress,
): AddressFacts {
  const stated = new Map<IpAddress, StatedVlan>();
  const unclear = new Map<IpAddress, string>();
  const refused = new Map<IpAddress, Refusal>();
  for (const one of assigned) {
    const panel = panelSays(one);
    const vlan = statedVlan(map, panel, one.ip);
    if (vlan !== undefined && 'unclear' in vlan) unclear.set(one.ip, vlan.unclear);
    else if (vlan !== undefined) stated.set(one.ip, vlan);
    const refusal = refusedAddress(one.ip, panel);
    if (refusal !== undefined) refused.set(one.ip, refusal);
  }
  return { stated, unclear, refused };
}

/** Whether the VLAN of an address, if it gets one, must come from the port or a NIC. */
export function isVlanOpen({ ip, isSubnet }: AssignedIp, { stated, unclear, refused }: AddressFacts): boolean {
  return !isSubnet && !stated.has(ip) && !unclear.has(ip) && !refused.has(ip);
}

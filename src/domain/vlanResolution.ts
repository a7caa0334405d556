import { cidrContains, prefixLength, type Cidr, type IpAddress } from './ip';
import type { VlanId } from './vlan';

/** The service's own map of address range to VLAN, from the configuration. */
export type VlanMap = readonly { readonly range: Cidr; readonly vlan: VlanId }[];

/** Where the VLAN of an address was learnt. */
export type VlanSource = 'configured-map' | 'panel-subnet';

/** An address' VLAN by rules 1 and 2 of docs/vlans.md, before the port or NIC is looked at. */
export interface StatedVlan {
  readonly vlan: VlanId;
  readonly source: VlanSource;
}

/** Rule 1: the longest configured range that holds the address. */
export function vlanFromMap(map: VlanMap, ip: IpAddress): VlanId | undefined {
  let best: VlanMap[number] | undefined;
  for (const candidate of map) {
    const longer = best === undefined || prefixLength(candidate.range) > prefixLength(best.range);
    if (longer && cidrContains(candidate.range, ip)) best = candidate;
  }
  return best?.vlan;
}

/** Rules 1 and 2 in order: the service's own map wins over the panel's subnet. */
export function statedVlan(map: VlanMap, panelVlan: VlanId | undefined, ip: IpAddress): StatedVlan | undefined {
  const mapped = vlanFromMap(map, ip);
  if (mapped !== undefined) return { vlan: mapped, source: 'configured-map' };
  return panelVlan === undefined ? undefined : { vlan: panelVlan, source: 'panel-subnet' };
}

import type { AddressRange } from './addressRules';
import { cidrContains, prefixLength, type Cidr, type IpAddress } from '../values/ip';
import type { VlanId } from '../values/vlan';

/** The service's own map of address range to VLAN, from the configuration. */
export type VlanMap = readonly { readonly range: Cidr; readonly vlan: VlanId }[];

/** Where the VLAN of an address was learnt. */
export type VlanSource = 'configured-map' | 'panel-subnet' | 'no-vlans';

/** An address' VLAN by rules 1 and 2 of docs/vlans.md, before the port or NIC is looked at. */
export interface StatedVlan {
  readonly vlan: VlanId;
  readonly source: VlanSource;
}

/** Rule 1: the longest configured range that holds the address. */
export function vlanFromMap(map: VlanMap, ip: IpAddress): VlanId | undefined {
  return mapEntryOf(map, ip)?.vlan;
}

/** The entry of the map that decides about an address: the longest range that holds it. */
export function mapEntryOf(map: VlanMap, ip: IpAddress): VlanMap[number] | undefined {
  let best: VlanMap[number] | undefined;
  for (const candidate of map) {
    const longer = best === undefined || prefixLength(candidate.range) > prefixLength(best.range);
    if (longer && cidrContains(candidate.range, ip)) best = candidate;
  }
  return best;
}

/** What the panel's subnets say of an address. */
export interface PanelAddress {
  readonly vlan?: VlanId;
  /** Why they do not say for certain which VLAN it is in, though they may name one: an odd row, two rows that disagree. */
  readonly unclear?: string;
  /** The subnets that hold it, the smallest first. */
  readonly ranges: readonly AddressRange[];
  /** Whether it is the gateway of one of the subnets. */
  readonly isGateway: boolean;
}

/** Rules 1 and 2 in order: the service's own map wins over the panel's subnet, also over one that is unclear. */
export function statedVlan(
  map: VlanMap,
  panel: Pick<PanelAddress, 'vlan' | 'unclear'>,
  ip: IpAddress,
): StatedVlan | { readonly unclear: string } | undefined {
  const mapped = vlanFromMap(map, ip);
  if (mapped !== undefined) return { vlan: mapped, source: 'configured-map' };
  if (panel.unclear !== undefined) return { unclear: panel.unclear };
  return panel.vlan === undefined ? undefined : { vlan: panel.vlan, source: 'panel-subnet' };
}

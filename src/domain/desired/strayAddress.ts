import { ipVersion, prefixLength, type Cidr, type IpAddress } from '../values/ip';
import type { VlanId } from '../values/vlan';
import type { Refusal } from './addressRules';
import { mapEntryOf, type PanelAddress, type VlanMap } from './vlanResolution';

/** How many subnets a message names. */
const SHOWN = 3;

/**
 * Why an address must not be bound in a VLAN: the panel has subnets in that VLAN, and the address is in none of them, so
 * that the VLAN, or the address, is a mistake. Only where that is certain. It is not while the panel has no subnet of
 * that IP version in the VLAN, while the subnet that holds the address may be in it (it names no VLAN, or a row that
 * cannot be read may decide), and where a range of the map speaks of that very subnet, or of a part of it.
 * @param panel the subnets that hold the address, each with its VLAN.
 * @param ofVlan all the readable subnets that the panel has in the VLAN.
 */
export function strayAddress(
  ip: IpAddress,
  vlan: VlanId,
  panel: PanelAddress,
  ofVlan: readonly Cidr[],
  map: VlanMap,
): Refusal | undefined {
  const known = ofVlan.filter((cidr) => cidr.includes(':') === (ipVersion(ip) === 6));
  if (known.length === 0 || panel.unclear !== undefined) return undefined;
  if (panel.ranges.some((range) => range.vlan === vlan)) return undefined;
  const [smallest] = panel.ranges;
  if (smallest !== undefined) {
    const mapped = mapEntryOf(map, ip);
    const isMeant = mapped !== undefined && prefixLength(mapped.range) >= prefixLength(smallest.cidr);
    if (smallest.vlan === undefined || isMeant) return undefined;
  }
  const shown = known.slice(0, SHOWN).join(', ');
  const more = known.length > SHOWN ? ` and ${known.length - SHOWN} more` : '';
  const where =
    smallest === undefined ? 'in none of its subnets' : `in ${smallest.cidr}, which is in VLAN ${smallest.vlan ?? '?'}`;
  return {
    rule: 'outside-subnet',
    message: `${ip} would be in VLAN ${vlan}, of which the panel has ${shown}${more}; the panel has the address ${where}, so it is not bound`,
  };
}

import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanId } from '../values/vlan';

/** What a port shall let through: this address, from this MAC, in this VLAN. */
export interface Binding {
  readonly ip: IpAddress;
  readonly mac: MacAddress;
  readonly vlan: VlanId;
}

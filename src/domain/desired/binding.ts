import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanId } from '../values/vlan';

/** What a port shall let through: this address, from this MAC, in this VLAN. */
export interface Binding {
  readonly ip: IpAddress;
  readonly mac: MacAddress;
  readonly vlan: VlanId;
}

/** A MAC in a VLAN: two servers with the same one cannot be told apart by the network. */
export type MacInVlan = Pick<Binding, 'mac' | 'vlan'>;

/** A text that is the same for the same MAC in the same VLAN. */
export function macInVlanKey({ mac, vlan }: MacInVlan): string {
  return `${mac} ${vlan}`;
}

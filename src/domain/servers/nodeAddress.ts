import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { NicVlan } from './server';

/** An address of a node itself: of its management, storage or migration network. */
export interface NodeAddress {
  readonly ip: IpAddress;
  /** The interface that has it; absent when only the cluster says that it is the node's. */
  readonly iface?: string;
  /** What the interface leaves by, as of a bridge. */
  readonly leavesBy: readonly string[];
  /** The VLAN of the node's own frames on the uplink. */
  readonly vlan: NicVlan;
  /** What its network configuration gives the interface (`hwaddress`). Any other MAC Proxmox does not tell. */
  readonly mac?: MacAddress;
}

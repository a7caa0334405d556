import type { MacInVlan } from '../desired/binding';
import type { ErrorReport } from '../errors';
import type { ServerId } from '../event/event';
import type { Cidr, IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { DeviceId } from '../values/device';
import type { PortName, PortRef } from '../values/port';
import type { VlanId } from '../values/vlan';
import type { NodeAddress } from './nodeAddress';
import type { NodeBridge } from './nodeUplink';

/** An address the panel assigned to a server. */
export interface AssignedIp {
  readonly ip: IpAddress;
  readonly primary: boolean;
  /** True when the assignment is a whole subnet that is too large to be bound address by address; `ip` is its network then. */
  readonly isSubnet: boolean;
  /** Of a whole subnet: its range, and its gateway where the panel names one inside. */
  readonly range?: Cidr;
  readonly gateway?: IpAddress;
  /** Of an address that the server has because a whole subnet is assigned: that subnet. */
  readonly partOf?: Cidr;
  /** The panel's subnet that holds the address, when the panel says so. */
  readonly subnet?: Cidr;
  /** Set when it is the gateway of that subnet. */
  readonly isGateway?: true;
}

/** A switch port that the panel says a server is plugged into (`snmp_switch` connection). */
export interface SwitchAttachment {
  readonly device: DeviceId;
  /** The panel's number of the port. */
  readonly portId: number;
  /** The interface name; absent when the panel does not know the port id. */
  readonly port?: PortName;
  /** The connection's `switchAutomation`. */
  readonly automated: boolean;
  /** Whether the switch has management user and password, in the panel or in the configuration. */
  readonly manageable: boolean;
}

/** Where a VM runs, as its panel entry says (hypervisor connection). */
export interface HypervisorAttachment {
  /** The configured cluster's name. */
  readonly cluster: string;
  readonly vmid: number;
}

/** A server as the panel describes it. */
export interface PanelServer {
  readonly serverId: ServerId;
  readonly name: string;
  readonly kind: 'dedicated' | 'vm';
  readonly ips: readonly AssignedIp[];
  readonly attachments: readonly SwitchAttachment[];
  /** The `dhcp` connection's `pxe_mac`. */
  readonly pxeMac?: MacAddress;
  /** For VMs; absent when the panel entry has no usable hypervisor connection. */
  readonly hypervisor?: HypervisorAttachment;
}

/** A port on which a server's bindings are, or are expected. */
export interface PlacedPort extends PortRef {
  /** The port whose settings rule there, as the last proven pass found it. Absent: the port itself. */
  readonly effectivePort?: PortName;
  /** For VMs: the node through whose uplink its traffic enters here. Absent in placements of earlier releases, and where `own` is. */
  readonly node?: string;
  /** The cluster of that node, where it is another one than the guest is in now: names of nodes may be the same in both. */
  readonly cluster?: string;
  /** It is the guest's own NIC, which goes with the guest: through the uplink of whatever node that is, its traffic enters as well. */
  readonly own?: true;
  /** The server's addresses that the last proven pass over the port read back from it; absent until there was one. */
  readonly bound?: readonly IpAddress[];
  /**
   * The MACs, each with its VLAN, that the last proven pass read back with those addresses. Absent when there were none
   * whose VLAN is known, and in placements of earlier releases.
   */
  readonly macs?: readonly MacInVlan[];
  /**
   * Subnets that the panel assigned to the server as a whole when it was last seen here, and that are not bound address by
   * address; those that it no longer does as long as something is bound inside. Absent: none.
   */
  readonly ranges?: readonly Cidr[];
  /** The last pass found that the guest is on its way here, and bound it beforehand. */
  readonly arriving?: true;
  /** The last pass found that the server is elsewhere now; what is bound here stayed. */
  readonly left?: boolean;
  /** When a pass found that first, by the store's clock in Unix milliseconds: the grace time begins then. */
  readonly leftAt?: number;
}

/**
 * Through which ports a server's traffic enters, as last known, and through which it entered before while bindings of
 * it may be there. Stored, because a deleted server can no longer be looked up.
 */
export interface Placement {
  readonly serverId: ServerId;
  readonly kind: 'dedicated' | 'vm';
  readonly ports: readonly PlacedPort[];
  /** For VMs: where it is now. */
  readonly guest?: { readonly cluster: string; readonly node: string; readonly vmid: number };
  /** Addresses that the panel listed when the placement was last seen. */
  readonly ips: readonly IpAddress[];
  /**
   * When the newest reading began that says where the server is, by the store's clock in Unix milliseconds. What an older
   * one says is not believed any more. Absent in placements of earlier releases.
   */
  readonly seenAt?: number;
}

/** A VLAN of one NIC as the hypervisor's configuration says it appears on the node's uplink. */
export type NicVlan =
  | { readonly kind: 'tagged'; readonly vlan: VlanId }
  /** Untagged on a bridge: the uplink's native VLAN. */
  | { readonly kind: 'native' }
  /** Several VLANs may be sent (trunk port, untagged on a VLAN-aware bridge). */
  | { readonly kind: 'trunk'; readonly vlans: readonly VlanId[] | 'all'; readonly native: boolean }
  /** Never reaches the uplink (user NAT, simple zone, VXLAN). */
  | { readonly kind: 'off-uplink'; readonly why: string }
  /** Could not be established; bindings of this NIC are left as they are. */
  | { readonly kind: 'unknown'; readonly why: string };

/** A network interface of a guest. */
export interface GuestNic {
  /** 0 to 31, from `netN`. */
  readonly index: number;
  readonly bridge?: string;
  /** The bridge that it moves to at the guest's next start, while that is pending. */
  readonly pendingBridge?: string;
  /** Live MAC first and, while a change is pending, the pending one too. Empty when it is random at each start. */
  readonly macs: readonly MacAddress[];
  /** Of the live configuration. */
  readonly vlan: NicVlan;
  /** Addresses that Proxmox itself ties to this NIC (cloud-init `ipconfigN`, container `ip=`), if any. */
  readonly ips: readonly IpAddress[];
  /** Its link is switched off (`link_down=1`). */
  readonly linkDown?: true;
  /** What waits for the guest's next start, in words: another MAC, tag or bridge, its removal. */
  readonly pending?: string;
  /** It is added at the guest's next start; until then no frame comes from it. */
  readonly notYet?: true;
}

/** A guest of a Proxmox node: a virtual machine or a container. */
export interface Guest {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly name: string;
  readonly template: boolean;
  /** It is marked as a template, and is not certain to be stopped. */
  readonly templateRuns?: true;
  /** The NICs that its tags in Proxmox choose (`portwarden-net1`), where several fit. Absent: none. */
  readonly chosenNics?: readonly number[];
  /** The guest is locked by a migration; both ends may carry its traffic. */
  readonly migrating: boolean;
  /** It is still on this node, and on its way to the one that was read. Absent: it is on the one that was read. */
  readonly arrivingFrom?: string;
  readonly nics: readonly GuestNic[];
}

/** A guest that is on the node, whose configuration could not be read. */
export interface UnreadGuest {
  readonly vmid: number;
  readonly error: ErrorReport;
}

/** A permission-verified reading of one node's guests, complete but for those that it names as unread. */
export interface NodeInventory {
  readonly cluster: string;
  readonly node: string;
  /** When the reading began, by the store's clock in Unix milliseconds. */
  readonly readAt?: number;
  readonly guests: readonly Guest[];
  /** Guests that are here too, but could not be read; what is bound for them stays. Absent: none. */
  readonly unread?: readonly UnreadGuest[];
  /** The node's bridges and the vnets of its guests, with what they leave by. Absent in readings of earlier releases. */
  readonly bridges?: readonly NodeBridge[];
  /** The node's own addresses. Absent in readings of earlier releases. */
  readonly addresses?: readonly NodeAddress[];
  /** What the names of the cluster's nodes resolve to. Absent in readings of earlier releases. */
  readonly nodes?: readonly { readonly node: string; readonly ip: IpAddress }[];
}

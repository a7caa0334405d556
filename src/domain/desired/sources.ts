import type { ServerMacs } from './additionalAddress';
import type { NicUplink } from '../servers/nodeUplink';
import type { AssignedIp, Guest } from '../servers/server';
import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanAllowlist, VlanId } from '../values/vlan';
import type { Refusal } from './addressRules';
import type { NodeSource } from './nodeAddresses';
import type { StatedVlan } from './vlanResolution';

/** A dedicated server on the port. */
export interface DedicatedSource {
  readonly serverId: ServerId;
  readonly name: string;
  readonly pxeMac?: MacAddress;
  readonly ips: readonly AssignedIp[];
  /** The port's own access or native VLAN, asked for only when an address has no stated VLAN. */
  readonly portVlan?: VlanId;
  /** Absent: every address is bound to `pxeMac`. */
  readonly macs?: ServerMacs;
}

/** A guest of the node behind the port, with the addresses that its panel entry has. */
export interface GuestSource {
  readonly serverId: ServerId;
  readonly name: string;
  readonly guest: Guest;
  readonly ips: readonly AssignedIp[];
  /** Where the frames of its NICs enter, by NIC index; those that are not in it enter through the port. */
  readonly uplinks?: ReadonlyMap<number, NicUplink>;
}

/** Everything the desired bindings of one port are computed from. */
export interface PortSources {
  readonly dedicated: readonly DedicatedSource[];
  readonly guests: readonly GuestSource[];
  /** The nodes behind the port, with their own addresses. */
  readonly nodes?: readonly NodeSource[];
  /** The stated VLAN of each address (rules 1 and 2), where there is one. */
  readonly stated: ReadonlyMap<IpAddress, StatedVlan>;
  /** Why it is not clear whether the panel's subnets state a VLAN: such an address gets none from port or NIC either. */
  readonly unclear?: ReadonlyMap<IpAddress, string>;
  /** Addresses that are bound to nobody, and why. */
  readonly refused?: ReadonlyMap<IpAddress, Refusal>;
  /** Why an address is not bound in a VLAN though it would be: the panel's subnets of the VLAN do not hold it. */
  readonly stray?: (ip: IpAddress, vlan: VlanId) => Refusal | undefined;
  readonly allowlist: VlanAllowlist;
  /** The VLAN of untagged frames on the uplinks of NICs of which {@link GuestSource.uplinks} says nothing. */
  readonly nativeVlan?: VlanId;
}

import { compareIps, type IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { VlanId } from '../values/vlan';

/** What a port lets through: this address, from this MAC, in this VLAN. */
export interface Binding {
  readonly ip: IpAddress;
  readonly mac: MacAddress;
  readonly vlan: VlanId;
}

/**
 * A binding as a device holds it. Junos names the VLAN instead of numbering it, and what a person configured
 * by hand may lack a MAC; such an entry is compared as it is and never equals a desired one.
 */
export interface EnforcedBinding {
  readonly ip: IpAddress;
  /** Canonical when it parses, else as the device spells it; empty when the statement has none. */
  readonly mac: string;
  readonly vlanName: string;
}

/** Whether two enforced bindings are the same statement. */
export function sameBinding(a: EnforcedBinding, b: EnforcedBinding): boolean {
  return a.ip === b.ip && a.mac === b.mac && a.vlanName === b.vlanName;
}

/** Orders bindings by address, then VLAN name, for stable output. */
export function compareBindings(a: EnforcedBinding, b: EnforcedBinding): number {
  return compareIps(a.ip, b.ip) || a.vlanName.localeCompare(b.vlanName) || a.mac.localeCompare(b.mac);
}

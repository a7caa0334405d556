import type { ClusterFirewallOptions } from '../../clients/proxmox/schema';
import { asideSet } from './naming';
import type { NicFilter } from './nicFilter';
import type { GuestSettings } from './reading';

/**
 * Why Proxmox does not do what a set says, in words; none: it does. Proxmox looks at the sets of a NIC when the firewall
 * of the cluster, that of the guest and `firewall=1` of the NIC are on; the option `ipfilter` of the guest is not
 * needed for it (pve-firewall, `generate_tap_rules_direction`).
 */
export function whyNotEnforced(
  { nic, place }: Pick<NicFilter, 'nic' | 'place'>,
  { nics, options }: GuestSettings,
  cluster: ClusterFirewallOptions,
): readonly string[] {
  const settings = nics.get(nic);
  return [
    ...(place === 'aside' ? [`its filter is put aside as ${asideSet(nic)}`] : []),
    ...((cluster.enable ?? 0) === 0 ? ['the firewall of the cluster is off'] : []),
    ...(options.enable === true ? [] : ['the firewall of the guest is off']),
    ...(settings?.hasFirewall === true
      ? []
      : [settings === undefined ? `the guest has no net${nic}` : `net${nic} does not have firewall=1`]),
  ];
}

/** What is enforced in part only, in words. */
export function whatIsLeft({ options }: GuestSettings, cluster: ClusterFirewallOptions): readonly string[] {
  return [
    ...(options.macfilter === false ? ['macfilter=0: another MAC may be used'] : []),
    ...(cluster.ebtables === false ? ['ebtables=0: ARP is not filtered'] : []),
  ];
}

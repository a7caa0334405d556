import type { CoverageEntry } from '../../src/domain/coverage';
import { statementsOf } from '../../src/devices/proxmoxFirewall/entries';
import { isAside } from '../../src/devices/proxmoxFirewall/filterPolicies';
import { applyPlan } from '../../src/domain/change/plan';
import { deviceId } from '../../src/domain/values/device';
import { covers, isRange, parseCidr, parseIp, type IpOrRange } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import { oneNic } from '../devices/proxmoxFirewall/oneNic';
import { planned } from './planned';
import { HOME, linkLocalOf, OWN, policiesOf, type Packet, type WantedPort } from './port';

const DEVICE = deviceId('proxmoxFirewall', 'lab');
const NIC = parsePortName('101/net0');

/** The entries of the NIC's filter that are in force once the product has had it; undefined when none is. */
export function filtered(port: WantedPort): readonly string[] | undefined {
  const before = port.hasSet ? ([] as const) : undefined;
  const state = oneNic({ entries: before, mac: OWN });
  // Which NIC carries an address is its VLAN's matter (`filterByVlan`): those of others are on others.
  const sources = port.sources.filter(({ vlan }) => vlan === HOME);
  const plan = planned(state, DEVICE, NIC, sources, policiesOf(port, DEVICE, NIC));
  if (plan.add.some(isAside)) return undefined;
  const after = applyPlan(statementsOf(before ?? [], 'ipfilter-net0'), plan);
  return before === undefined && after.length === 0 ? undefined : after.map(({ key }) => key);
}

/** What the driver says of a NIC with such a set. */
export function coverageOfSet(set: readonly string[] | undefined): readonly CoverageEntry[] {
  return oneNic({ entries: set }).coverage(NIC);
}

/**
 * What Proxmox does with a packet of a NIC with such a set, everything being on (docs/proxmox-firewall.md; pve-firewall,
 * `generate_tap_rules_direction` and `compile_ebtables_filter`): the MAC is the NIC's, a DHCP client passes before the filter, ARP is held against the IPv4
 * entries where there are any, the MAC's own link-local address passes. Filters are in FORWARD, and the NIC's tag is its VLAN.
 */
export function proxmoxModel(set: readonly string[] | undefined): (packet: Packet) => boolean {
  const entries = set?.map((text): IpOrRange => (text.includes('/') ? parseCidr(text) : parseIp(text)));
  const hasIpv4 = entries?.some((entry) => !entry.includes(':')) === true;
  const isIn = (ip: Packet['ip']): boolean =>
    entries?.some((entry) => (isRange(entry) ? covers([entry], ip) : entry === ip)) === true;
  return ({ to, vlan, mac, ip, what }) => {
    if (vlan !== HOME) return false;
    if (to === 'hypervisor') return true;
    if (mac !== OWN) return false;
    if (set === undefined || what === 'dhcp-client') return true;
    if (what === 'arp') return !hasIpv4 || isIn(ip);
    return isIn(ip) || ip === linkLocalOf(OWN);
  };
}

import { statementsOf } from '../../src/devices/proxmoxFirewall/entries';
import { FilterState } from '../../src/devices/proxmoxFirewall/filterState';
import { applyPlan } from '../../src/domain/change/plan';
import { deviceId } from '../../src/domain/values/device';
import { ipVersion, parseIp } from '../../src/domain/values/ip';
import { parsePortName } from '../../src/domain/values/port';
import { planned } from './planned';
import { HOME, linkLocalOf, OWN, policiesOf, type Packet, type WantedPort } from './port';

const DEVICE = deviceId('proxmoxFirewall', 'lab');
const NIC = parsePortName('101/net0');

/** The addresses of the NIC's set once the product has had it; undefined when it has none. */
export function filtered(port: WantedPort): readonly string[] | undefined {
  const before = port.hasSet ? [] : undefined;
  const state = new FilterState({
    cluster: { enable: 1, ebtables: true },
    guests: new Map([
      [
        101,
        {
          guest: { vmid: 101, type: 'qemu', node: 'pve1' },
          sets: new Map(before === undefined ? [] : [[0, before]]),
          unfinished: [],
          settings: {
            nics: new Map([[0, { hasFirewall: true }]]),
            options: { enable: true, ipfilter: undefined, macfilter: undefined, dhcp: undefined, ndp: undefined },
          },
        },
      ],
    ]),
  });
  // Which NIC carries an address is its VLAN's matter (`filterByVlan`): those of others are on others.
  const sources = port.sources.filter(({ vlan }) => vlan === HOME);
  const plan = planned(state, DEVICE, NIC, sources, policiesOf(port, DEVICE, NIC));
  const after = applyPlan(statementsOf(before ?? [], 'ipfilter-net0'), plan);
  return before === undefined && after.length === 0 ? undefined : after.map(({ key }) => key);
}

/**
 * What Proxmox does with a packet of a NIC with such a set, everything being on (docs/proxmox-firewall.md; pve-firewall,
 * `generate_tap_rules_direction` and `compile_ebtables_filter`): the MAC is the NIC's, a DHCP client passes before the filter, ARP is held against the IPv4
 * entries where there are any, the MAC's own link-local address passes. Filters are in FORWARD, and the NIC's tag is its VLAN.
 */
export function proxmoxModel(set: readonly string[] | undefined): (packet: Packet) => boolean {
  const hasIpv4 = set?.some((entry) => ipVersion(parseIp(entry)) === 4) === true;
  return ({ to, vlan, mac, ip, what }) => {
    if (vlan !== HOME) return false;
    if (to === 'hypervisor') return true;
    if (mac !== OWN) return false;
    if (set === undefined || what === 'dhcp-client') return true;
    if (what === 'arp') return !hasIpv4 || set.includes(ip);
    return set.includes(ip) || ip === linkLocalOf(OWN);
  };
}

import type { NodeBridge } from '../../domain/servers/nodeUplink';
import type { NetworkRow } from '../../clients/proxmox/schema';
import type { NodeNetwork } from './vlan';

/** The bridges of these names (or vnets), with what their frames leave by, so that a configured uplink may name any of it. */
export function bridgesNamed(names: readonly string[], network: NodeNetwork): readonly NodeBridge[] {
  return [...new Set(names)].sort().map((name) => ({ name, leavesBy: interfacesBelow(name, network) }));
}

/**
 * Everything below an interface, in the order of its first mention: a vnet's bridge, a bridge's ports, the device under
 * a VLAN interface, a bond's cards. Fields: GET /nodes/{node}/network of Proxmox VE; interfaces(5), ifupdown2.
 */
export function interfacesBelow(name: string, network: NodeNetwork): readonly string[] {
  const found = new Set<string>();
  const visit = (iface: string): void => {
    for (const below of directlyBelow(iface, network)) {
      if (below === name || found.has(below) || network.interfaces.get(below)?.type === 'OVSIntPort') continue;
      found.add(below);
      visit(below);
    }
  };
  visit(name);
  return [...found];
}

function directlyBelow(name: string, network: NodeNetwork): readonly string[] {
  const row = network.interfaces.get(name);
  if (row === undefined) {
    const zone = network.vnets.get(name)?.zone;
    const bridge = zone === undefined ? undefined : network.zones.get(zone)?.bridge;
    return bridge === undefined ? rawDevice(name) : [bridge];
  }
  const listed = [row.bridge_ports, row.ovs_ports, row.slaves, row.ovs_bonds].flatMap(names);
  return [...listed, ...rawDevice(name, row)];
}

/** The device that a VLAN interface is on: named, or by the form of its own name. */
function rawDevice(name: string, row?: NetworkRow): readonly string[] {
  const raw = row?.['vlan-raw-device'] ?? /^(.+)\.\d{1,4}$/.exec(name)?.[1];
  return raw === undefined ? [] : [raw];
}

function names(list: string | undefined): readonly string[] {
  return (list ?? '').split(/[\s,;]+/).filter((name) => name !== '' && name !== 'none');
}

import type { ClusterWorld } from '../scenarios/scenario';
import { interfacesDiff } from './interfaces';

/** A row of the node's network configuration, in the API's own field names. */
export type NetworkRow = Readonly<Record<string, string | number | null | readonly string[]>> & {
  readonly iface: string;
  readonly type: string;
};

/** A node as the fake cluster holds it. */
export interface LabNode {
  readonly name: string;
  readonly ip: string;
  online: boolean;
  /** Whether the other nodes receive its guests' statistics. */
  statistics: boolean;
  /** What runs. */
  network: readonly NetworkRow[];
  /** What waits to be applied, with the diff against what runs, while something does. */
  staged: { readonly network: readonly NetworkRow[]; readonly changes: string } | undefined;
}

/** A bridge as scenarios and the admin side describe it. */
export type BridgeWorld = ClusterWorld['nodes'][number]['bridges'][number];

/** The fields of a row for a static address, of either version. */
function addressOf({ address }: BridgeWorld): Readonly<Record<string, string | number>> {
  const [ip, length] = address?.split('/') ?? [];
  if (address === undefined || ip === undefined || length === undefined) return {};
  return ip.includes(':')
    ? { method6: 'static', address6: ip, netmask6: Number(length), cidr6: address }
    : { method: 'static', address: ip, netmask: length, cidr: address };
}

/** The rows of /nodes/{node}/network for bridges, with the bonds and VLAN interfaces that their ports imply. */
export function networkOf(bridges: ClusterWorld['nodes'][number]['bridges']): NetworkRow[] {
  const rows = new Map<string, NetworkRow>();
  const manual = { method: 'manual', method6: 'manual', priority: 3 };
  const addPort = (name: string): void => {
    const [, raw, vlan] = /^(.+)\.(\d+)$/.exec(name) ?? [];
    if (raw !== undefined && vlan !== undefined) {
      addPort(raw);
      rows.set(name, {
        iface: name,
        type: 'vlan',
        'vlan-raw-device': raw,
        'vlan-id': vlan,
        active: 1,
        exists: 1,
        ...manual,
      });
    } else if (name.startsWith('bond')) {
      rows.set(name, {
        iface: name,
        type: 'bond',
        bond_mode: '802.3ad',
        slaves: 'eno1 eno2',
        active: 1,
        exists: 1,
        ...manual,
      });
    } else {
      rows.set(name, { iface: name, type: 'eth', active: 1, exists: 1, ...manual });
    }
  };
  for (const bridge of bridges)
    bridge.ports
      .split(/\s+/)
      .filter((name) => name !== '' && name !== 'none')
      .forEach(addPort);
  for (const bridge of bridges) {
    rows.set(bridge.iface, {
      iface: bridge.iface,
      type: 'bridge',
      bridge_ports: bridge.ports,
      bridge_stp: 'off',
      bridge_fd: '0',
      ...(bridge.vlanAware ? { bridge_vlan_aware: 1, bridge_vids: '2-4094' } : {}),
      active: 1,
      autostart: 1,
      exists: null,
      ...manual,
      ...addressOf(bridge),
      ...(bridge.hwaddress === undefined ? {} : { options: [`\thwaddress ${bridge.hwaddress}`] }),
    });
  }
  return [...rows.values()];
}

/** Writes other bridges into the node's `interfaces.new`; nothing is staged when they are what runs. */
export function stage(node: LabNode, bridges: readonly BridgeWorld[]): void {
  const network = networkOf(bridges);
  const changes = interfacesDiff(node.network, network);
  node.staged = changes === undefined ? undefined : { network, changes };
}

/** What is staged runs. */
export function applyStaged(node: LabNode): void {
  node.network = node.staged?.network ?? node.network;
  node.staged = undefined;
}

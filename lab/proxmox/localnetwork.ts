import type { LabCluster, LabGuest } from './cluster';

/**
 * The forms of GET /nodes/{node}/sdn/zones/localnetwork/bridges over time: `absent` before pve-network 1.2,
 * `old` (index without `net`, no vmid on tap and veth ports) in 1.2.0, `new` since 1.2.3.
 */
export type BridgesForm = 'absent' | 'old' | 'new';

/**
 * The live bridge ports of a node, for its configured Linux bridges. Which bridges are listed follows what is staged,
 * what is said of them is what runs; a bridge that does not run has neither `vlan_filtering` nor ports.
 */
export function localnetworkBridges(cluster: LabCluster, nodeName: string, form: 'old' | 'new'): unknown[] {
  const node = cluster.node(nodeName);
  const listed = (node?.staged?.network ?? node?.network ?? []).filter((row) => row.type === 'bridge');
  return listed.map(({ iface }) => {
    const bridge = node?.network.find((row) => row.iface === iface && row.type === 'bridge');
    if (bridge === undefined) return { name: iface, vlan_filtering: null, ports: [] };
    const aware = bridge['bridge_vlan_aware'] === 1;
    const guests = cluster.guests.filter((guest) => guest.node === nodeName && guest.status === 'running');
    const uplinks = String(bridge['bridge_ports'] ?? '')
      .split(/\s+/)
      .filter((name) => name !== '' && name !== 'none');
    return {
      name: iface,
      vlan_filtering: aware ? '1' : '0',
      ports: [
        ...uplinks.map((name) => ({ name, ...(aware ? { primary_vlan: 1, vlans: ['2-4094'] } : {}) })),
        ...guests.flatMap((guest) => guestPorts(guest, iface, aware, form)),
      ],
    };
  });
}

function guestPorts(guest: LabGuest, bridge: string, aware: boolean, form: 'old' | 'new'): unknown[] {
  return Object.entries(guest.config).flatMap(([key, text]) => {
    const index = /^net(\d+)$/.exec(key)?.[1];
    if (index === undefined) return [];
    const option = (name: string): string | undefined => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(text)?.[1];
    if (option('bridge') !== bridge) return [];
    const tag = option('tag');
    // A tag on a bridge without VLAN filtering puts the port on an internal bridge vmbrXvT instead.
    if (!aware && tag !== undefined) return [];
    const firewall = option('firewall') === '1';
    const plain = guest.type === 'qemu' ? `tap${guest.vmid}i${index}` : `veth${guest.vmid}i${index}`;
    const trunks = option('trunks');
    const vlans = trunks?.split(';') ?? (tag === undefined ? ['2-4094'] : []);
    return [
      {
        name: firewall ? `fwpr${guest.vmid}p${index}` : plain,
        vmid: form === 'old' && !firewall ? null : guest.vmid,
        index: form === 'old' ? index : `net${index}`,
        ...(aware ? { primary_vlan: Number(tag ?? 1), vlans } : {}),
      },
    ];
  });
}

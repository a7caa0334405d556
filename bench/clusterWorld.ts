import type { ClusterWorld } from '../lab/scenarios/scenario';

export const NODE = 'pve1';

/** A cluster of some guests, with so many of them on its first node and the others on a second one. */
export function clusterWorld(guests: number, onFirst: number): ClusterWorld {
  const bridges = [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }];
  return {
    name: 'pve-bench',
    nodes: [
      { name: NODE, bridges },
      { name: 'pve2', bridges },
    ],
    guests: Array.from({ length: guests }, (_, n) => ({
      vmid: 1_000 + n,
      type: 'qemu' as const,
      name: `vm-${n}`,
      node: n < onFirst ? NODE : 'pve2',
      config: {
        net0: `virtio=BC:24:11:00:${[n >> 8, n & 255].map((byte) => byte.toString(16).padStart(2, '0')).join(':')},bridge=vmbr0,tag=13`,
      },
    })),
  };
}

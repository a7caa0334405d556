import type { LabCluster } from './cluster';

/** Fields by which Proxmox tells the entries of its lists apart. */
const NAMES = ['id', 'vmid', 'iface', 'vnet', 'zone', 'name'];

/** The first half of a list; of a single thing, half of its keys. */
export function halved(data: unknown): unknown {
  if (Array.isArray(data)) return data.slice(0, Math.floor(data.length / 2));
  if (typeof data !== 'object' || data === null) return data;
  const entries = Object.entries(data);
  return Object.fromEntries(entries.slice(0, Math.floor(entries.length / 2)));
}

/** A path about the next guest of the node, or about the next node, instead of the one that was asked for. */
export function aboutAnother(segments: readonly string[], cluster: LabCluster): readonly string[] {
  const [first, node = '', kind, id, ...rest] = segments;
  if (first !== 'nodes') return segments;
  if (kind === 'qemu' || kind === 'lxc') {
    const guests = cluster.guests.filter((guest) => guest.node === node && guest.type === kind);
    const next = guests[(guests.findIndex(({ vmid }) => String(vmid) === id) + 1) % guests.length];
    return next === undefined ? segments : ['nodes', node, kind, String(next.vmid), ...rest];
  }
  const next = cluster.nodes[(cluster.nodes.findIndex(({ name }) => name === node) + 1) % cluster.nodes.length];
  return next === undefined ? segments : ['nodes', next.name, ...segments.slice(2)];
}

/** The entries of a list with each other's names and numbers, the values of a single thing with each other's keys. */
export function exchanged(data: unknown): unknown {
  if (Array.isArray(data)) {
    const rows = data as Readonly<Record<string, unknown>>[];
    return rows.map((row, index) => {
      const next = rows[(index + 1) % rows.length] ?? row;
      return { ...row, ...Object.fromEntries(NAMES.flatMap((name) => (name in row ? [[name, next[name]]] : []))) };
    });
  }
  if (typeof data !== 'object' || data === null) return data;
  const entries: [string, unknown][] = Object.entries(data);
  return Object.fromEntries(entries.map(([key], index) => [key, entries[(index + 1) % entries.length]?.[1]]));
}

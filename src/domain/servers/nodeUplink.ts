import type { MacAddress } from '../values/mac';
import { samePort, type PortRef } from '../values/port';
import type { VlanId } from '../values/vlan';

/** Switch ports through which the frames of some bridges of a node reach the network. */
export interface NodeUplink {
  /**
   * Interfaces of the node that lead there: bridges, SDN vnets, or what is below them (bonds, VLAN interfaces, cards).
   * Absent: every bridge that no other uplink of the node names.
   */
  readonly interfaces?: readonly string[];
  /** One port (a cable, an aggregate), or several that carry the same (MC-LAG, ESI): each has all the bindings. */
  readonly ports: readonly PortRef[];
  /** The VLAN of untagged frames. */
  readonly nativeVlan?: VlanId;
  /** The MAC of the node itself on this uplink, when configured. */
  readonly mac?: MacAddress;
}

/** A bridge of a node, with the interfaces through which its frames leave. */
export interface NodeBridge {
  readonly name: string;
  /** The bridge that carries it (a vnet's), its ports, the devices and slaves below them. Without what ends on the node. */
  readonly leavesBy: readonly string[];
}

/** What decides where the frames of a node's NICs enter the network. */
export interface NodeUplinks {
  /** As configured; absent: the node's panel entry has the ports, and every NIC is behind all of them. */
  readonly uplinks?: readonly NodeUplink[];
  /** VLAN of untagged frames on uplinks that have none of their own. */
  readonly nativeVlan?: VlanId;
  readonly bridges: readonly NodeBridge[];
}

/** Where the frames of a NIC enter the network, as seen from a port. */
export type NicUplink =
  /** Through the port, maybe among others. */
  | { readonly at: 'here'; readonly nativeVlan?: VlanId }
  /** Through these ports and not through the one in question. */
  | { readonly at: 'elsewhere'; readonly ports: readonly PortRef[]; readonly nativeVlan?: VlanId }
  | { readonly at: 'unknown'; readonly why: string };

/**
 * Where the frames of a NIC enter. While another bridge is pending it may use either until its guest restarts, so both
 * count; what is not known of the pending one alone is left to the time when it is used.
 */
export function nicUplink(
  { bridge, pendingBridge }: { readonly bridge?: string; readonly pendingBridge?: string },
  here: PortRef,
  node: NodeUplinks,
): NicUplink {
  const { uplinks, bridges } = node;
  const [first, ...others] = [bridge, pendingBridge].filter((name) => name !== undefined);
  if (uplinks === undefined || first === undefined) return { at: 'here', ...nativeOf(undefined, node) };
  const live = uplinkOfBridge(uplinks, first, bridges);
  if ('unknown' in live) return { at: 'unknown', why: live.unknown };
  const pending = others.map((name) => uplinkOfBridge(uplinks, name, bridges));
  const all = [live.uplink, ...pending.flatMap((one) => ('uplink' in one ? [one.uplink] : []))];
  const mine = all.find((uplink) => isUplinkPort(uplink, here));
  if (mine !== undefined) return { at: 'here', ...nativeOf(mine, node) };
  return { at: 'elsewhere', ports: all.flatMap(({ ports }) => ports), ...nativeOf(live.uplink, node) };
}

function nativeOf(
  uplink: NodeUplink | undefined,
  { nativeVlan: ofCluster }: NodeUplinks,
): { readonly nativeVlan?: VlanId } {
  const nativeVlan = uplink?.nativeVlan ?? ofCluster;
  return nativeVlan === undefined ? {} : { nativeVlan };
}

/** Where the frames of a bridge go, by the uplinks of its node. */
export type BridgeUplink = { readonly uplink: NodeUplink } | { readonly unknown: string };

/** Finds the uplink of a bridge. @param uplinks those that are configured for the node. */
export function uplinkOfBridge(
  uplinks: readonly NodeUplink[],
  bridge: string,
  bridges: readonly NodeBridge[],
): BridgeUplink {
  const path = [bridge, ...(bridges.find(({ name }) => name === bridge)?.leavesBy ?? [])];
  const named = uplinks.filter(({ interfaces }) => interfaces?.some((name) => path.includes(name)) === true);
  const [uplink, ...others] = named.length > 0 ? named : uplinks.filter(({ interfaces }) => interfaces === undefined);
  if (uplink === undefined) return { unknown: `no configured uplink names ${bridge} or what it leaves by` };
  if (others.length > 0)
    return { unknown: `several configured uplinks lead from ${bridge}: ${named.map(describeUplink).join(' and ')}` };
  return { uplink };
}

/**
 * The uplinks of some bridges, where the configuration names each bridge itself with exactly one uplink; undefined
 * otherwise: without the node's network it is not known what a bridge leaves by.
 */
export function uplinksNamingAll(
  uplinks: readonly NodeUplink[],
  bridges: readonly string[],
): readonly NodeUplink[] | undefined {
  const found = new Set<NodeUplink>();
  for (const bridge of bridges) {
    const [first, ...others] = uplinks.filter(({ interfaces = [] }) => interfaces.includes(bridge));
    if (first === undefined || others.length > 0) return undefined;
    found.add(first);
  }
  return found.size === 0 ? undefined : uplinks.filter((uplink) => found.has(uplink));
}

/** An uplink as messages call it: by its ports. */
export function describeUplink({ ports }: Pick<NodeUplink, 'ports'>): string {
  return ports.map(({ device, port }) => `${device} ${port}`).join(' with ');
}

/** Whether a port is one of the uplink's. */
export function isUplinkPort({ ports }: Pick<NodeUplink, 'ports'>, ref: PortRef): boolean {
  return ports.some((port) => samePort(port, ref));
}

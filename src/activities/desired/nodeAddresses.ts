import type { Refusal } from '../../domain/desired/addressRules';
import { refusedNodeAddress, type NodeSource } from '../../domain/desired/nodeAddresses';
import type { ServerId } from '../../domain/event/event';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import { nicUplink, uplinkOfBridge } from '../../domain/servers/nodeUplink';
import type { NodeInventory } from '../../domain/servers/server';
import type { IpAddress } from '../../domain/values/ip';
import type { PortRef } from '../../domain/values/port';
import { PortwardenError } from '../../domain/errors';
import type { FactSources } from '../dependencies';
import { nodeEntryName } from '../membership/nodeEntry';
import { nodeUplinksOf, type GatheredPort, type VlanFacts } from '../membership/portSources';

/** How long a cluster is waited for, in milliseconds: of those behind the port the nodes were read, and of others it is no matter of the port's. */
const SHORT_WAIT_MS = 2_000;

/** What is known of nodes' own addresses at a port. */
export interface NodeAddressFacts {
  /** The nodes behind the port, with where their frames enter by these uplinks. */
  readonly under: (hypervisors: VlanFacts['hypervisors']) => readonly NodeSource[];
  /** Addresses of nodes that servers have, and that are bound to none. */
  readonly refused: ReadonlyMap<IpAddress, Refusal>;
  /** Whether an address of a dedicated server is that of the node which the server is, so that the node's rule decides. */
  readonly isOwn: (serverId: ServerId, ip: IpAddress) => boolean;
}

/**
 * Finds the addresses that are nodes' own: those of the nodes behind a port, as their reading has them, and those of all
 * other nodes of all clusters. A batch has one reader, so that each cluster and panel entry is asked once.
 */
export class NodeAddressReader {
  private readonly directories = new Map<string, ReadonlyMap<IpAddress, string>>();
  private readonly entries = new Map<string, Promise<ServerId | undefined>>();

  constructor(
    private readonly sources: Pick<FactSources, 'hypervisors' | 'panel' | 'guestPorts'>,
    private readonly signal: AbortSignal,
  ) {}

  async of({ servers, inventories }: GatheredPort, here: PortRef): Promise<NodeAddressFacts> {
    const readNodes = inventories.map(({ cluster, node }) => ({ cluster, node }));
    const unreadNodes: NodeSource[] = [];
    // A guest's own NIC is nobody's uplink.
    const isUplink = this.sources.guestPorts.nicOf(here) === undefined;
    const holders = await this.holders(inventories);
    for (const { cluster, node, addresses = [] } of inventories)
      for (const { ip } of addresses) holders.set(ip, { cluster, node });
    const refused = new Map<IpAddress, Refusal>();
    const own = new Set<string>();
    for (const { ips } of servers.guests)
      for (const { ip } of ips) {
        const holder = holders.get(ip);
        if (holder !== undefined) refused.set(ip, refusedNodeAddress(ip, holder));
      }
    for (const { serverId, ips } of servers.dedicated)
      for (const { ip } of ips) {
        const holder = holders.get(ip);
        if (holder === undefined) continue;
        if ((await this.entryOf(holder)) !== serverId) refused.set(ip, refusedNodeAddress(ip, holder));
        else if (readNodes.some((node) => nodeKey(node) === nodeKey(holder))) own.add(`${serverId} ${ip}`);
        else if (this.sources.hypervisors.get(holder.cluster)?.uplinks.has(holder.node) !== true) {
          // The port of its own entry is its uplink, and its network was not read in this pass.
          own.add(`${serverId} ${ip}`);
          unreadNodes.push(unread(holder, ip));
        }
      }
    const under: NodeAddressFacts['under'] = (hypervisors) => [
      ...(isUplink ? inventories.map((inventory) => ownAddresses(inventory, here, hypervisors)) : []),
      ...unreadNodes,
    ];
    return { under, refused, isOwn: (serverId, ip) => own.has(`${serverId} ${ip}`) };
  }

  /** The nodes of all clusters by address: as the readings behind the port say, and as far as the clusters answer. */
  private async holders(inventories: readonly NodeInventory[]): Promise<Map<IpAddress, NodeSubject>> {
    const holders = new Map<IpAddress, NodeSubject>();
    for (const cluster of this.sources.hypervisors.keys()) {
      for (const [ip, node] of await this.directory(cluster)) holders.set(ip, { cluster, node });
    }
    for (const { cluster, nodes = [] } of inventories)
      for (const { ip, node } of nodes) holders.set(ip, { cluster, node });
    return holders;
  }

  private async directory(cluster: string): Promise<ReadonlyMap<IpAddress, string>> {
    const known = this.directories.get(cluster);
    const source = this.sources.hypervisors.get(cluster);
    if (known !== undefined || source === undefined) return known ?? NOBODY;
    const limited = AbortSignal.any([this.signal, AbortSignal.timeout(SHORT_WAIT_MS)]);
    try {
      const read = await source.nodeAddresses(limited);
      this.directories.set(cluster, read);
      return read;
    } catch (error) {
      if (this.signal.aborted) throw error;
      this.directories.set(cluster, NOBODY);
      return NOBODY;
    }
  }

  /** The server that a node is in the panel; undefined when nothing says it for certain. */
  private entryOf({ cluster, node }: NodeSubject): Promise<ServerId | undefined> {
    const key = nodeKey({ cluster, node });
    const known = this.entries.get(key) ?? this.readEntry(cluster, node);
    this.entries.set(key, known);
    return known;
  }

  private async readEntry(cluster: string, node: string): Promise<ServerId | undefined> {
    try {
      const named = await nodeEntryName(this.sources, cluster, node, this.signal);
      if ('serverId' in named) return named.serverId;
      return (await this.sources.panel.findNodeEntry(named, this.signal))?.serverId;
    } catch (error) {
      if (this.signal.aborted || !(error instanceof PortwardenError) || error.code !== 'proxmox-uplink-unknown')
        throw error;
      return undefined;
    }
  }
}

/** The addresses of a node that was read, with where its frames enter. */
function ownAddresses(
  { cluster, node, addresses = [], bridges = [] }: NodeInventory,
  here: PortRef,
  hypervisors: VlanFacts['hypervisors'],
): NodeSource {
  const uplinks = nodeUplinksOf({ cluster, node, bridges }, hypervisors);
  return {
    cluster,
    node,
    addresses: addresses.map((address) => {
      const { iface, leavesBy } = address;
      const path = iface === undefined ? [] : [{ name: iface, leavesBy }];
      const known = { ...uplinks, bridges: path };
      const bridge = iface === undefined ? {} : { bridge: iface };
      const through =
        iface === undefined || uplinks.uplinks === undefined ? undefined : uplinkOfBridge(uplinks.uplinks, iface, path);
      const mac = through !== undefined && 'uplink' in through ? through.uplink.mac : undefined;
      return { ...address, uplink: nicUplink(bridge, here, known), ...(mac === undefined ? {} : { uplinkMac: mac }) };
    }),
  };
}

const NOBODY: ReadonlyMap<IpAddress, string> = new Map();

function unread(node: NodeSubject, ip: IpAddress): NodeSource {
  const why = 'the network of the node was not read';
  return { ...node, addresses: [{ ip, leavesBy: [], vlan: { kind: 'unknown', why }, uplink: { at: 'here' } }] };
}

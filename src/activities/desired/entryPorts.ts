import { PortwardenError } from '../../domain/errors';
import type { NodeUplink } from '../../domain/servers/nodeUplink';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import { samePort, type PortRef } from '../../domain/values/port';
import type { FactSources } from '../dependencies';
import { nodeUplinks } from '../membership/nodeUplinks';
import type { GatheredPort, VlanFacts } from '../membership/portSources';

/** Nodes of which the panel's own entry says that their frames enter through other ports than the one in question. */
export type EnteringElsewhere = readonly (NodeSubject & { readonly ports: readonly PortRef[] })[];

/**
 * Compares the nodes that a port was asked for with what the panel's entries of those nodes say now, where the
 * configuration names no uplinks. Whoever asked may have had another configuration, or have seen the entry at another
 * port. A batch has one reader, so that each node is asked for once; a node whose entry is on the port is not asked for.
 */
export class EntryPortsReader {
  private readonly known = new Map<string, Promise<readonly PortRef[]>>();

  constructor(
    private readonly sources: Pick<FactSources, 'hypervisors' | 'panel' | 'guestPorts'>,
    private readonly signal: AbortSignal,
  ) {}

  /** An entry that is missing, doubtful, or has a port that is not known contradicts nothing. */
  async elsewhere({ servers: { dedicated }, inventories }: GatheredPort, here: PortRef): Promise<EnteringElsewhere> {
    if (this.sources.guestPorts.nicOf(here) !== undefined) return [];
    const found: (NodeSubject & { readonly ports: readonly PortRef[] })[] = [];
    for (const { cluster, node } of inventories) {
      const source = this.sources.hypervisors.get(cluster);
      if (source === undefined || source.uplinks.has(node)) continue;
      const entry = source.panelEntries.get(node) ?? { name: node };
      const isHere = dedicated.some(({ serverId, name }) =>
        'name' in entry ? entry.name === name : entry.serverId === serverId,
      );
      const ports = isHere ? [] : await this.portsOf({ cluster, node });
      if (ports.length > 0 && !ports.some((port) => samePort(port, here))) found.push({ cluster, node, ports });
    }
    return found;
  }

  private portsOf(node: NodeSubject): Promise<readonly PortRef[]> {
    const key = nodeKey(node);
    const known = this.known.get(key) ?? this.read(node);
    this.known.set(key, known);
    return known;
  }

  /** The ports of a node's entry; none when they are not all known. */
  private async read({ cluster, node }: NodeSubject): Promise<readonly PortRef[]> {
    try {
      const attachments = (await nodeUplinks(this.sources, cluster, node, this.signal)).flat();
      const ports = attachments.flatMap(({ device, port }) => (port === undefined ? [] : [{ device, port }]));
      return ports.length === attachments.length ? ports : [];
    } catch (error) {
      if (this.signal.aborted || !(error instanceof PortwardenError) || error.code !== 'proxmox-uplink-unknown')
        throw error;
      return [];
    }
  }
}

/** The clusters' uplinks, with those that the panel says of nodes of which the settings say none. */
export function withEntryPorts(
  clusters: VlanFacts['hypervisors'],
  elsewhere: EnteringElsewhere,
): VlanFacts['hypervisors'] {
  if (elsewhere.length === 0) return clusters;
  return new Map(
    [...clusters].map(([name, cluster]) => {
      const said = elsewhere.filter((one) => one.cluster === name);
      const ofPanel = said.map(({ node, ports }): [string, readonly NodeUplink[]] => [node, [{ ports }]]);
      return [name, { ...cluster, uplinks: new Map([...ofPanel, ...cluster.uplinks]) }] as const;
    }),
  );
}

import { isLive } from '../../domain/desired/virtualMac';
import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { HypervisorAttachment, NodeInventory } from '../../domain/servers/server';
import type { MacAddress } from '../../domain/values/mac';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import type { FactSources } from '../dependencies';

/** What a server's MACs are now; `unknown` when that could not be read for certain. */
type Macs = ReadonlySet<MacAddress> | 'unknown';

const NONE: Macs = new Set<MacAddress>();

/**
 * Asks panel and cluster whether servers still have MACs, each server once. A server that could not be read counts as
 * still having every MAC, because nothing says that it let go of it; one that panel or cluster does not have has none.
 */
export class PresentMacs {
  private readonly servers = new Map<ServerId, Promise<Macs>>();
  private readonly nodes = new Map<string, Promise<NodeInventory | undefined>>();

  constructor(
    private readonly sources: Pick<FactSources, 'store' | 'panel' | 'hypervisors'>,
    private readonly signal: AbortSignal,
  ) {}

  async has(serverId: ServerId, mac: MacAddress): Promise<boolean> {
    const asked = this.servers.get(serverId) ?? this.read(serverId);
    this.servers.set(serverId, asked);
    const macs = await asked;
    return macs === 'unknown' || macs.has(mac);
  }

  private async read(serverId: ServerId): Promise<Macs> {
    try {
      const server = await this.sources.panel.getServer(serverId, this.signal);
      if (server === undefined) return NONE;
      if (server.kind === 'dedicated') {
        const virtual = await this.sources.store.virtualMacs.listByServers([serverId]);
        const own = server.pxeMac === undefined ? [] : [server.pxeMac];
        return new Set([...own, ...virtual.filter(isLive).map(({ mac }) => mac)]);
      }
      return server.hypervisor === undefined ? 'unknown' : await this.guestMacs(server.hypervisor);
    } catch (error) {
      if (this.signal.aborted || !(error instanceof PortwardenError)) throw error;
      return 'unknown';
    }
  }

  private async guestMacs({ cluster, vmid }: HypervisorAttachment): Promise<Macs> {
    const source = this.sources.hypervisors.get(cluster);
    if (source === undefined) return 'unknown';
    const place = await source.locate(vmid, this.signal);
    if (place === undefined) return NONE;
    const guest = (await this.inventory({ cluster, node: place.node }))?.guests.find((one) => one.vmid === vmid);
    return guest === undefined ? 'unknown' : new Set(guest.nics.flatMap(({ macs }) => macs));
  }

  private inventory(subject: NodeSubject): Promise<NodeInventory | undefined> {
    const key = nodeKey(subject);
    const read =
      this.nodes.get(key) ?? this.sources.hypervisors.get(subject.cluster)?.inventory(subject.node, this.signal);
    const known = read ?? Promise.resolve(undefined);
    this.nodes.set(key, known);
    return known;
  }
}

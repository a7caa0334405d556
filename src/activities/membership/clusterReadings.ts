import type { ServerId } from '../../domain/event/event';
import type { PanelConnections } from '../../domain/servers/portFacts';
import type { Placement } from '../../domain/servers/server';
import type { GuestPlace, HypervisorSource } from '../../sources/hypervisorSource';
import type { FactSources } from '../dependencies';

/**
 * What the ports of one reading ask of whole clusters, each thing read at most once and only when a port needs it: with
 * thousands of guests behind dozens of uplinks, a list for each port would be most of the work.
 */
export class ClusterReadings {
  private readonly places = new Map<string, Promise<ReadonlyMap<number, GuestPlace>>>();
  private readonly placed = new Map<string, Promise<readonly Placement[]>>();
  private readonly listed = new Map<string, Promise<readonly ServerId[]>>();
  private readonly connections = new Map<ServerId, Promise<PanelConnections | undefined>>();

  constructor(
    private readonly sources: Pick<FactSources, 'hypervisors' | 'panel' | 'store'>,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Where a guest is now; undefined when the cluster has no such guest, which it is asked about by itself
   * before that is believed, and for a cluster that is not configured.
   */
  async placeOf(cluster: string, vmid: number): Promise<GuestPlace | undefined> {
    const source = this.sources.hypervisors.get(cluster);
    if (source === undefined) return undefined;
    const places = await once(this.places, cluster, () => placesOf(source, this.signal));
    return places.get(vmid) ?? (await source.locate(vmid, this.signal));
  }

  /** The servers that were last seen as guests of the cluster. */
  placements(cluster: string): Promise<readonly Placement[]> {
    return once(this.placed, cluster, () => this.sources.store.placements.listByCluster(cluster));
  }

  /** The servers that the panel lists as guests of the cluster. */
  vmServerIds(cluster: string): Promise<readonly ServerId[]> {
    return once(this.listed, cluster, () => this.sources.panel.vmServerIds(cluster, this.signal));
  }

  /** Begins to ask for the connections of a server that will be asked for. */
  expect(serverId: ServerId): void {
    this.connectionsOf(serverId).catch(() => undefined);
  }

  /** The connections of a server's panel entry; undefined when the panel has none of it. */
  connectionsOf(serverId: ServerId): Promise<PanelConnections | undefined> {
    return once(this.connections, serverId, () => this.sources.panel.connectionsOf(serverId, this.signal));
  }
}

function once<Key, Value>(known: Map<Key, Promise<Value>>, key: Key, read: () => Promise<Value>): Promise<Value> {
  const reading = known.get(key) ?? read();
  known.set(key, reading);
  return reading;
}

async function placesOf(source: HypervisorSource, signal: AbortSignal): Promise<ReadonlyMap<number, GuestPlace>> {
  return new Map((await source.guests(signal)).map((guest) => [guest.vmid, guest]));
}

import type { SeenGuest } from '../../../src/domain/watch/clusterView';
import type { WatchState } from '../../../src/domain/watch/watchState';
import type { WatchRepository } from '../../../src/store/watches';

/** The last looks at clusters, in memory. */
export class MemoryWatches implements WatchRepository {
  private readonly states = new Map<string, { readonly state: WatchState; readonly version: number }>();
  private readonly guests = new Map<string, Map<number, SeenGuest>>();

  view: WatchRepository['view'] = async (cluster) => {
    const { state, version } = this.states.get(cluster) ?? {
      state: { cluster, guests: 0, readUpTo: 0, changes: [] },
      version: 0,
    };
    return { state, version, guests: state.lookedAt === undefined ? undefined : new Map(this.guests.get(cluster)) };
  };

  save: WatchRepository['save'] = async (version, { state, put, drop }) => {
    const { cluster } = state;
    if ((this.states.get(cluster)?.version ?? 0) !== version) return false;
    this.states.set(cluster, { state: { ...state, lookedAt: new Date().toISOString() }, version: version + 1 });
    const guests = this.guests.get(cluster) ?? new Map<number, SeenGuest>();
    for (const guest of put) guests.set(guest.vmid, guest);
    for (const vmid of drop) guests.delete(vmid);
    this.guests.set(cluster, guests);
    return true;
  };

  saveError: WatchRepository['saveError'] = async (cluster, error) => {
    const { state, version } = this.states.get(cluster) ?? {
      state: { cluster, guests: 0, readUpTo: 0, changes: [] },
      version: 0,
    };
    const since = state.error?.since ?? new Date().toISOString();
    this.states.set(cluster, { state: { ...state, error: { ...error, since } }, version });
  };

  list: WatchRepository['list'] = async () => [...this.states.values()].map(({ state }) => state);

  keepOnly: WatchRepository['keepOnly'] = async (clusters) => {
    for (const cluster of this.states.keys()) if (!clusters.includes(cluster)) this.states.delete(cluster);
  };
}

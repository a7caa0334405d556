import type { ServerId } from '../domain/event/event';
import type { NodeUplink } from '../domain/servers/nodeUplink';
import type { NodeInventory } from '../domain/servers/server';
import type { IpAddress } from '../domain/values/ip';
import type { VlanId } from '../domain/values/vlan';

/** Where a cluster lists a guest now. */
export interface GuestPlace {
  readonly node: string;
  /** It is being moved: its traffic may enter through another node any moment, or until now. */
  readonly migrating: boolean;
}

/** A guest, and the node that has its configuration. */
export interface GuestOnNode {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly node: string;
}

/** A guest as a watcher sees it. */
export interface WatchedGuest extends GuestPlace, GuestOnNode {
  /** Seconds since it was started, up to ten seconds old; absent while its node sends no statistics. */
  readonly uptime?: number;
}

/** A guest on its way to another node. */
export interface GuestMigration {
  readonly vmid: number;
  readonly from: string;
  /** The nodes that it may go to. */
  readonly targets: readonly string[];
}

/** What a guest's configuration says of its NICs, to be compared with what it said before. */
export interface GuestNicState {
  readonly digest: string;
  readonly nics: string;
  /** Whether a change of that waits for the guest's next start. */
  readonly pending: boolean;
}

/** What desired bindings are computed from, as a cluster of hypervisors knows it. */
export interface HypervisorSource {
  /** Where every guest is now. Complete, or it throws. One call, whatever the size of the cluster. */
  guests(signal: AbortSignal): Promise<readonly (GuestPlace & { readonly vmid: number })[]>;
  /** Every guest, and the migrations under way: few calls, whatever the size of the cluster. Complete, or it throws. */
  view(
    signal: AbortSignal,
  ): Promise<{ readonly guests: readonly WatchedGuest[]; readonly migrations: readonly GuestMigration[] }>;
  /** What a guest's NICs are like; undefined when it is not there any more. */
  nicState(guest: WatchedGuest, signal: AbortSignal): Promise<GuestNicState | undefined>;
  /** Where a guest is now; undefined when the cluster lists none with this id, and it would be seen if there was one. */
  locate(vmid: number, signal: AbortSignal): Promise<(GuestPlace & Pick<GuestOnNode, 'type'>) | undefined>;
  /**
   * The bridges of a guest's NICs, as they are and as they will be after its next start; undefined when that cannot be told
   * for certain: a NIC cannot be read or names none, or the guest is not on the node any more.
   */
  nicBridges(guest: GuestOnNode, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** The indexes of a guest's NICs as it runs; undefined when it is not there any more. */
  nics(guest: GuestOnNode, signal: AbortSignal): Promise<readonly number[] | undefined>;
  /** Every guest of a node. Complete, or it throws. */
  inventory(node: string, signal: AbortSignal): Promise<NodeInventory>;
  /**
   * The nodes by each of their own addresses. May be a minute old, and older while the cluster does not answer.
   * @throws when the cluster could never be read.
   */
  nodeAddresses(signal: AbortSignal): Promise<ReadonlyMap<IpAddress, string>>;
  /** The VLAN of untagged frames on those uplinks that have none of their own, when configured. */
  readonly nativeVlan?: VlanId;
  /** Configured uplinks by node name. They win over the panel. */
  readonly uplinks: ReadonlyMap<string, readonly NodeUplink[]>;
  /** Which entry of the panel is the node itself, by node name, where the configuration says it. */
  readonly panelEntries: ReadonlyMap<string, PanelEntryName>;
}

/** Which of the panel's entries is a node's own: by its id, or by its server name. */
export type PanelEntryName = { readonly serverId: ServerId } | { readonly name: string };

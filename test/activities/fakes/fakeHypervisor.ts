import type {
  GuestMigration,
  GuestNicState,
  GuestOnNode,
  GuestPlace,
  HypervisorSource,
  PanelEntryName,
  WatchedGuest,
} from '../../../src/sources/hypervisorSource';
import type { NodeBridge, NodeUplink } from '../../../src/domain/servers/nodeUplink';
import type { NodeAddress } from '../../../src/domain/servers/nodeAddress';
import type { IpAddress } from '../../../src/domain/values/ip';
import type { Guest, NodeInventory } from '../../../src/domain/servers/server';
import type { VlanId } from '../../../src/domain/values/vlan';

/** A cluster in memory: guests by node. */
export class FakeHypervisor implements HypervisorSource {
  readonly nodes = new Map<string, Guest[]>();
  readonly uplinks = new Map<string, readonly NodeUplink[]>();
  readonly panelEntries = new Map<string, PanelEntryName>();
  /** The bridges of nodes, where a test says them. */
  readonly bridges = new Map<string, readonly NodeBridge[]>();
  /** Addresses of nodes, where a test says them. */
  readonly addresses = new Map<IpAddress, string>();
  readonly ownAddresses = new Map<string, readonly NodeAddress[]>();
  nativeVlan?: VlanId;
  fault: Error | undefined;

  constructor(readonly name: string) {}

  async guests(): Promise<readonly (GuestPlace & { readonly vmid: number })[]> {
    if (this.fault !== undefined) throw this.fault;
    return [...this.nodes].flatMap(([node, guests]) =>
      guests.map(({ vmid, migrating }) => ({ vmid, node, migrating })),
    );
  }

  /** What a watcher sees beside places: uptimes, and what configurations say. */
  readonly uptimes = new Map<number, number>();
  readonly nicStates = new Map<number, GuestNicState>();
  migrations: GuestMigration[] = [];

  async view(): ReturnType<HypervisorSource['view']> {
    const guests = (await this.guests()).map((guest) => ({
      ...guest,
      type: 'qemu' as const,
      uptime: this.uptimes.get(guest.vmid) ?? 0,
    }));
    return { guests, migrations: this.migrations };
  }

  async nicState({ vmid }: WatchedGuest): Promise<GuestNicState | undefined> {
    return this.nicStates.get(vmid);
  }

  async nicBridges({ vmid }: { readonly vmid: number }): Promise<readonly string[] | undefined> {
    const nics = [...this.nodes.values()].flat().find((one) => one.vmid === vmid)?.nics ?? [];
    const bridges = nics.flatMap(({ bridge, pendingBridge }) =>
      [bridge, pendingBridge].filter((one) => one !== undefined),
    );
    return nics.some(({ bridge }) => bridge === undefined) ? undefined : [...new Set(bridges)];
  }

  async nics({ vmid }: GuestOnNode): Promise<readonly number[] | undefined> {
    if (this.fault !== undefined) throw this.fault;
    const guest = [...this.nodes.values()].flat().find((candidate) => candidate.vmid === vmid);
    return guest?.nics.map(({ index }) => index);
  }

  async locate(vmid: number): ReturnType<HypervisorSource['locate']> {
    if (this.fault !== undefined) throw this.fault;
    for (const [node, guests] of this.nodes) {
      const guest = guests.find((candidate) => candidate.vmid === vmid);
      if (guest !== undefined) return { node, migrating: guest.migrating, type: guest.type };
    }
    return undefined;
  }

  async nodeAddresses(): Promise<ReadonlyMap<IpAddress, string>> {
    if (this.fault !== undefined) throw this.fault;
    return this.addresses;
  }

  async inventory(node: string): Promise<NodeInventory> {
    if (this.fault !== undefined) throw this.fault;
    const bridges = this.bridges.get(node);
    const addresses = this.ownAddresses.get(node);
    const guests = this.nodes.get(node) ?? [];
    return {
      cluster: this.name,
      node,
      guests,
      ...(bridges === undefined ? {} : { bridges }),
      ...(addresses === undefined ? {} : { addresses }),
    };
  }
}

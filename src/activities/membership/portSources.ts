import type { AddressFacts } from '../../domain/desired/addressFacts';
import type { DedicatedSource, GuestSource, PortSources } from '../../domain/desired/desiredBindings';
import type { GuestMember } from '../../domain/servers/membership/finding';
import type { Guest, NodeInventory } from '../../domain/servers/server';
import type { VlanAllowlist, VlanId } from '../../domain/values/vlan';
import type { FilterByVlanInput, PortServers } from '../../protocol/activities';

/** A port as `filterByVlan` is asked about it: its servers, and the readings of the nodes behind it. */
export type GatheredPort = FilterByVlanInput['ports'][number];

/** Everything that decides in which VLAN the addresses of a port are. */
export interface VlanFacts {
  readonly addresses: AddressFacts;
  /** The port's own VLAN; asked for only when an address of a dedicated server has no other. */
  readonly portVlan?: VlanId;
  /** The VLAN of untagged frames on the uplinks, as configured. */
  readonly nativeVlan?: VlanId;
  readonly allowlist: VlanAllowlist;
}

/** What the desired bindings of one port are computed from. Pure. */
export function portSources({ servers, inventories }: GatheredPort, facts: VlanFacts): PortSources {
  const { addresses, portVlan, nativeVlan, allowlist } = facts;
  const dedicated = servers.dedicated.map((server): DedicatedSource => ({
    serverId: server.serverId,
    name: server.name,
    ips: server.ips,
    ...(server.pxeMac === undefined ? {} : { pxeMac: server.pxeMac }),
    ...(portVlan === undefined ? {} : { portVlan }),
  }));
  return {
    dedicated,
    guests: guestSources(servers, inventories),
    ...addresses,
    allowlist,
    ...(nativeVlan === undefined ? {} : { nativeVlan }),
  };
}

/** The reading of a guest behind the port; undefined when the readings lack it. */
export function guestOf(entry: GuestMember, inventories: readonly NodeInventory[]): Guest | undefined {
  return inventories
    .filter(({ cluster }) => cluster === entry.cluster)
    .flatMap(({ guests }) => guests)
    .find(({ vmid }) => vmid === entry.vmid);
}

function guestSources(servers: PortServers, inventories: readonly NodeInventory[]): GuestSource[] {
  return servers.guests.flatMap((entry) => {
    const guest = guestOf(entry, inventories);
    return guest === undefined ? [] : [{ serverId: entry.serverId, name: entry.name, guest, ips: entry.ips }];
  });
}

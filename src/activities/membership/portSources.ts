import type { AddressFacts } from '../../domain/desired/addressFacts';
import type { ServerMacs } from '../../domain/desired/additionalAddress';
import type { DedicatedSource, GuestSource, PortSources } from '../../domain/desired/sources';
import type { NodeSource } from '../../domain/desired/nodeAddresses';
import type { ServerId } from '../../domain/event/event';
import type { GuestMember } from '../../domain/servers/membership/finding';
import { nicUplink, type NicUplink, type NodeUplinks } from '../../domain/servers/nodeUplink';
import type { Guest, GuestNic, NodeInventory } from '../../domain/servers/server';
import type { PortRef } from '../../domain/values/port';
import type { VlanAllowlist, VlanId } from '../../domain/values/vlan';
import type { FilterByVlanInput } from '../../protocol/activities';
import type { HypervisorSource } from '../../sources/hypervisorSource';
import type { NodeAddressFacts } from '../desired/nodeAddresses';

/** A port as `filterByVlan` is asked about it: its servers, and the readings of the nodes behind it. */
export type GatheredPort = FilterByVlanInput['ports'][number];

/** A guest's own NIC as a port. */
export interface OwnNic {
  readonly nic: number;
  readonly portsOf: (nic: number) => readonly PortRef[];
}

/** Everything that decides in which VLAN the addresses of a port are. */
export interface VlanFacts {
  readonly addresses: AddressFacts;
  /** The port's own VLAN; asked for only when an address of a dedicated server has no other. */
  readonly portVlan?: VlanId;
  /** The clusters of the guests, with their uplinks as configured. */
  readonly hypervisors: ReadonlyMap<string, Pick<HypervisorSource, 'uplinks' | 'nativeVlan'>>;
  readonly allowlist: VlanAllowlist;
  /** What decides with which MACs the addresses of a dedicated server are bound. Undefined: all with its own. */
  readonly macsOf: (serverId: ServerId) => ServerMacs | undefined;
  readonly nodes: Pick<NodeAddressFacts, 'refused' | 'isOwn'> & { readonly nodes: readonly NodeSource[] };
  /** Present when the port is a guest's own NIC: its index, and the ports that the guest's other NICs are. */
  readonly guestNic?: OwnNic;
}

/** What the desired bindings of one port are computed from. Pure. */
export function portSources({ servers, inventories }: GatheredPort, here: PortRef, facts: VlanFacts): PortSources {
  const { addresses, portVlan, hypervisors, allowlist, macsOf, nodes, guestNic } = facts;
  const dedicated = servers.dedicated.map((server): DedicatedSource => {
    const macs = macsOf(server.serverId);
    return {
      serverId: server.serverId,
      name: server.name,
      ips: server.ips.filter(({ ip }) => !nodes.isOwn(server.serverId, ip)),
      ...(server.pxeMac === undefined ? {} : { pxeMac: server.pxeMac }),
      ...(portVlan === undefined ? {} : { portVlan }),
      ...(macs === undefined ? {} : { macs }),
    };
  });
  return {
    dedicated,
    guests: guestSources({ servers, inventories }, here, hypervisors, guestNic),
    nodes: nodes.nodes,
    ...addresses,
    refused: new Map([...nodes.refused, ...addresses.refused]),
    allowlist,
  };
}

/** The reading of a guest behind the port; undefined when the readings lack it. */
export function guestOf(entry: GuestMember, inventories: readonly NodeInventory[]): Guest | undefined {
  return inventoryOf(entry, inventories)?.guests.find(({ vmid }) => vmid === entry.vmid);
}

function guestSources(
  { servers, inventories }: GatheredPort,
  here: PortRef,
  hypervisors: VlanFacts['hypervisors'],
  guestNic: OwnNic | undefined,
): GuestSource[] {
  return servers.guests.flatMap((entry) => {
    const inventory = inventoryOf(entry, inventories);
    const guest = inventory?.guests.find(({ vmid }) => vmid === entry.vmid);
    if (inventory === undefined || guest === undefined) return [];
    const node = nodeUplinksOf(inventory, hypervisors);
    const uplinks = new Map(
      guest.nics.map((nic) => [
        nic.index,
        guestNic === undefined ? nicUplink(nic, here, node) : ownUplink(nic, guestNic, here, node),
      ]),
    );
    return [{ serverId: entry.serverId, name: entry.name, guest, ips: entry.ips, uplinks }];
  });
}

/**
 * Seen from a guest's own NIC its frames enter there and nowhere else. Its VLAN is that of its node's uplink all the same,
 * so that an address has one and the same everywhere.
 */
function ownUplink(nic: GuestNic, own: OwnNic, here: PortRef, node: NodeUplinks): NicUplink {
  const uplink = nicUplink(nic, here, node);
  const nativeVlan = uplink.at === 'unknown' ? node.nativeVlan : uplink.nativeVlan;
  const vlan = nativeVlan === undefined ? {} : { nativeVlan };
  if (nic.index === own.nic) return { at: 'here', ...vlan };
  return { at: 'elsewhere', ports: own.portsOf(nic.index), ...vlan };
}

/** The uplinks of a node that was read, as configured. */
export function nodeUplinksOf(
  { cluster, node, bridges = [] }: Pick<NodeInventory, 'cluster' | 'node' | 'bridges'>,
  hypervisors: VlanFacts['hypervisors'],
): NodeUplinks {
  const source = hypervisors.get(cluster);
  const uplinks = source?.uplinks.get(node);
  return {
    bridges,
    ...(uplinks === undefined ? {} : { uplinks }),
    ...(source?.nativeVlan === undefined ? {} : { nativeVlan: source.nativeVlan }),
  };
}

function inventoryOf(entry: GuestMember, inventories: readonly NodeInventory[]): NodeInventory | undefined {
  return inventories.find(
    ({ cluster, guests }) => cluster === entry.cluster && guests.some(({ vmid }) => vmid === entry.vmid),
  );
}

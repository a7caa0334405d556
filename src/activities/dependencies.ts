import type { ActivityMetrics } from '../telemetry/activityMetrics';
import type { Enlister } from '../temporal/coordinatorEnlister';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { DeviceDirectory } from '../devices/device';
import type { PortwardenError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import type { IpAddress } from '../domain/values/ip';
import type { MacAddress } from '../domain/values/mac';
import type { DeviceId, PortName } from '../domain/values/port';
import type {
  AssignedIp,
  HypervisorAttachment,
  NodeInventory,
  PanelServer,
  SwitchAttachment,
} from '../domain/servers/server';
import type { VlanAllowlist, VlanId } from '../domain/values/vlan';
import type { PanelAddress, VlanMap } from '../domain/desired/vlanResolution';
import type { PlacementReader, Store } from '../store/store';

/** The panel's subnets. */
export interface PanelSubnetFacts {
  /** What they say of an address; its smallest subnet decides. */
  of(assigned: AssignedIp): PanelAddress;
  /** The rows with something odd in them, a sentence each. */
  readonly faults: readonly string[];
}

/** What the connections of a server say. */
export interface ServerConnections {
  readonly attachments: readonly SwitchAttachment[];
  readonly pxeMac?: MacAddress;
  readonly hypervisor?: HypervisorAttachment;
}

/** What the activities ask the panel. Implemented by the Tenantos client. */
export interface PanelSource {
  /** The server with its connections; undefined when the panel answers, beyond doubt, that it does not exist. */
  getServer(id: ServerId, signal: AbortSignal): Promise<PanelServer | undefined>;
  /** Names and addresses of servers: one list call for several. What the list lacks is asked for by itself. */
  getServersIps(
    ids: readonly ServerId[],
    signal: AbortSignal,
  ): Promise<{
    readonly found: ReadonlyMap<ServerId, { readonly name: string; readonly ips: readonly AssignedIp[] }>;
    readonly gone: readonly ServerId[];
    /** Servers whose entry could not be read for certain. */
    readonly failed: ReadonlyMap<ServerId, PortwardenError>;
  }>;
  /** The server's connections alone: one call, where the addresses are already known from the list. */
  connectionsOf(id: ServerId, signal: AbortSignal): Promise<ServerConnections | undefined>;
  /** Servers that the panel lists as guests of a configured cluster. */
  vmServerIds(cluster: string, signal: AbortSignal): Promise<readonly ServerId[]>;
  /** Who has some addresses, by the list of all servers; `unread` are those whose entry does not say for certain. */
  addressHolders(
    ips: readonly IpAddress[],
    signal: AbortSignal,
  ): Promise<{
    readonly holders: ReadonlyMap<IpAddress, readonly ServerId[]>;
    readonly unread: readonly ServerId[];
  }>;
  /** Switch connections of the dedicated server with this server name (a hypervisor's own entry). */
  findServerByName(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly serverId: ServerId; readonly attachments: readonly SwitchAttachment[] } | undefined>;
  /** Servers that the panel's switch lists on a port. */
  portAssignments(device: DeviceId, port: PortName, signal: AbortSignal): Promise<readonly ServerId[]>;
  /** What the panel's subnets say of addresses; one call serves a whole batch. */
  subnets(signal: AbortSignal): Promise<PanelSubnetFacts>;
  /** The port's own access or native VLAN. Slow: the panel polls the switch. */
  portVlan(device: DeviceId, port: PortName, signal: AbortSignal): Promise<VlanId | undefined>;
  /** Whether the switch exists in the panel and can be managed, with its management name. */
  switchAttachment(device: DeviceId, port: PortName, signal: AbortSignal): Promise<SwitchAttachment>;
}

/** What the activities ask a hypervisor cluster. Implemented by the Proxmox client. */
export interface HypervisorSource {
  /** Where a guest is now; undefined when the cluster lists none with this id. */
  locate(
    vmid: number,
    signal: AbortSignal,
  ): Promise<{ readonly node: string; readonly migrating: boolean } | undefined>;
  /** Every guest of a node. Complete, or it throws. */
  inventory(node: string, signal: AbortSignal): Promise<NodeInventory>;
  /** The VLAN of untagged frames on this cluster's uplinks, when configured. */
  readonly nativeVlan?: VlanId;
  /** Configured uplinks: node name → switch port. They win over the panel. */
  readonly uplinks: ReadonlyMap<string, { readonly device: DeviceId; readonly port: PortName }>;
}

/**
 * All that desired bindings are computed from. Nothing in it can write or signal, so that what reads from it alone may
 * run without effects: a preview runs exactly the readings and rules of a pass.
 */
export interface FactSources {
  readonly panel: PanelSource;
  readonly hypervisors: ReadonlyMap<string, HypervisorSource>;
  readonly store: { readonly placements: PlacementReader };
  readonly vlans: { readonly map: VlanMap; readonly allowlist: VlanAllowlist };
}

/** Everything the activities are made from. */
export interface ActivityDependencies extends FactSources {
  readonly enlister: Enlister;
  readonly devices: DeviceDirectory;
  readonly store: Store;
  readonly temporal: Client;
  readonly log: Logger;
  readonly metrics: ActivityMetrics;
  /** Aborted when the worker stops: a device change stops then, unless it is in its commit. */
  readonly stopping: AbortSignal;
}

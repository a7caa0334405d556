import type { SubnetWords } from '../domain/desired/addressFacts';
import type { PortwardenError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import type { PanelConnections } from '../domain/servers/portFacts';
import type { AssignedIp, PanelServer, SwitchAttachment } from '../domain/servers/server';
import type { IpOrRange } from '../domain/values/ip';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { VlanId } from '../domain/values/vlan';
import type { PanelEntryName } from './hypervisorSource';

/** The panel's subnets. */
export interface PanelSubnetFacts extends SubnetWords {
  /** The rows with something odd in them, a sentence each. */
  readonly faults: readonly string[];
}

/** What is remembered of a server before the panel answers, so that what follows from it is asked for at the same time. */
export interface ExpectedServer {
  /** The switches that it was last seen at. */
  readonly devices: readonly DeviceId[];
  /** Whether it was last seen as a guest. */
  readonly isGuest: boolean;
}

/** What desired bindings are computed from, as a panel of servers knows it. Ports are named as devices name them. */
export interface PanelSource {
  /**
   * The server with its connections; undefined when the panel answers, beyond doubt, that it does not exist.
   * @param expected changes nothing of the answer; it comes sooner.
   */
  getServer(id: ServerId, signal: AbortSignal, expected?: ExpectedServer): Promise<PanelServer | undefined>;
  /**
   * Names and addresses of servers: one list call for several. What the list lacks is asked for by itself.
   * @param further who is asked about besides, when that becomes known while the panel is asked.
   */
  getServersIps(
    ids: readonly ServerId[],
    signal: AbortSignal,
    further?: Promise<readonly ServerId[]>,
  ): Promise<{
    readonly found: ReadonlyMap<ServerId, { readonly name: string; readonly ips: readonly AssignedIp[] }>;
    readonly gone: readonly ServerId[];
    /** Servers whose entry could not be read for certain. */
    readonly failed: ReadonlyMap<ServerId, PortwardenError>;
  }>;
  /** The server's connections alone: one call, where the addresses are already known from the list. */
  connectionsOf(id: ServerId, signal: AbortSignal): Promise<PanelConnections | undefined>;
  /** Servers that the panel lists as guests of a configured cluster. */
  vmServerIds(cluster: string, signal: AbortSignal): Promise<readonly ServerId[]>;
  /** Who has some addresses, or anything of some ranges, by the list of all servers; `unread` are those whose entry does not say for certain. */
  addressHolders(
    ips: readonly IpOrRange[],
    signal: AbortSignal,
  ): Promise<{
    readonly holders: ReadonlyMap<IpOrRange, readonly ServerId[]>;
    readonly unread: readonly ServerId[];
  }>;
  /**
   * A hypervisor's own entry, a dedicated server, by its id or its server name (never by the host name, which customers
   * may choose), with its switch connections; undefined when there is none.
   * @throws PortwardenError `proxmox-uplink-unknown` naming them when several have the name.
   */
  findNodeEntry(
    entry: PanelEntryName,
    signal: AbortSignal,
  ): Promise<{ readonly serverId: ServerId; readonly attachments: readonly SwitchAttachment[] } | undefined>;
  /** Servers that the panel's switch lists on a port. */
  portAssignments(device: DeviceId, port: PortName, signal: AbortSignal): Promise<readonly ServerId[]>;
  /** The ports of a device on which the panel's switch lists any server, in one call; none when the panel does not know the device. */
  assignedPorts(device: DeviceId, signal: AbortSignal): Promise<readonly PortName[]>;
  /** What the panel's subnets say of addresses; one call serves a whole batch. */
  subnets(signal: AbortSignal): Promise<PanelSubnetFacts>;
  /** The own access or native VLANs of a device's ports, in one call. Slow: the panel polls the switch. */
  portVlans(device: DeviceId, signal: AbortSignal): Promise<(port: PortName) => VlanId | undefined>;
  /** Whether the switch exists in the panel and can be managed, with its management name. */
  switchAttachment(device: DeviceId, port: PortName, signal: AbortSignal): Promise<SwitchAttachment>;
}

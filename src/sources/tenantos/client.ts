import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { IpAddress } from '../../domain/values/ip';
import { deviceId, type PortName } from '../../domain/values/port';
import type { AssignedIp, HypervisorAttachment, PanelServer, SwitchAttachment } from '../../domain/servers/server';
import type { VlanId } from '../../domain/values/vlan';
import {
  clusterByProviderId,
  clusterOfProvider,
  hypervisorAttachment,
  mapProviders,
  type ClusterIdentity,
  type Provider,
} from './clusters';
import { NOTHING_CONFIGURED, readCredentials, type ConfiguredAccess, type SwitchCredentials } from './credentials';
import { DeviceDirectoryCache } from './deviceCache';
import {
  addressHolders,
  listServers,
  matchServerName,
  type AddressHolders,
  type ListedServer,
  type ServerListing,
} from './listing';
import {
  findPort,
  kindHintOf,
  kindOf,
  mapAssignments,
  mapConnections,
  mapDevice,
  portVlanOf,
  serverNameOf,
  type HypervisorConnection,
  type PanelDevice,
  type ServerConnections,
  type SwitchConnection,
} from './mapping';
import { mapped, PanelReader } from '../../clients/tenantos/reader';
import {
  connectionList,
  extendedDetailsAnswer,
  externalProviderList,
  ipAssignmentList,
  networkDeviceAnswer,
  serverAnswer,
  serverListAnswer,
  subnetList,
  type ServerAnswer,
} from '../../clients/tenantos/schemas';
import { PanelSubnets } from './subnets';
import { panelError, type TransportOptions } from '../../clients/tenantos/transport';

/** Options of the panel's client. */
export interface TenantosClientOptions extends TransportOptions {
  /** For one call, answer included; `extendedDetails`, for which the panel polls the switch, gets four times as long. */
  readonly timeoutMs: number;
  /** The configured clusters, to name the one of a VM. Default none. */
  readonly clusters?: readonly ClusterIdentity[];
  /** Which access data of a switch the configuration provides. Default none. */
  readonly configuredAccess?: (switchId: number) => ConfiguredAccess;
  /** How long port names and manageability of a switch are remembered, in milliseconds. Default 30 000; 0: not at all. */
  readonly deviceDirectoryTtlMs?: number;
}

/** The addresses of several servers. Every id asked for is in exactly one of the three. */
export interface ServersIps {
  readonly found: ReadonlyMap<ServerId, readonly AssignedIp[]>;
  /** The names of the servers found, for messages. */
  readonly names: ReadonlyMap<ServerId, string>;
  /** The panel itself confirmed, for each one alone, that it does not know the server. */
  readonly gone: readonly ServerId[];
  /** Servers whose addresses could not be read for certain; their bindings must stay as they are. */
  readonly failed: ReadonlyMap<ServerId, PortwardenError>;
}

const SLOW_CALL_FACTOR = 4;
/** Faults of one server's answer that say nothing about the others. */
const OF_ONE_SERVER: readonly string[] = ['panel-invalid-answer', 'panel-contradiction'];

/**
 * Reads the Tenantos panel (Tenantos API documentation 1.0.0, api.tenantos.com/docs). It only ever sends GET,
 * never retries, and remembers nothing but port names and manageability of switches for a short time.
 * Every answer was asked for after the call that it answers.
 * Every method throws PortwardenError with a `panel-…` code, and the signal's reason when the signal aborts.
 */
export class TenantosClient {
  private readonly reader: PanelReader;
  private readonly devices: DeviceDirectoryCache;
  private readonly clusters: readonly ClusterIdentity[];
  private readonly timeoutMs: number;
  private readonly configuredAccess: (switchId: number) => ConfiguredAccess;

  constructor(options: TenantosClientOptions) {
    this.reader = new PanelReader(options);
    this.devices = new DeviceDirectoryCache(options.deviceDirectoryTtlMs ?? 30_000);
    this.clusters = options.clusters ?? [];
    this.timeoutMs = options.timeoutMs;
    this.configuredAccess = options.configuredAccess ?? ((): ConfiguredAccess => NOTHING_CONFIGURED);
  }

  /** Closes idle connections; calls under way end as `panel-unreachable`. */
  close(): void {
    this.reader.close();
  }

  /**
   * Everything about one server.
   * @returns undefined when the panel does not know it, and its list of servers, asked at once, confirms that.
   * @throws PortwardenError `panel-contradiction` when the panel's answers disagree about whether it exists.
   */
  async getServer(id: ServerId, signal: AbortSignal): Promise<PanelServer | undefined> {
    const server = await this.readServer(id, signal);
    if (server === undefined) {
      this.believeGone(id, await this.listed(() => false, signal));
      return undefined;
    }
    const connections = await this.findConnections(id, signal);
    if (connections === undefined)
      throw panelError(
        'panel-contradiction',
        `/servers/${id}/connections`,
        'is answered with 404 although the server exists',
      );
    const kind = kindOf(kindHintOf(server), connections);
    const [ips, attachments, hypervisor] = await Promise.all([
      this.ipsOf(id, server, signal),
      Promise.all(connections.switches.map((connection) => this.attachment(connection, signal))),
      kind === 'vm' ? this.attachHypervisor(id, connections.hypervisor, signal) : undefined,
    ]);
    return {
      serverId: id,
      name: serverNameOf(server),
      kind,
      ips,
      attachments,
      ...(connections.pxeMac === undefined ? {} : { pxeMac: connections.pxeMac }),
      ...(hypervisor === undefined ? {} : { hypervisor }),
    };
  }

  /** Every server that the API key can see, from one call. */
  listServers(signal: AbortSignal): Promise<ServerListing> {
    return this.listed(() => true, signal);
  }

  /** The addresses of some servers, from one list call when there are several; what the list lacks is asked for singly. */
  async getServersIps(ids: readonly ServerId[], signal: AbortSignal): Promise<ServersIps> {
    const asked = new Set<number>(ids);
    const wanted = [...new Set(ids)];
    const listing = wanted.length > 1 ? await this.listed((id) => asked.has(id), signal) : undefined;
    const found = new Map<ServerId, readonly AssignedIp[]>();
    const failed = new Map<ServerId, PortwardenError>();
    const names = new Map<ServerId, string>();
    const gone: ServerId[] = [];
    await Promise.all(
      wanted.map(async (id) => {
        const listed = listing?.servers.get(id);
        try {
          const server =
            listed?.ips === undefined ? await this.singleServerIps(id, signal) : { name: listed.name, ips: listed.ips };
          if (server === undefined) {
            this.believeGone(id, listing ?? (await this.listed(() => false, signal)));
            gone.push(id);
          } else {
            found.set(id, server.ips);
            names.set(id, server.name);
          }
        } catch (error) {
          if (signal.aborted || !(error instanceof PortwardenError) || !OF_ONE_SERVER.includes(error.code)) throw error;
          failed.set(id, error);
        }
      }),
    );
    return { found, names, gone: gone.sort((a, b) => a - b), failed };
  }

  /** Where a VM runs, from its connections alone; undefined when it has no usable hypervisor connection or is gone. */
  async hypervisorOf(id: ServerId, signal: AbortSignal): Promise<HypervisorAttachment | undefined> {
    const connections = await this.findConnections(id, signal);
    return this.attachHypervisor(id, connections?.hypervisor, signal);
  }

  /** A server's connections alone, where its addresses are already known; undefined when the panel does not know it. */
  async connectionsOf(
    id: ServerId,
    signal: AbortSignal,
  ): Promise<Omit<PanelServer, 'serverId' | 'name' | 'kind' | 'ips'> | undefined> {
    const connections = await this.findConnections(id, signal);
    if (connections === undefined) return undefined;
    const { switches, pxeMac, hypervisor: connection } = connections;
    const attachments = await Promise.all(switches.map((one) => this.attachment(one, signal)));
    const hypervisor = await this.attachHypervisor(id, connection, signal);
    return {
      attachments,
      ...(pxeMac === undefined ? {} : { pxeMac }),
      ...(hypervisor === undefined ? {} : { hypervisor }),
    };
  }

  /** The servers that the panel says are VMs of a configured cluster, in ascending order. */
  async vmServerIds(cluster: string, signal: AbortSignal): Promise<readonly ServerId[]> {
    const providers = await this.providers(signal);
    const ids = providers
      .filter((provider) => clusterOfProvider(provider, this.clusters) === cluster)
      .flatMap((provider) => provider.serverIds);
    return [...new Set(ids)].sort((a, b) => a - b);
  }

  /**
   * The panel's own entry of a machine, such as a hypervisor's node, by its server name; VMs are not looked at.
   * @throws PortwardenError `proxmox-uplink-unknown` when several entries have the name.
   */
  async findServerByName(name: string, signal: AbortSignal): Promise<ListedServer | undefined> {
    const matches = matchServerName(name, await this.listServers(signal));
    if (matches.length > 1) {
      const ids = matches.map((match) => match.serverId).join(', ');
      throw new PortwardenError(
        'proxmox-uplink-unknown',
        `Several servers of the panel have the server name ${name} (${ids}), so nothing says which one is the node. Name its port under proxmox.clusters[].uplinks.`,
      );
    }
    return matches[0];
  }

  /** Who has some addresses, from the list of all servers, asked afresh. */
  async addressHolders(ips: readonly IpAddress[], signal: AbortSignal): Promise<AddressHolders> {
    return addressHolders(await this.reader.get('/servers', serverListAnswer, signal, this.timeoutMs), ips);
  }

  /**
   * The servers whose connections name a port, asked for afresh.
   * @returns an empty list when nothing is plugged in or the switch has no such port.
   * @throws PortwardenError `device-missing` when the panel does not know the switch.
   */
  async portAssignments(switchId: number, port: number | PortName, signal: AbortSignal): Promise<readonly ServerId[]> {
    const device = await this.switchPorts(switchId, signal);
    return findPort(device, port)?.serverIds ?? [];
  }

  /** A switch with its ports and who is plugged in, asked for afresh; throws `device-missing`. */
  async switchPorts(switchId: number, signal: AbortSignal): Promise<PanelDevice> {
    const device = await this.devices.refresh(switchId, () => this.readDevice(switchId, signal));
    if (device === undefined) throw deviceMissing(switchId);
    return device;
  }

  /** All subnets. */
  async subnets(signal: AbortSignal): Promise<PanelSubnets> {
    return PanelSubnets.from(await this.reader.get('/subnets', subnetList, signal, this.timeoutMs));
  }

  /**
   * The access VLAN, else the native VLAN, of a port as the panel reads it from the switch. Slow.
   * @returns undefined when the panel's release or the switch does not say, or the panel does not know the switch.
   */
  async portVlan(switchId: number, port: PortName, signal: AbortSignal): Promise<VlanId | undefined> {
    const path = `/networkDevices/${switchId}/extendedDetails`;
    const details = await this.reader.find(path, extendedDetailsAnswer, signal, this.timeoutMs * SLOW_CALL_FACTOR);
    return details === undefined ? undefined : portVlanOf(details, port);
  }

  /**
   * How to log in to a switch. The only method that gives a password; nothing of it is remembered.
   * @throws PortwardenError `device-missing`; `device-not-configured` naming what is absent.
   */
  async switchCredentials(switchId: number, signal: AbortSignal): Promise<SwitchCredentials> {
    const answer = await this.reader.find(`/networkDevices/${switchId}`, networkDeviceAnswer, signal, this.timeoutMs);
    if (answer === undefined) throw deviceMissing(switchId);
    return readCredentials(answer, this.configuredAccess(switchId));
  }

  private async listed(wanted: (id: number) => boolean, signal: AbortSignal): Promise<ServerListing> {
    const path = '/servers';
    const entries = await this.reader.get(path, serverListAnswer, signal, this.timeoutMs);
    return mapped(path, () => listServers(path, entries, wanted));
  }

  /** A 404 is believed only when something known to exist answers: the list of servers, which has others and lacks this one. */
  private believeGone(id: ServerId, { ids }: ServerListing): void {
    if (ids.has(id))
      throw panelError(
        'panel-contradiction',
        `/servers/${id}`,
        'is answered with 404 although the list of servers has it',
      );
    if (ids.size === 0)
      throw panelError(
        'panel-contradiction',
        `/servers/${id}`,
        'is answered with 404, and the list of servers is empty: nothing confirms it',
      );
  }

  private readServer(id: ServerId, signal: AbortSignal): Promise<ServerAnswer | undefined> {
    return this.reader.find(`/servers/${id}`, serverAnswer, signal, this.timeoutMs);
  }

  private async findConnections(id: ServerId, signal: AbortSignal): Promise<ServerConnections | undefined> {
    const path = `/servers/${id}/connections`;
    const answers = await this.reader.find(path, connectionList, signal, this.timeoutMs);
    return answers === undefined ? undefined : mapped(path, () => mapConnections(answers));
  }

  private async singleServerIps(
    id: ServerId,
    signal: AbortSignal,
  ): Promise<{ name: string; ips: readonly AssignedIp[] } | undefined> {
    const server = await this.readServer(id, signal);
    return server === undefined ? undefined : { name: serverNameOf(server), ips: await this.ipsOf(id, server, signal) };
  }

  private async ipsOf(id: ServerId, server: ServerAnswer, signal: AbortSignal): Promise<readonly AssignedIp[]> {
    const listed = server.ipassignments;
    if (listed !== undefined) return mapped(`/servers/${id}`, () => mapAssignments(listed));
    const path = `/servers/${id}/ipassignments`;
    const answers = await this.reader.get(path, ipAssignmentList, signal, this.timeoutMs);
    return mapped(path, () => mapAssignments(answers));
  }

  private async attachment(connection: SwitchConnection, signal: AbortSignal): Promise<SwitchAttachment> {
    const { switchId, portId, portName, automated } = connection;
    const device = await this.devices.get(switchId, () => this.readDevice(switchId, signal));
    const key = portId ?? portName;
    const listed = device === undefined || key === undefined ? undefined : findPort(device, key);
    const port = listed?.port ?? portName;
    const configured = this.configuredAccess(switchId);
    return {
      device: deviceId('junos', switchId),
      portId: portId ?? listed?.portId ?? 0,
      automated,
      manageable:
        device !== undefined && (device.hasUser || configured.user) && (device.hasPassword || configured.secret),
      ...(port === undefined ? {} : { port }),
    };
  }

  private async readDevice(switchId: number, signal: AbortSignal): Promise<PanelDevice | undefined> {
    const path = `/networkDevices/${switchId}`;
    const answer = await this.reader.find(path, networkDeviceAnswer, signal, this.timeoutMs);
    return answer === undefined ? undefined : mapped(path, () => mapDevice(answer));
  }

  private async attachHypervisor(
    id: ServerId,
    connection: HypervisorConnection | undefined,
    signal: AbortSignal,
  ): Promise<HypervisorAttachment | undefined> {
    if (connection === undefined) return undefined;
    const direct = clusterByProviderId(connection, this.clusters) !== undefined;
    const providers = direct ? [] : await this.providers(signal);
    return hypervisorAttachment(id, connection, providers, this.clusters);
  }

  private async providers(signal: AbortSignal): Promise<readonly Provider[]> {
    const path = '/externalProviders';
    const answers = await this.reader.get(path, externalProviderList, signal, this.timeoutMs);
    return mapped(path, () => mapProviders(answers));
  }
}

function deviceMissing(switchId: number): PortwardenError {
  return new PortwardenError('device-missing', `The panel does not know switch ${switchId}`, { details: { switchId } });
}

export type { AddressHolders, ListedServer, ServerListing } from './listing';
export type { PanelDevice, PanelPort } from './mapping';
export type { PanelSubnets } from './subnets';

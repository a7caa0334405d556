import type { ServerId } from '../../domain/event/event';
import type { PanelServer } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import { PanelReader, type ReaderOptions } from '../../clients/tenantos/reader';
import { subnetList } from '../../clients/tenantos/schemas';
import { panelError } from '../../clients/tenantos/transport';
import type { ClusterIdentity } from './clusters';
import { ServerConnectionsReader } from './connections';
import { kindHintOf, kindOf, serverNameOf, withoutHypervisor } from './mapping';
import { ServersReader } from './servers';
import { PanelSubnets } from './subnets';
import { NOTHING_CONFIGURED, type ConfiguredLogin } from './switchLogin';
import { SwitchesReader } from './switches';

/** How the panel is read. */
export interface TenantosOptions extends ReaderOptions {
  /** The configured clusters, to name the one of a VM. Default none. */
  readonly clusters?: readonly ClusterIdentity[];
  /** The device that a switch of the panel is, by the panel's number. */
  readonly switchDevice: (switchId: number) => DeviceId;
  /** Which parts of a switch's login the configuration provides. Default none. */
  readonly configuredLogin?: (switchId: number) => ConfiguredLogin;
  /** How long port names and manageability of a switch are remembered, in milliseconds. Default 30 000; 0: not at all. */
  readonly deviceDirectoryTtlMs?: number;
}

/**
 * Reads the Tenantos panel (Tenantos API documentation 1.0.0, api.tenantos.com/docs). It only ever sends GET,
 * never retries, and remembers nothing but port names and manageability of switches for a short time.
 * Every answer was asked for after the call that it answers.
 * Every method throws PortwardenError with a `panel-…` code, and the signal's reason when the signal aborts.
 */
export class TenantosPanel {
  readonly servers: ServersReader;
  readonly connections: ServerConnectionsReader;
  readonly switches: SwitchesReader;
  private readonly reader: PanelReader;

  constructor(options: TenantosOptions) {
    this.reader = new PanelReader(options);
    this.servers = new ServersReader(this.reader);
    this.switches = new SwitchesReader(
      this.reader,
      {
        deviceOf: options.switchDevice,
        configuredLogin: options.configuredLogin ?? ((): ConfiguredLogin => NOTHING_CONFIGURED),
      },
      options.deviceDirectoryTtlMs ?? 30_000,
    );
    this.connections = new ServerConnectionsReader(this.reader, this.switches, options.clusters ?? []);
  }

  /** Closes idle connections; calls under way end as `panel-unreachable`. */
  close(): void {
    this.reader.close();
  }

  /**
   * Everything about one server.
   * @param expected what it was last, whose answers are asked for at the same time.
   * @returns undefined when the panel does not know it, and its list of servers, asked at once, confirms that.
   * @throws PortwardenError `panel-contradiction` when the panel's answers disagree about whether it exists.
   */
  async getServer(
    id: ServerId,
    signal: AbortSignal,
    expected: { readonly switchIds: readonly number[]; readonly isGuest: boolean } = { switchIds: [], isGuest: false },
  ): Promise<PanelServer | undefined> {
    const reading = this.connections.find(id, signal);
    // Of a server that is not there, or cannot be read, nobody wants the connections.
    reading.catch(() => undefined);
    for (const switchId of expected.switchIds) this.switches.directoryOf(switchId, signal).catch(() => undefined);
    const providers = expected.isGuest ? this.connections.providersAhead(signal) : undefined;
    const server = await this.servers.find(id, signal);
    if (server === undefined) return undefined;
    const connections = await reading;
    if (connections === undefined)
      throw panelError(
        'panel-contradiction',
        `/servers/${id}/connections`,
        'is answered with 404 although the server exists',
      );
    const kind = kindOf(kindHintOf(server), connections);
    const [ips, resolved] = await Promise.all([
      this.servers.ipsOf(id, server, signal),
      this.connections.resolve(id, kind === 'vm' ? connections : withoutHypervisor(connections), signal, providers),
    ]);
    return { serverId: id, name: serverNameOf(server), kind, ips, ...resolved };
  }

  /** All subnets. */
  async subnets(signal: AbortSignal): Promise<PanelSubnets> {
    return PanelSubnets.from(await this.reader.get('/subnets', subnetList, signal));
  }
}

import type { ServerId } from '../../domain/event/event';
import type { PanelConnections } from '../../domain/servers/portFacts';
import type { HypervisorAttachment } from '../../domain/servers/server';
import { mapped, type PanelReader } from '../../clients/tenantos/reader';
import { connectionList, externalProviderList } from '../../clients/tenantos/schemas';
import {
  clusterByProviderId,
  clusterOfProvider,
  hypervisorAttachment,
  mapProviders,
  type ClusterIdentity,
  type Provider,
} from './clusters';
import { mapConnections, type HypervisorConnection, type UnresolvedConnections } from './mapping';
import type { SwitchesReader } from './switches';

/** Reads the connections of servers: the switch ports that they are plugged into, and the guests that they are. */
export class ServerConnectionsReader {
  constructor(
    private readonly reader: PanelReader,
    private readonly switches: SwitchesReader,
    private readonly clusters: readonly ClusterIdentity[],
  ) {}

  /** A server's connections, resolved; undefined when the panel does not know the server. */
  async of(id: ServerId, signal: AbortSignal): Promise<PanelConnections | undefined> {
    const connections = await this.find(id, signal);
    return connections === undefined ? undefined : this.resolve(id, connections, signal);
  }

  /** A server's connections as they stand in the panel, by number; undefined when the panel does not know the server. */
  async find(id: ServerId, signal: AbortSignal): Promise<UnresolvedConnections | undefined> {
    const path = `/servers/${id}/connections`;
    const answers = await this.reader.find(path, connectionList, signal);
    return answers === undefined ? undefined : mapped(path, () => mapConnections(answers));
  }

  /** The panel's hypervisors, asked for before it is known whether they are needed; undefined when no cluster needs them to be told. */
  providersAhead(signal: AbortSignal): Promise<readonly Provider[]> | undefined {
    if (this.clusters.every(({ panelProviderId }) => panelProviderId !== undefined)) return undefined;
    const reading = this.providers(signal);
    reading.catch(() => undefined);
    return reading;
  }

  /**
   * Names the ports and the guest that connections give by number.
   * @param ahead the panel's hypervisors, where they were asked for already.
   */
  async resolve(
    id: ServerId,
    { switches, pxeMac, hypervisor: connection }: UnresolvedConnections,
    signal: AbortSignal,
    ahead?: Promise<readonly Provider[]>,
  ): Promise<PanelConnections> {
    const [attachments, hypervisor] = await Promise.all([
      Promise.all(switches.map((one) => this.switches.attachment(one, signal))),
      this.attachHypervisor(id, connection, signal, ahead),
    ]);
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

  private async attachHypervisor(
    id: ServerId,
    connection: HypervisorConnection | undefined,
    signal: AbortSignal,
    ahead?: Promise<readonly Provider[]>,
  ): Promise<HypervisorAttachment | undefined> {
    if (connection === undefined) return undefined;
    const isKnown = clusterByProviderId(connection, this.clusters) !== undefined;
    const providers = isKnown ? [] : await (ahead ?? this.providers(signal));
    return hypervisorAttachment(id, connection, providers, this.clusters);
  }

  private async providers(signal: AbortSignal): Promise<readonly Provider[]> {
    const path = '/externalProviders';
    const answers = await this.reader.get(path, externalProviderList, signal);
    return mapped(path, () => mapProviders(answers));
  }
}

import { parseServerId, type ServerId } from '../../domain/event/event';
import type { HypervisorAttachment } from '../../domain/servers/server';
import type { HypervisorConnection } from './mapping';
import type { ExternalProviderAnswer } from '../../clients/tenantos/schemas';

/** A configured Proxmox cluster, as far as the panel's hypervisor connections are concerned. */
export interface ClusterIdentity {
  readonly name: string;
  /** The panel's id of the hypervisor (`GET /externalProviders`). */
  readonly panelProviderId?: number;
  /** Addresses of its API (`https://pve1.example.com:8006`); compared with the provider's `apiUrl` when no id is given. */
  readonly hosts: readonly string[];
}

/** A hypervisor that the panel knows. */
export interface Provider {
  readonly providerId: number;
  /** The host of its `apiUrl`, lower case. */
  readonly host?: string;
  readonly serverIds: readonly ServerId[];
}

/** Maps `GET /externalProviders`; other kinds of provider are left out. */
export function mapProviders(answers: readonly ExternalProviderAnswer[]): readonly Provider[] {
  return answers
    .filter((answer) => answer.provider?.toLowerCase() === 'proxmox')
    .map((answer) => {
      const host = answer.apiUrl === undefined ? undefined : hostOf(answer.apiUrl);
      return {
        providerId: answer.id,
        serverIds: (answer.usage?.serverIds ?? []).map((id) => parseServerId(id)),
        ...(host === undefined ? {} : { host }),
      };
    });
}

/** The cluster of a provider: by its configured id, else by an API host that only one cluster has. */
export function clusterOfProvider(provider: Provider, clusters: readonly ClusterIdentity[]): string | undefined {
  const byId = clusters.find((cluster) => cluster.panelProviderId === provider.providerId);
  if (byId !== undefined) return byId.name;
  if (provider.host === undefined) return undefined;
  const byHost = clusters.filter(
    (cluster) => cluster.panelProviderId === undefined && cluster.hosts.some((host) => hostOf(host) === provider.host),
  );
  return byHost.length === 1 ? byHost[0]?.name : undefined;
}

/**
 * Whether the provider list is needed to name the cluster of a connection: it is not when the connection's
 * provider id is configured.
 */
export function clusterByProviderId(
  connection: HypervisorConnection,
  clusters: readonly ClusterIdentity[],
): string | undefined {
  if (connection.providerId === undefined) return undefined;
  return clusters.find((cluster) => cluster.panelProviderId === connection.providerId)?.name;
}

/**
 * Names the cluster and VM of a connection.
 * @param providers the panel's hypervisors; a connection without provider id belongs to the one that lists its server.
 * @returns undefined when VM id or cluster are not certain.
 */
export function hypervisorAttachment(
  serverId: ServerId,
  connection: HypervisorConnection,
  providers: readonly Provider[],
  clusters: readonly ClusterIdentity[],
): HypervisorAttachment | undefined {
  if (connection.vmid === undefined) return undefined;
  const direct = clusterByProviderId(connection, clusters);
  if (direct !== undefined) return { cluster: direct, vmid: connection.vmid };
  const candidates = providers.filter((provider) =>
    connection.providerId === undefined
      ? provider.serverIds.includes(serverId)
      : provider.providerId === connection.providerId,
  );
  const [provider] = candidates;
  if (provider === undefined || candidates.length > 1) return undefined;
  const cluster = clusterOfProvider(provider, clusters);
  return cluster === undefined ? undefined : { cluster, vmid: connection.vmid };
}

function hostOf(address: string): string | undefined {
  const url = address.includes('://') ? address : `https://${address}`;
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : undefined;
}

import type { ProxmoxClusterOptions } from '../clients/proxmox/options';
import type { TenantosClientOptions } from '../sources/tenantos/client';
import type { CoordinatorSettings } from '../protocol/contract';
import { configuredAccess, type Configuration, type ProxmoxClusterSettings } from '../config';

/** What the panel's client is made from. Reveals the API key: hand the result to the client and nowhere else. */
export function panelClientOptions(configuration: Configuration): TenantosClientOptions {
  const { url, apiKey, ca, timeoutMs, concurrency, maxAnswerBytes } = configuration.panel;
  return {
    url,
    apiKey: apiKey.reveal(),
    concurrency,
    timeoutMs,
    maxAnswerBytes,
    clusters: configuration.proxmox.clusters,
    configuredAccess: (switchId) => configuredAccess(configuration, switchId),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** What a cluster's client is made from. Reveals the API token: hand the result to the client and nowhere else. */
export function proxmoxClusterOptions(cluster: ProxmoxClusterSettings): ProxmoxClusterOptions {
  const { name, hosts, token, ca, fingerprints, nativeVlan, timeoutMs, concurrency } = cluster;
  return { name, hosts, token: token.reveal(), ca, fingerprints, nativeVlan, timeoutMs, concurrency };
}

/** The limits that coordinators are started with. */
export function coordinatorSettings(configuration: Pick<Configuration, 'retries' | 'guards'>): CoordinatorSettings {
  const { batchPorts, batchBindings, deviceBackoff } = configuration.retries;
  return {
    batchPorts,
    batchBindings,
    initialBackoffMs: deviceBackoff.initialMs,
    maximumBackoffMs: deviceBackoff.maximumMs,
    giveUpAfterMs: deviceBackoff.giveUpAfterMs,
    guards: configuration.guards,
  };
}

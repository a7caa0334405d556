import type { AnswerObserver } from '../clients/seenAnswer';
import type { ProxmoxClusterOptions } from '../clients/proxmox/options';
import type { TenantosOptions } from '../sources/tenantos/panel';
import type { CoordinatorLimits } from '../protocol/coordinator';
import type { Configuration } from '../config';
import type { ProxmoxClusterSettings } from '../sources/proxmox/configuration';

/** How the panel is read. Reveals the API key: hand the result to the reader and nowhere else. */
export function panelClientOptions(
  configuration: Configuration,
  switches: Pick<TenantosOptions, 'switchDevice' | 'observe'> & Required<Pick<TenantosOptions, 'configuredLogin'>>,
): TenantosOptions {
  const { url, apiKey, ca, timeoutMs, concurrency, maxAnswerBytes } = configuration.panel;
  return {
    url,
    apiKey: apiKey.reveal(),
    concurrency,
    timeoutMs,
    maxAnswerBytes,
    clusters: configuration.proxmox.clusters,
    ...switches,
    ...(ca === undefined ? {} : { ca }),
  };
}

/** What a cluster's client is made from. Reveals the API token: hand the result to the client and nowhere else. */
export function proxmoxClusterOptions(
  cluster: ProxmoxClusterSettings,
  observe?: AnswerObserver,
): ProxmoxClusterOptions {
  const { name, hosts, token, ca, fingerprints, timeoutMs, concurrency } = cluster;
  return { name, hosts, token: token.reveal(), ca, fingerprints, timeoutMs, concurrency, observe };
}

const IDLE_EXIT_MS = 60_000;
const HISTORY_LIMIT = 2_000;

/** How the coordinators of this worker's devices work, apart from guards. */
export function coordinatorLimits({ retries }: Pick<Configuration, 'retries'>): CoordinatorLimits {
  const { batchPorts, batchBindings, deviceBackoff } = retries;
  return {
    batchPorts,
    batchBindings,
    initialBackoffMs: deviceBackoff.initialMs,
    maximumBackoffMs: deviceBackoff.maximumMs,
    giveUpAfterMs: deviceBackoff.giveUpAfterMs,
    idleExitMs: IDLE_EXIT_MS,
    historyLimit: HISTORY_LIMIT,
  };
}

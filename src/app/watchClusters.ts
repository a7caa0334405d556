import type { Configuration } from '../config';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import type { TemporalClient } from '../temporal/client';
import { keepWatchSchedules } from '../temporal/watchSchedules';
import { messageOf } from '../primitives/systemError';

/**
 * Lets the configured clusters be watched, and no others. Portwarden does all else without it, so what goes wrong is logged
 * and does not end the process; the age of the last look shows it.
 */
export async function watchClusters(
  configuration: Configuration,
  { client }: Pick<TemporalClient, 'client'>,
  { watches }: Pick<Store, 'watches'>,
  log: Log,
): Promise<void> {
  const { taskQueue } = configuration.temporal;
  const clusters = configuration.proxmox.clusters.map(({ name }) => name);
  const everyMs = configuration.proxmox.watch.intervalMs;
  try {
    await keepWatchSchedules(client, { taskQueue, clusters, everyMs });
    await watches.keepOnly(everyMs > 0 ? clusters : []);
  } catch (error) {
    const reason = messageOf(error);
    log.error({ reason }, 'the schedules that watch the hypervisors could not be made; moves are found by events only');
  }
}

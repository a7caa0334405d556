import type { Client } from '@temporalio/client';
import type { Configuration } from '../config';
import { messageOf } from '../primitives/systemError';
import type { FenceRepository } from '../store/fences';
import type { Log } from '../telemetry/log';
import { endInterruptedPasses } from '../temporal/interruptedPasses';

/**
 * Ends what a worker left that was killed. Whoever holds the lock of the embedded store knows that there is no other one; with a
 * database that several share nobody knows it, and passes end by their heartbeat limit. A failure stops nothing.
 */
export async function endInterruptedWork(
  { store: { databaseUrl }, temporal: { namespace } }: Pick<Configuration, 'store' | 'temporal'>,
  fences: FenceRepository,
  client: Client,
  log: Log,
): Promise<void> {
  if (databaseUrl !== undefined) return;
  try {
    const { ended } = await endInterruptedPasses(client, namespace, await fences.newest());
    if (ended.length > 0)
      log.warn({ devices: ended }, 'passes of a worker that was killed were ended; they begin again');
  } catch (error) {
    log.warn(
      { reason: messageOf(error) },
      'passes of a worker that was killed could not be ended; they end by themselves',
    );
  }
}

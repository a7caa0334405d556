import type { StandingFinding } from '../../domain/standing';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { ActivityDependencies } from '../dependencies';
import { codeOf } from '../failure';

/** What of a port is not automated. */
export interface UnautomatedAt {
  readonly port: PortName;
  readonly found: readonly StandingFinding[];
}

/**
 * Brings the list of what is not automated up to date for some ports. A list that cannot be written holds nothing up: the
 * next pass does it.
 */
export async function noteUnautomated(
  { store, log, metrics }: Pick<ActivityDependencies, 'store' | 'log' | 'metrics'>,
  device: DeviceId,
  ports: readonly UnautomatedAt[],
): Promise<void> {
  try {
    const listed = await store.standing.portsWith(device, ['unautomated']);
    for (const { port, found } of ports)
      if (found.length > 0 || listed.has(port)) await store.standing.replace({ device, port }, ['unautomated'], found);
  } catch (error) {
    metrics.sourceError('store', codeOf(error));
    log.warn({ device, code: codeOf(error) }, 'what is not automated could not be listed');
  }
}

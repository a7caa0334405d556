import { limitsOf } from '../domain/change/guardSettings';
import type { Deferral } from '../domain/change/deferral';
import type { DeviceId } from '../domain/values/device';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { codeOf } from './failure';
import { readDeferrals } from './pauses/deferrals';

/**
 * The settings of this worker's configuration, as the worker read it at its start, and what makes ports of the device wait. A
 * coordinator asks for each batch: whoever started it decides nothing, and the limits of a worker that was started with a
 * changed file rule from the next batch on, whether the coordinator was busy or paused meanwhile.
 */
export function createCoordinatorSettings(deps: ActivityDependencies): Activities['coordinatorSettings'] {
  return async ({ device, observed }) => {
    const passActivity = deps.devices.passActivityOf(device);
    const deferrals = await knownDeferrals(deps, device);
    return {
      ...deps.limits,
      guards: limitsOf(deps.guards, device),
      passActivity,
      observed,
      ...(deferrals === undefined ? {} : { deferrals }),
    };
  };
}

/** A store that does not answer holds nobody up here: without it no pass commits. */
async function knownDeferrals(deps: ActivityDependencies, device: DeviceId): Promise<readonly Deferral[] | undefined> {
  try {
    return await readDeferrals(deps, device);
  } catch (error) {
    deps.metrics.sourceError('store', codeOf(error));
    deps.log.warn({ device, code: codeOf(error) }, 'what is paused could not be read; what was known rules on');
    return undefined;
  }
}

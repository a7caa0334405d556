import { limitsOf } from '../domain/change/guardSettings';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';

/**
 * The settings of this worker's configuration, as the worker read it at its start. A coordinator asks for each batch:
 * whoever started it decides nothing, and the limits of a worker that was started with a changed file rule from the next
 * batch on, whether the coordinator was busy or paused meanwhile.
 */
export function createCoordinatorSettings(deps: ActivityDependencies): Activities['coordinatorSettings'] {
  return ({ device, observed }) =>
    Promise.resolve().then(() => ({
      ...deps.limits,
      guards: limitsOf(deps.guards, device),
      passActivity: deps.devices.passActivityOf(device),
      observed,
    }));
}

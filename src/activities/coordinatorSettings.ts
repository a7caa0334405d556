import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';

/**
 * The settings of this worker's configuration, read anew for each batch: whoever started a coordinator decides nothing,
 * and a changed limit rules from the next batch on, whether the coordinator was busy or paused meanwhile.
 */
export function createCoordinatorSettings(deps: ActivityDependencies): Activities['coordinatorSettings'] {
  return ({ device }) =>
    Promise.resolve().then(() => {
      deps.requireDriver(device);
      return { ...deps.limits, guards: deps.guards };
    });
}

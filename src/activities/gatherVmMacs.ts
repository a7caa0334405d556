import { PortwardenError } from '../domain/errors';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal } from './failure';

/** Reads every guest of a node with all its NICs, running or not. Names those that could not be read; else complete or failed. */
export function createGatherVmMacs(deps: ActivityDependencies): Activities['gatherVmMacs'] {
  return async ({ cluster, node }) => {
    const source = deps.hypervisors.get(cluster);
    if (source === undefined) {
      throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
        details: { cluster },
      });
    }
    return source.inventory(node, attemptSignal());
  };
}

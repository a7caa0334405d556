import { expectPlacement } from '../domain/servers/placement';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { mergeNodes } from '../domain/servers/portRequest';
import { uplinkNodes } from './membership/uplinkNodes';

/**
 * Remembers where the server is, then asks the device's coordinator to look at the port again. A device that nothing can
 * change is refused here, or its event would wait for a coordinator that fails each time.
 */
export function createEnlist(deps: ActivityDependencies): Activities['enlist'] {
  return async ({ device, request, placement }) => {
    deps.devices.requireDriver(device);
    if (placement !== undefined) {
      await deps.store.placements.update(placement.serverId, (before) => expectPlacement(placement, before));
      await deps.store.standing.forget('unautomated', `server ${placement.serverId}`);
    }
    const placed = await deps.store.placements.listByPort(device, request.port);
    const feeding = uplinkNodes(deps, device, request.port, placed);
    await deps.enlister.enlist(device, { ...request, nodes: mergeNodes(request.nodes, feeding) });
    return { waitForOutcomeMs: deps.waitForOutcomeMs, giveUpAfterMs: deps.limits.giveUpAfterMs };
  };
}

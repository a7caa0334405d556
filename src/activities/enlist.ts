import { expectPlacement } from '../domain/servers/placement';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import type { DeviceId } from '../domain/values/device';
import { mergeNodes, type PortRequest } from '../domain/servers/portRequest';
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
    await deps.enlister.enlist(device, await withFeedingNodes(deps, device, request));
    return { waitForOutcomeMs: deps.waitForOutcomeMs, giveUpAfterMs: deps.limits.giveUpAfterMs };
  };
}

/** A request with the nodes that are known to feed its port. */
export async function withFeedingNodes<Request extends PortRequest>(
  deps: ActivityDependencies,
  device: DeviceId,
  request: Request,
): Promise<Request> {
  const placed = await deps.store.placements.listByPort(device, request.port);
  return { ...request, nodes: mergeNodes(request.nodes, uplinkNodes(deps, device, request.port, placed)) };
}

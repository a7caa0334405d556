import { nodeAt } from '../../domain/servers/placement';
import { isUplinkPort } from '../../domain/servers/nodeUplink';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import type { Placement } from '../../domain/servers/server';
import { mergeNodes, type NodeSubject } from '../../domain/servers/portRequest';
import type { ActivityDependencies } from '../dependencies';

/**
 * The nodes whose guests' traffic enters through a port: by configured uplink, and by where guests were last seen.
 * A node's own server shares the port with the node's guests, so none of them may be forgotten when the port is read.
 */
export function uplinkNodes(
  deps: Pick<ActivityDependencies, 'hypervisors'>,
  device: DeviceId,
  port: PortName,
  placed: readonly Placement[],
): NodeSubject[] {
  const configured = [...deps.hypervisors].flatMap(([cluster, source]) =>
    [...source.uplinks].flatMap(([node, uplinks]) =>
      uplinks.some((uplink) => isUplinkPort(uplink, { device, port })) ? [{ cluster, node }] : [],
    ),
  );
  const remembered = placed.flatMap((placement) => nodeAt(placement, { device, port }) ?? []);
  return mergeNodes(configured, remembered);
}

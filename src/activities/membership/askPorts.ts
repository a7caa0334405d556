import { portRequest, type NodeSubject } from '../../domain/servers/portRequest';
import type { ServerId } from '../../domain/event/event';
import type { PortRef } from '../../domain/values/port';
import type { ActivityDependencies } from '../dependencies';

/** A port where one server is, or was. */
export interface PortOfServer extends PortRef {
  readonly serverId: ServerId;
  /** For a guest: the node through whose uplink its traffic enters there. */
  readonly node?: NodeSubject | undefined;
}

/**
 * Asks the coordinators of ports to look at them for a server that moved: those to which it went, because its addresses
 * stay bound at the port that it left until they are proven there, and those that it left, once they are.
 */
export async function askPorts(
  { enlister }: Pick<ActivityDependencies, 'enlister'>,
  ports: readonly PortOfServer[],
): Promise<void> {
  for (const { device, port, serverId, node } of ports) {
    const known = { serverIds: [serverId], nodes: node === undefined ? [] : [node] };
    await enlister.enlist(device, portRequest(port, known));
  }
}

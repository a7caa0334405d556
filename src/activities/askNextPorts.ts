import type { NextPort } from '../domain/servers/membership/finding';
import { portRequest } from '../domain/servers/portRequest';
import type { ActivityDependencies } from './dependencies';

/**
 * Asks the coordinators of the ports to which servers went to look at them. Until such a port is proven to have a
 * server's addresses, they stay bound at the port that it left.
 */
export async function askNextPorts(
  { enlister }: Pick<ActivityDependencies, 'enlister'>,
  next: readonly NextPort[],
): Promise<void> {
  for (const { device, port, serverId, node } of next) {
    await enlister.enlist(
      device,
      portRequest(port, { serverIds: [serverId], nodes: node === undefined ? [] : [node] }),
    );
  }
}

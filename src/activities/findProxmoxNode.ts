import { PortwardenError } from '../domain/errors';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal } from './failure';
import { nodeUplinks } from './nodeUplinks';

/**
 * Finds the node that a guest is on now, and the switch port through which that node's traffic enters: from the
 * configuration, else from the node's own entry in the panel.
 */
export function createFindProxmoxNode(deps: ActivityDependencies): Activities['findProxmoxNode'] {
  return async ({ cluster, vmid }) => {
    const signal = attemptSignal();
    const source = deps.hypervisors.get(cluster);
    if (source === undefined) {
      throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
        details: { cluster },
      });
    }
    const found = await source.locate(vmid, signal);
    if (found === undefined) {
      return { cluster, vmid, migrating: false, uplinks: [], summary: `${cluster} lists no guest ${vmid}` };
    }
    const uplinks = await nodeUplinks(deps, cluster, found.node, signal);
    const where = uplinks.map((a) => `${a.device} ${a.port ?? '(unknown port)'}`).join(', ') || 'unknown';
    return {
      cluster,
      vmid,
      node: found.node,
      migrating: found.migrating,
      uplinks,
      summary: `Guest ${vmid} is on ${found.node}${found.migrating ? ' (migrating)' : ''}; uplink: ${where}`,
    };
  };
}

import { PortwardenError } from '../domain/errors';
import type { GuestLocation } from '../domain/servers/location';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies, FactSources } from './dependencies';
import { attemptSignal } from './failure';
import { nodeUplinks } from './membership/nodeUplinks';

/**
 * Finds the node that a guest is on now, and the switch port through which that node's traffic enters: from the
 * configuration, else from the node's own entry in the panel.
 */
export function createFindProxmoxNode(deps: ActivityDependencies): Activities['findProxmoxNode'] {
  return (guest) => locateGuest(deps, guest, attemptSignal());
}

/** The search itself. @throws PortwardenError `proxmox-…` or `panel-…`. */
export async function locateGuest(
  sources: Pick<FactSources, 'hypervisors' | 'panel'>,
  { cluster, vmid }: { readonly cluster: string; readonly vmid: number },
  signal: AbortSignal,
): Promise<GuestLocation> {
  const source = sources.hypervisors.get(cluster);
  if (source === undefined) {
    throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
      details: { cluster },
    });
  }
  const found = await source.locate(vmid, signal);
  if (found === undefined) {
    return { cluster, vmid, migrating: false, uplinks: [], summary: `${cluster} lists no guest ${vmid}` };
  }
  const uplinks = (await nodeUplinks(sources, cluster, found.node, signal)).flat();
  const where = uplinks.map((a) => `${a.device} ${a.port ?? '(unknown port)'}`).join(', ') || 'unknown';
  return {
    cluster,
    vmid,
    node: found.node,
    migrating: found.migrating,
    uplinks,
    summary: `Guest ${vmid} is on ${found.node}${found.migrating ? ' (migrating)' : ''}; uplink: ${where}`,
  };
}

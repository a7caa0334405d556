import { PortwardenError } from '../../domain/errors';
import type { SwitchAttachment } from '../../domain/servers/server';
import type { ActivityDependencies } from '../dependencies';
import { nodeEntryName } from './nodeEntry';

/**
 * The switch ports through which a node's traffic enters, uplink by uplink: from the configuration, else from the
 * node's own entry in the panel, whose ports are one uplink for all of its bridges.
 * @throws PortwardenError `proxmox-uplink-unknown` when the entry that the configuration names is no dedicated server
 *   of the panel, when several entries have the name, or when several clusters have a node of that name.
 */
export async function nodeUplinks(
  deps: Pick<ActivityDependencies, 'hypervisors' | 'panel'>,
  cluster: string,
  node: string,
  signal: AbortSignal,
): Promise<readonly (readonly SwitchAttachment[])[]> {
  const source = deps.hypervisors.get(cluster);
  const configured = source?.uplinks.get(node);
  if (configured !== undefined)
    return Promise.all(
      configured.map(({ ports }) =>
        Promise.all(ports.map(({ device, port }) => deps.panel.switchAttachment(device, port, signal))),
      ),
    );
  const named = await nodeEntryName(deps, cluster, node, signal);
  const entry = await deps.panel.findNodeEntry(named, signal);
  if (entry === undefined && source?.panelEntries.has(node) === true) {
    const what = 'name' in named ? `with the server name ${named.name}` : String(named.serverId);
    throw new PortwardenError(
      'proxmox-uplink-unknown',
      `The configuration says that ${node} of ${cluster} is server ${what} of the panel, which has no such dedicated server`,
      { details: { cluster, node } },
    );
  }
  return entry === undefined || entry.attachments.length === 0 ? [] : [entry.attachments];
}

import type { SwitchAttachment } from '../../domain/servers/server';
import type { ActivityDependencies } from '../dependencies';

/** The switch ports through which a node's traffic enters: from the configuration, else from the node's own entry in the panel. */
export async function nodeUplinks(
  deps: Pick<ActivityDependencies, 'hypervisors' | 'panel'>,
  cluster: string,
  node: string,
  signal: AbortSignal,
): Promise<readonly SwitchAttachment[]> {
  const configured = deps.hypervisors.get(cluster)?.uplinks.get(node);
  if (configured !== undefined) return [await deps.panel.switchAttachment(configured.device, configured.port, signal)];
  return (await deps.panel.findServerByName(node, signal))?.attachments ?? [];
}

import { PortwardenError } from '../domain/errors';
import type { NodeInventory } from '../domain/servers/server';
import type { Activities } from '../protocol/activities';
import type { NodeSubject } from '../domain/servers/portRequest';
import type { ActivityDependencies, FactSources } from './dependencies';
import { attemptSignal } from './failure';

/** Reads every guest of a node with all its NICs, running or not. Names those that could not be read; else complete or failed. */
export function createGatherVmMacs(deps: ActivityDependencies): Activities['gatherVmMacs'] {
  return (subject) => readNode(deps, subject, attemptSignal());
}

/** The reading itself. @throws PortwardenError `proxmox-…`. */
export async function readNode(
  sources: Pick<FactSources, 'hypervisors'>,
  { cluster, node }: NodeSubject,
  signal: AbortSignal,
): Promise<NodeInventory> {
  const source = sources.hypervisors.get(cluster);
  if (source === undefined) {
    throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
      details: { cluster },
    });
  }
  return source.inventory(node, signal);
}

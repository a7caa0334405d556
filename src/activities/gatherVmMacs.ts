import { Context } from '@temporalio/activity';
import { PortwardenError } from '../domain/errors';
import type { NodeInventory } from '../domain/servers/server';
import type { Activities } from '../protocol/activities';
import { nodeKey, type NodeSubject } from '../domain/servers/portRequest';
import type { ActivityDependencies, FactSources } from './dependencies';
import { attemptSignal } from './failure';
import { JoinedReadings } from '../primitives/joinedReadings';

/**
 * Reads every guest of a node with all its NICs, running or not. Names those that could not be read; else complete or
 * failed. A node that takes longer than a local activity may is not read from the start by the regular one that
 * follows on the same worker: it waits for the reading that its batch has begun.
 */
export function createGatherVmMacs(deps: ActivityDependencies): Activities['gatherVmMacs'] {
  const readings = new JoinedReadings<NodeInventory>();
  return ({ batch, ...subject }) => {
    const { runId } = Context.current().info.workflowExecution ?? {};
    const key = `${runId ?? ''} ${batch ?? ''} ${nodeKey(subject)}`;
    return readings.read(key, (signal) => readNode(deps, subject, signal), attemptSignal());
  };
}

/** The reading itself. @throws PortwardenError `proxmox-…`. */
export async function readNode(
  sources: Pick<FactSources, 'hypervisors' | 'store'>,
  { cluster, node }: NodeSubject,
  signal: AbortSignal,
): Promise<NodeInventory> {
  const source = sources.hypervisors.get(cluster);
  if (source === undefined) {
    throw new PortwardenError('proxmox-not-configured', `No cluster named ${cluster} is configured`, {
      details: { cluster },
    });
  }
  const readAt = await sources.store.placements.clock();
  return { ...(await source.inventory(node, signal)), readAt };
}

import type { Activities } from '../protocol/activities';
import { coordinatorWorkflowId } from '../protocol/names';
import type { ActivityDependencies } from './dependencies';

/** Drops the parked change of a port because a person rejected it; the decision goes into the journal. */
export function createDropParked(deps: ActivityDependencies): Activities['dropParked'] {
  return async ({ device, port }) => {
    const parked = await deps.store.parked.get(device, port);
    if (parked === undefined) return false;
    const { added, removed } = parked;
    const summary = `A person rejected the parked change (${parked.reason})`;
    await deps.store.journal.append([
      {
        device,
        port,
        workflowId: coordinatorWorkflowId(device),
        status: 'skipped',
        summary,
        added,
        removed,
        commands: [],
      },
    ]);
    await deps.store.drift.reject(device, port);
    await deps.store.parked.delete(device, port);
    return true;
  };
}

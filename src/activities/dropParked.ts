import type { Activities } from '../protocol/activities';
import { coordinatorWorkflowId } from '../protocol/names';
import type { ActivityDependencies } from './dependencies';

/**
 * Drops the parked change of a port because a person rejected it; the decision goes into the journal. Another change than the one that the
 * person saw stays. Brought twice by the same workflow, it is done once.
 */
export function createDropParked(deps: ActivityDependencies): Activities['dropParked'] {
  return async ({ device, port, fingerprint, author, reason, waiter }) => {
    const parked = await deps.store.parked.get(device, port);
    if (parked === undefined || (fingerprint ?? parked.fingerprint) !== parked.fingerprint)
      return (
        waiter !== undefined &&
        (await deps.store.journal.list({ ...{ device, port }, workflowId: waiter, limit: 1 })).length > 0
      );
    const { added, removed } = parked;
    const workflowId = waiter ?? coordinatorWorkflowId(device);
    const said = { ...(author === undefined ? {} : { author }), ...(reason === undefined ? {} : { reason }) };
    const summary = `${author ?? 'A person'} rejected the parked change (${parked.reason})`;
    await deps.store.journal.append([
      { ...{ device, port, workflowId, status: 'skipped', summary, added, removed, commands: [] }, ...said },
    ]);
    await deps.store.drift.reject(device, port);
    await deps.store.parked.delete(device, port);
    return true;
  };
}

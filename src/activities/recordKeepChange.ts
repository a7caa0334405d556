import { invalidField } from '../domain/errors';
import type { DecisionActivities } from '../protocol/decisions';
import type { ActivityDependencies } from './dependencies';
import { extendedEntry, removedEntry } from './decisions/keepEntries';
import { workflowIdOf } from './decisions/workflowIdOf';

/** Ends keeps, or lets them end at another time, by a person's word. The bindings of ended ones are unknown again: they are parked, not removed. */
export function createRecordKeepChange(
  deps: Pick<ActivityDependencies, 'store'>,
): DecisionActivities['recordKeepChange'] {
  return async (input) => {
    const { ids, author, reason } = input;
    const decision = { author, reason };
    const { keeps } = deps.store;
    if (input.change === 'extend' && input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.now())
      throw invalidField('invalid-request', 'expiresAt', 'must be in the future');
    const changed =
      input.change === 'remove'
        ? await keeps.remove(ids, removedEntry(workflowIdOf(), decision))
        : await keeps.extend(ids, input.expiresAt, extendedEntry(workflowIdOf(), decision));
    return { changed, missing: ids.filter((id) => !changed.some((keep) => keep.id === id)) };
  };
}

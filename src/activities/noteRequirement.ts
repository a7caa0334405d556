import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';

/** Lists a server as not automated, because of the requirement that an event found not to hold. */
export function createNoteRequirement({ store }: Pick<ActivityDependencies, 'store'>): Activities['noteRequirement'] {
  return async ({ serverId, requirement, message }) => {
    await store.standing.note({
      list: 'unautomated',
      subject: `server ${serverId}`,
      serverId,
      rule: requirement,
      message,
    });
  };
}

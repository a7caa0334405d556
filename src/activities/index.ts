import { createCommitToSwitch } from './commitToSwitch';
import type { Activities } from './contract';
import type { ActivityDependencies } from './dependencies';
import { createDropParked } from './dropParked';
import { createEnlist } from './enlist';
import { toApplicationFailure } from './failure';
import { createFetchServerIps } from './fetchServerIps';
import { createFilterByVlan } from './filterByVlan';
import { createFindProxmoxNode } from './findProxmoxNode';
import { createGatherVmMacs } from './gatherVmMacs';
import { createNotifyWaiters } from './notifyWaiters';

/** Makes the activities. In the order of the mission: fetchServerIps → findProxmoxNode → gatherVmMacs → filterByVlan → commitToSwitch. */
export function createActivities(deps: ActivityDependencies): Activities {
  return {
    fetchServerIps: guarded(createFetchServerIps(deps)),
    findProxmoxNode: guarded(createFindProxmoxNode(deps)),
    gatherVmMacs: guarded(createGatherVmMacs(deps)),
    filterByVlan: guarded(createFilterByVlan(deps)),
    commitToSwitch: guarded(createCommitToSwitch(deps)),
    enlist: guarded(createEnlist(deps)),
    notifyWaiters: guarded(createNotifyWaiters(deps)),
    dropParked: guarded(createDropParked(deps)),
  };
}

/** Whatever an activity throws becomes a failure whose type is the registry's code. */
function guarded<Input, Result>(activity: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      throw toApplicationFailure(error);
    }
  };
}

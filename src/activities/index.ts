import { Context } from '@temporalio/activity';
import { createCommitToSwitch } from './commitToSwitch';
import type { Activities } from '../protocol/activities';
import type { LookActivities } from '../protocol/preview';
import { createCoordinatorSettings } from './coordinatorSettings';
import type { ActivityDependencies } from './dependencies';
import { createDropParked } from './dropParked';
import { createEnlist } from './enlist';
import { toApplicationFailure } from './failure';
import { createFetchServerIps } from './fetchServerIps';
import { createFilterByVlan } from './filterByVlan';
import { createFindProxmoxNode } from './findProxmoxNode';
import { createGatherVmMacs } from './gatherVmMacs';
import { createExplainBindings } from './explainBindings';
import { createNotifyWaiters } from './notifyWaiters';
import { createPreviewChanges } from './previewChanges';

const HEARTBEAT_MS = 4_000;

/** Makes the activities. In the order of the mission: fetchServerIps → findProxmoxNode → gatherVmMacs → filterByVlan → commitToSwitch. */
export function createActivities(deps: ActivityDependencies): Activities & LookActivities {
  const pass = guarded(createCommitToSwitch(deps));
  return {
    fetchServerIps: alive(guarded(createFetchServerIps(deps))),
    findProxmoxNode: alive(guarded(createFindProxmoxNode(deps))),
    gatherVmMacs: alive(guarded(createGatherVmMacs(deps))),
    filterByVlan: alive(guarded(createFilterByVlan(deps))),
    commitToSwitch: pass,
    ...Object.fromEntries(deps.devices.passActivities.map((name) => [name, pass])),
    enlist: alive(guarded(createEnlist(deps))),
    notifyWaiters: alive(guarded(createNotifyWaiters(deps))),
    coordinatorSettings: alive(guarded(createCoordinatorSettings(deps))),
    dropParked: alive(guarded(createDropParked(deps))),
    previewChanges: alive(guarded(createPreviewChanges(deps))),
    explainBindings: alive(guarded(createExplainBindings(deps))),
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

/** Says that it is alive while it runs as a regular activity, so that a worker that died is noticed within seconds. */
function alive<Input, Result>(activity: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
  return async (input) => {
    const context = Context.current();
    if (context.info.isLocal) return activity(input);
    const beat = setInterval(() => {
      context.heartbeat();
    }, HEARTBEAT_MS);
    try {
      return await activity(input);
    } finally {
      clearInterval(beat);
    }
  };
}

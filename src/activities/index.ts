import { Context } from '@temporalio/activity';
import { createCommitToSwitch } from './commitToSwitch';
import type { Activities, PassActivities } from '../protocol/activities';
import type { HoldActivities } from '../protocol/holds';
import type { BackupActivities } from '../protocol/backups';
import type { AlarmActivities } from '../protocol/alarms';
import type { DecisionActivities } from '../protocol/decisions';
import type { NotificationActivities } from '../protocol/notifications';
import type { ParkedDecisionActivities } from '../protocol/parkedDecisions';
import type { PolicyActivities } from '../protocol/policies';
import type { LookActivities } from '../protocol/preview';
import type { ReconcileActivities } from '../protocol/reconcile';
import type { VirtualMacActivities } from '../protocol/virtualMacs';
import type { WatchActivities } from '../protocol/watch';
import { createBackUpDevice, createDueBackups } from './backups/backUpDevices';
import { createCompareBackup } from './backups/compareBackup';
import type { ApplyAllActivities } from '../protocol/applyAll';
import { planning } from './applyAll/planning';
import { running } from './applyAll/running';
import { createEvaluateAlarms, type AlarmDependencies } from './alarms/evaluateAlarms';
import { createCoordinatorSettings } from './coordinatorSettings';
import type { ActivityDependencies } from './dependencies';
import { SubnetsAhead } from './desired/subnetsAhead';
import { createDropParked } from './dropParked';
import { createEnlist } from './enlist';
import { toApplicationFailure } from './failure';
import { createFetchServerIps } from './fetchServerIps';
import { createFilterByVlan } from './filterByVlan';
import { createFindProxmoxNode } from './findProxmoxNode';
import { createGatherVmMacs } from './gatherVmMacs';
import { createExplainBindings } from './explainBindings';
import { holding } from './holds/recordHolds';
import { createNoteRequirement } from './noteRequirement';
import { createNotifyWaiters } from './notifyWaiters';
import { createFindPolicyPorts } from './policies/findPolicyPorts';
import { createPreviewPolicyChange } from './policies/previewPolicyChange';
import { createRecordPolicyChange } from './policies/recordPolicyChange';
import { createSendNotification, type NotificationDependencies } from './notifications/sendNotification';
import { createPortCoverage } from './portCoverage';
import { createPreviewConfiguration } from './previewConfiguration';
import { createPreviewChanges } from './previewChanges';
import { createRecordAdoption } from './recordAdoption';
import { createLetApprovedPass, createRecordParkedDecision } from './recordParkedDecision';
import { createRecordKeepChange } from './recordKeepChange';
import { createUnknownBindings } from './unknownBindings';
import { createLookForDrift } from './reconcile/lookForDrift';
import { createRecordDrift } from './reconcile/recordDrift';
import { createWatchCluster } from './watchCluster';
import { createAssignVirtualMac } from './virtualMacs/assignVirtualMac';
import { createRevokeVirtualMac } from './virtualMacs/revokeVirtualMac';

const HEARTBEAT_MS = 4_000;

/**
 * Makes the quick activities. In the order of the mission: fetchServerIps → findProxmoxNode → gatherVmMacs → filterByVlan,
 * and then commitToSwitch, which is one of {@link createPasses}.
 */
export function createActivities(
  deps: ActivityDependencies,
): Activities &
  LookActivities &
  DecisionActivities &
  ParkedDecisionActivities &
  PolicyActivities &
  VirtualMacActivities &
  WatchActivities &
  ReconcileActivities &
  BackupActivities &
  HoldActivities &
  ApplyAllActivities {
  const plans = planning(deps);
  const runs = running(deps);
  const holds = holding(deps);
  const subnets = new SubnetsAhead(deps);
  return {
    fetchServerIps: alive(guarded(createFetchServerIps(deps, subnets))),
    findProxmoxNode: alive(guarded(createFindProxmoxNode(deps))),
    gatherVmMacs: alive(guarded(createGatherVmMacs(deps))),
    filterByVlan: alive(guarded(createFilterByVlan(deps, subnets))),
    enlist: alive(guarded(createEnlist(deps))),
    noteRequirement: alive(guarded(createNoteRequirement(deps))),
    notifyWaiters: alive(guarded(createNotifyWaiters(deps))),
    coordinatorSettings: alive(guarded(createCoordinatorSettings(deps))),
    dropParked: alive(guarded(createDropParked(deps))),
    previewChanges: alive(guarded(createPreviewChanges(deps))),
    explainBindings: alive(guarded(createExplainBindings(deps))),
    portCoverage: alive(guarded(createPortCoverage(deps))),
    unknownBindings: alive(guarded(createUnknownBindings(deps))),
    recordAdoption: alive(guarded(createRecordAdoption(deps))),
    recordParkedDecision: alive(guarded(createRecordParkedDecision(deps))),
    letApprovedPass: alive(guarded(createLetApprovedPass(deps))),
    recordKeepChange: alive(guarded(createRecordKeepChange(deps))),
    findPolicyPorts: alive(guarded(createFindPolicyPorts(deps))),
    recordPolicyChange: alive(guarded(createRecordPolicyChange(deps))),
    previewPolicyChange: alive(guarded(createPreviewPolicyChange(deps))),
    assignVirtualMac: alive(guarded(createAssignVirtualMac(deps))),
    revokeVirtualMac: alive(guarded(createRevokeVirtualMac(deps))),
    lookForDrift: alive(guarded(createLookForDrift(deps))),
    recordDrift: alive(guarded(createRecordDrift(deps))),
    watchCluster: alive(guarded(createWatchCluster(deps))),
    dueBackups: alive(guarded(createDueBackups(deps))),
    backUpDevice: alive(guarded(createBackUpDevice(deps))),
    compareBackup: alive(guarded(createCompareBackup(deps))),
    planRestore: alive(guarded(holds.planRestore)),
    recordRestore: alive(guarded(holds.recordRestore)),
    planRelease: alive(guarded(holds.planRelease)),
    recordRelease: alive(guarded(holds.recordRelease)),
    planDevices: alive(guarded(plans.planDevices)),
    planPorts: alive(guarded(plans.planPorts)),
    finishPlan: alive(guarded(plans.finishPlan)),
    failPlan: alive(guarded(plans.failPlan)),
    beginRun: alive(guarded(runs.beginRun)),
    runDevices: alive(guarded(runs.runDevices)),
    askPorts: alive(guarded(runs.askPorts)),
    endRun: alive(guarded(runs.endRun)),
    previewConfiguration: alive(guarded(createPreviewConfiguration(deps))),
  };
}

/** Makes the activity that judges alarms. */
export function createAlarmActivities(deps: AlarmDependencies): AlarmActivities {
  return { evaluateAlarms: alive(guarded(createEvaluateAlarms(deps))) };
}

/** Makes the activity that delivers notifications. */
export function createNotificationActivities(deps: NotificationDependencies): NotificationActivities {
  return { sendNotification: alive(guarded(createSendNotification(deps))) };
}

/** Makes the one activity that changes devices, under the name of every kind's pass: commitToSwitch for switches. */
export function createPasses(deps: ActivityDependencies): PassActivities {
  const pass = guarded(createCommitToSwitch(deps));
  return Object.fromEntries(deps.devices.passActivities.map((name) => [name, pass]));
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

import { defineSearchAttributeKey } from '@temporalio/common';
import { scopeText, type Scope } from '../domain/values/scope';
import { parseDeviceId, type DeviceId } from '../domain/values/device';

/** Workflow type names, as the UI and the CLIs show them. */
export const EVENT_WORKFLOW = 'portSecurityEvent';
export const COORDINATOR_WORKFLOW = 'deviceCoordinator';
export const PREVIEW_WORKFLOW = 'preview';
export const EXPLAIN_WORKFLOW = 'explain';
export const COVERAGE_WORKFLOW = 'coverage';
export const UNKNOWN_BINDINGS_WORKFLOW = 'unknownBindings';
export const ADOPT_WORKFLOW = 'adopt';
export const CHANGE_KEEPS_WORKFLOW = 'changeKeeps';
export const DECIDE_PARKED_WORKFLOW = 'decideParked';
export const CHANGE_POLICY_WORKFLOW = 'changePolicy';
export const END_POLICY_WORKFLOW = 'endPolicy';
export const PREVIEW_POLICY_WORKFLOW = 'previewPolicy';
export const ASSIGN_VIRTUAL_MAC_WORKFLOW = 'assignVirtualMac';
export const REVOKE_VIRTUAL_MAC_WORKFLOW = 'revokeVirtualMac';
export const WATCH_WORKFLOW = 'watch';
export const RECONCILE_WORKFLOW = 'reconcile';
export const BACKUP_WORKFLOW = 'backUpDevices';
export const COMPARE_BACKUP_WORKFLOW = 'compareBackup';
export const PLAN_RESTORE_WORKFLOW = 'planRestore';
export const RESTORE_WORKFLOW = 'restoreBackup';
export const PLAN_RELEASE_WORKFLOW = 'planRelease';
export const RELEASE_HOLDS_WORKFLOW = 'releaseHolds';
export const ALARMS_WORKFLOW = 'judgeAlarms';
export const NOTIFICATION_WORKFLOW = 'deliverNotification';
export const CONFIGURATION_PREVIEW_WORKFLOW = 'previewConfiguration';

export const APPLY_ALL_WORKFLOW = 'applyAll';
export const PLAN_APPLY_ALL_WORKFLOW = 'planApplyAll';

/** Signal names. Operators use them by name: docs/operations.md. */
export const SIGNALS = {
  /** To a coordinator: `EnlistRequest[]`. */
  enlist: 'enlist',
  /** To a coordinator: a port name whose parked change a person confirms. */
  approve: 'approve',
  /** To a coordinator: a port name whose parked change a person drops. */
  reject: 'reject',
  /** To a coordinator: people paused or resumed something; it looks what rules now. */
  pausesChanged: 'pausesChanged',
  /** To a coordinator: try waiting ports now instead of when their back-off ends. To a delivery: the same, of its next try. */
  retryNow: 'retryNow',
  /** To an event: `PortOutcome`. */
  portOutcome: 'portOutcome',
  /** To an event: `PortProgress`. */
  portProgress: 'portProgress',
  /** To a run of Apply All: `RunNews`, of many ports at once. */
  runNews: 'runNews',
  /** To a run of Apply All: a person paused it, resumed it, or ends it. */
  pauseRun: 'pauseRun',
  resumeRun: 'resumeRun',
  cancelRun: 'cancelRun',
} as const;

/** What the failure of a pass says in its details when its worker ended during it. */
export const CUT_OFF = 'cut-off';

/** Query names. */
export const QUERIES = {
  state: 'state',
  status: 'status',
  /** Of `changePolicy`: the change once it is recorded, else null. */
  recorded: 'recorded',
  /** Of `applyAll`: how far the run is. Of `planApplyAll`: which plan it makes. */
  progress: 'progress',
} as const;

/** Search attributes that the workflows carry, so that the UI's list can be filtered. */
export const SEARCH_ATTRIBUTES = {
  ServerId: 'Keyword',
  Device: 'Keyword',
  Port: 'Keyword',
  Action: 'Keyword',
} as const;

/** The keys by which search attributes are set and read; each is one of {@link SEARCH_ATTRIBUTES}. */
export const ATTRIBUTE = {
  serverId: defineSearchAttributeKey('ServerId', 'KEYWORD'),
  device: defineSearchAttributeKey('Device', 'KEYWORD'),
  port: defineSearchAttributeKey('Port', 'KEYWORD'),
  action: defineSearchAttributeKey('Action', 'KEYWORD'),
} as const;

/** The name of the queue on which device changes run, beside the workflows' own queue. */
export function deviceTaskQueue(taskQueue: string): string {
  return `${taskQueue}-devices`;
}

const APPLY_ALL_PREFIX = 'apply-all:';
const PLAN_PREFIX = 'apply-all-plan:';

/** The workflow id of the one run of Apply All that a scope may have at a time. */
export function applyAllId(scope: Scope): string {
  return `${APPLY_ALL_PREFIX}${scopeText(scope)}`;
}

/** The workflow id of the one planning of a scope. */
export function planApplyAllId(scope: Scope): string {
  return `${PLAN_PREFIX}${scopeText(scope)}`;
}

/** Whether a workflow is a run of Apply All: such a waiter is told of many ports at once. */
export function isApplyAllId(workflowId: string): boolean {
  return workflowId.startsWith(APPLY_ALL_PREFIX);
}

/** The workflow id of the one workflow that delivers a notification to an endpoint, or delivers it again. */
export function notificationWorkflowId({ id, round }: { readonly id: string; readonly round: number }): string {
  return `notification:${id}${round === 0 ? '' : `:${round}`}`;
}

const COORDINATOR_PREFIX = 'device:';

/** The workflow id of the one coordinator that may change a device. */
export function coordinatorWorkflowId(device: DeviceId): string {
  return `${COORDINATOR_PREFIX}${device}`;
}

/** The device of a coordinator's workflow id; undefined for any other workflow. */
export function deviceOfCoordinator(workflowId: string): DeviceId | undefined {
  if (!workflowId.startsWith(COORDINATOR_PREFIX)) return undefined;
  try {
    return parseDeviceId(workflowId.slice(COORDINATOR_PREFIX.length));
  } catch {
    return undefined;
  }
}

import { defineSearchAttributeKey } from '@temporalio/common';
import { parseDeviceId, type DeviceId } from '../domain/values/device';

/** Workflow type names, as the UI and the CLIs show them. */
export const EVENT_WORKFLOW = 'portSecurityEvent';
export const COORDINATOR_WORKFLOW = 'deviceCoordinator';
export const PREVIEW_WORKFLOW = 'preview';
export const EXPLAIN_WORKFLOW = 'explain';
export const UNKNOWN_BINDINGS_WORKFLOW = 'unknownBindings';
export const ADOPT_WORKFLOW = 'adopt';
export const CHANGE_KEEPS_WORKFLOW = 'changeKeeps';
export const CHANGE_POLICY_WORKFLOW = 'changePolicy';
export const END_POLICY_WORKFLOW = 'endPolicy';
export const PREVIEW_POLICY_WORKFLOW = 'previewPolicy';
export const ASSIGN_VIRTUAL_MAC_WORKFLOW = 'assignVirtualMac';
export const REVOKE_VIRTUAL_MAC_WORKFLOW = 'revokeVirtualMac';
export const WATCH_WORKFLOW = 'watch';
export const CONFIGURATION_PREVIEW_WORKFLOW = 'previewConfiguration';

/** Signal names. Operators use them by name: docs/operations.md. */
export const SIGNALS = {
  /** To a coordinator: `EnlistRequest[]`. */
  enlist: 'enlist',
  /** To a coordinator: a port name whose parked change a person confirms. */
  approve: 'approve',
  /** To a coordinator: a port name whose parked change a person drops. */
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  /** To a coordinator: try waiting ports now instead of when their back-off ends. */
  retryNow: 'retryNow',
  /** To an event: `PortOutcome`. */
  portOutcome: 'portOutcome',
  /** To an event: `PortProgress`. */
  portProgress: 'portProgress',
} as const;

/** Query names. */
export const QUERIES = {
  state: 'state',
  status: 'status',
  /** Of `changePolicy`: the change once it is recorded, else null. */
  recorded: 'recorded',
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

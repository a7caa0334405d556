import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { textDigest } from '../domain/change/removals';
import type { DeviceId } from '../domain/values/device';
import { ATTRIBUTE, RECONCILE_WORKFLOW } from '../protocol/names';
import type { ReconcileInput } from '../protocol/reconcile';
import { reaching } from './client';
import { keepSchedules } from './schedules';

const LONGEST_RUN_MS = 2 * 3_600_000;
/** One that was missed is made up for if Temporal was away no longer than this: the next one sees all that it would have seen. */
const CATCH_UP_MS = 60_000;
const DEADLINE_MS = 8_000;

/** What the reconcile of devices is made from. */
export interface ReconcileSchedules {
  readonly taskQueue: string;
  /** The devices that are reconciled by themselves, each with how often, in milliseconds. */
  readonly devices: ReadonlyMap<DeviceId, number>;
}

/**
 * Lets every such device be reconciled by a schedule of its own, and no others. Devices of the same interval have their turns at
 * different times, so that sources are not asked for all of them at once.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function keepReconcileSchedules(
  client: Client,
  { taskQueue, devices }: ReconcileSchedules,
): Promise<void> {
  const workflows = [...devices].map(([device, every]) => ({
    key: device,
    workflowType: RECONCILE_WORKFLOW,
    input: { device },
    spec: { intervals: [{ every, offset: offsetOf(device, every) }] },
    longestRunMs: LONGEST_RUN_MS,
    catchUpMs: CATCH_UP_MS,
    note: `Reconciles ${device}`,
  }));
  await keepSchedules(client, { kind: 'reconcile', taskQueue, workflows });
}

/** Whole seconds, as Temporal takes them. */
function offsetOf(device: DeviceId, every: number): number {
  return Number(BigInt(`0x${textDigest(device)}`) % BigInt(Math.max(Math.floor(every / 1000), 1))) * 1000;
}

/** Starts reconciles out of their turn. */
export interface Reconciles {
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`. */
  start(device: DeviceId): Promise<{ readonly workflowId: string }>;
  /** The same for a device that is back; several who see that start one. @throws PortwardenError `temporal-unavailable`. */
  returned(device: DeviceId): Promise<void>;
}

/** Reconciles as workflows on the workers of a task queue. */
export function createReconciles(client: Client, taskQueue: string): Reconciles {
  const start = async (device: DeviceId, workflowId: string): Promise<void> => {
    const input: ReconcileInput = { device };
    await reaching(() =>
      client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(RECONCILE_WORKFLOW, {
          ...{ workflowId, taskQueue, args: [input], workflowExecutionTimeout: LONGEST_RUN_MS },
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Reconcile of ${device}`,
          typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device as string }],
        }),
      ),
    );
  };
  return {
    async start(device) {
      const workflowId = `${RECONCILE_WORKFLOW}-${device}-${randomUUID()}`;
      await start(device, workflowId);
      return { workflowId };
    },
    returned: (device) => start(device, `${RECONCILE_WORKFLOW}-${device}-returned`),
  };
}

import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client, type ScheduleSpec } from '@temporalio/client';
import { reaching } from './client';

/** A workflow that Temporal starts again and again. */
export interface PeriodicWorkflow {
  /** What it is done for, as a part of ids: a cluster's name, a device. Each of its kind has another. */
  readonly key: string;
  readonly workflowType: string;
  readonly input: object;
  /** When: by an interval, by the calendar of a time zone. */
  readonly spec: ScheduleSpec;
  /** A run that takes longer is ended, in milliseconds. */
  readonly longestRunMs: number;
  /** A run that was missed, because Temporal was away, is made up for within this time, in milliseconds. */
  readonly catchUpMs: number;
  /** Shown to operators beside the schedule. */
  readonly note: string;
}

/** All periodic workflows of one kind. */
export interface PeriodicWorkflows {
  /** The kind, which the ids of schedules and runs begin with: `watch`. */
  readonly kind: string;
  readonly taskQueue: string;
  readonly workflows: readonly PeriodicWorkflow[];
}

/**
 * Makes the schedules of one kind be those that are wanted: each made or changed; those that are wanted no more are
 * removed. Schedules of other kinds, and of other installations in the namespace, which have another task queue, are left
 * alone. Whether a person paused one stays as it is. A run that is still under way lets the next one be left out.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function keepSchedules(client: Client, wanted: PeriodicWorkflows): Promise<void> {
  const prefix = `${wanted.kind}:${wanted.taskQueue}:`;
  await reaching(async () => {
    const options = wanted.workflows.map((workflow) => optionsOf(prefix, wanted, workflow));
    for (const schedule of options) await keep(client, schedule);
    const ids = new Set(options.map(({ scheduleId }) => scheduleId));
    for await (const { scheduleId } of client.schedule.list()) {
      if (!scheduleId.startsWith(prefix) || ids.has(scheduleId)) continue;
      await client.schedule
        .getHandle(scheduleId)
        .delete()
        .catch((error: unknown) => {
          if (!(error instanceof ScheduleNotFoundError)) throw error;
        });
    }
  });
}

function optionsOf(prefix: string, { kind, taskQueue }: PeriodicWorkflows, workflow: PeriodicWorkflow) {
  const { key, workflowType, input, spec, longestRunMs, catchUpMs, note } = workflow;
  return {
    scheduleId: `${prefix}${key}`,
    spec,
    action: {
      type: 'startWorkflow' as const,
      workflowType,
      workflowId: `${kind}:${key}`,
      taskQueue,
      args: [input],
      workflowExecutionTimeout: longestRunMs,
    },
    policies: { overlap: 'SKIP' as const, catchupWindow: catchUpMs, pauseOnFailure: false },
    state: { note },
  };
}

async function keep(client: Client, options: ReturnType<typeof optionsOf>): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({ spec, action, policies, state }));
  }
}

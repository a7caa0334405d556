import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client } from '@temporalio/client';
import { WATCH_WORKFLOW } from '../protocol/names';
import { reaching } from './client';

const PREFIX = 'watch:';
const LONGEST_RUN_MS = 60_000;

/** What the watch of clusters is made from. */
export interface WatchSchedules {
  readonly taskQueue: string;
  /** The clusters that are configured. */
  readonly clusters: readonly string[];
  /** From one look to the next, in milliseconds; 0: nothing is watched. */
  readonly everyMs: number;
}

/**
 * Makes the schedules be those of the configuration: one for each cluster, made or changed; those of clusters that are
 * configured no more are removed. Schedules of other installations in the namespace, which have another task queue, are left alone.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function keepWatchSchedules(
  client: Client,
  { taskQueue, clusters, everyMs }: WatchSchedules,
): Promise<void> {
  const wanted = everyMs > 0 ? clusters : [];
  await reaching(async () => {
    for (const cluster of wanted) await keep(client, scheduleOf(cluster, taskQueue, everyMs));
    const ids = new Set(wanted.map((cluster) => idOf(taskQueue, cluster)));
    for await (const { scheduleId } of client.schedule.list()) {
      if (!scheduleId.startsWith(`${PREFIX}${taskQueue}:`) || ids.has(scheduleId)) continue;
      await client.schedule
        .getHandle(scheduleId)
        .delete()
        .catch((error: unknown) => {
          if (!(error instanceof ScheduleNotFoundError)) throw error;
        });
    }
  });
}

function idOf(taskQueue: string, cluster: string): string {
  return `${PREFIX}${taskQueue}:${cluster}`;
}

function scheduleOf(cluster: string, taskQueue: string, everyMs: number) {
  return {
    scheduleId: idOf(taskQueue, cluster),
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: WATCH_WORKFLOW,
      workflowId: `${PREFIX}${cluster}`,
      taskQueue,
      args: [{ cluster }],
      workflowExecutionTimeout: Math.max(LONGEST_RUN_MS, everyMs),
    },
    // A look that was missed is not made up for: the next one sees all that it would have seen.
    policies: { overlap: 'SKIP' as const, catchupWindow: 10_000, pauseOnFailure: false },
    state: { note: `Looks at the hypervisors of ${cluster}` },
  };
}

async function keep(client: Client, options: ReturnType<typeof scheduleOf>): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    // Whether a person paused it stays as it is.
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({ spec, action, policies, state }));
  }
}

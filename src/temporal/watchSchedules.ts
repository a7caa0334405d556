import type { Client } from '@temporalio/client';
import { WATCH_WORKFLOW } from '../protocol/names';
import { keepSchedules } from './schedules';

const LONGEST_RUN_MS = 60_000;
/** A look that was missed is not made up for: the next one sees all that it would have seen. */
const CATCH_UP_MS = 10_000;

/** What the watch of clusters is made from. */
export interface WatchSchedules {
  readonly taskQueue: string;
  /** The clusters that are configured. */
  readonly clusters: readonly string[];
  /** From one look to the next, in milliseconds; 0: nothing is watched. */
  readonly everyMs: number;
}

/**
 * Lets every configured cluster be looked at by a schedule of its own, and no others.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function keepWatchSchedules(
  client: Client,
  { taskQueue, clusters, everyMs }: WatchSchedules,
): Promise<void> {
  const workflows = (everyMs > 0 ? clusters : []).map((cluster) => ({
    key: cluster,
    workflowType: WATCH_WORKFLOW,
    input: { cluster },
    spec: { intervals: [{ every: everyMs }] },
    longestRunMs: Math.max(LONGEST_RUN_MS, everyMs),
    catchUpMs: CATCH_UP_MS,
    note: `Looks at the hypervisors of ${cluster}`,
  }));
  await keepSchedules(client, { kind: 'watch', taskQueue, workflows });
}

import { proxyLocalActivities } from '@temporalio/workflow';
import { readWatchInput, type WatchActivities, type WatchResult } from '../protocol/watch';
import { reportFailure } from './failures';
import { readOrFail } from './shortWorkflow';

/** Tried once: the schedule looks again soon, and with fresh readings. */
const { watchCluster } = proxyLocalActivities<WatchActivities>({
  startToCloseTimeout: '9 seconds',
  scheduleToCloseTimeout: '9 seconds',
  retry: { maximumAttempts: 1 },
});

/**
 * One look at a cluster of hypervisors: what moved, restarted, was edited or is on its way since the last one. Started by
 * a schedule for each cluster, so it is short: one local activity. A cluster that cannot be read is a result, not a failure.
 */
export async function watch(input: unknown): Promise<WatchResult> {
  const { cluster } = readOrFail(() => readWatchInput(input));
  try {
    return await watchCluster({ cluster });
  } catch (error) {
    const report = reportFailure(error);
    return { summary: `${cluster} could not be looked at: ${report.message}`, cluster, error: report };
  }
}

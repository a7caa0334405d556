import { condition, continueAsNew, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { SIGNALS } from '../protocol/names';
import { readDeliverNotificationInput, type NotificationActivities } from '../protocol/notifications';
import { answer, readOrFail } from './shortWorkflow';
import { listenTo } from './signals';

/** Tried until the store answers. What the receiver answers is a result: its tries are those of the schedule, days apart. */
const { sendNotification } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: '90 seconds',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Then the history begins anew. */
const TRIES_OF_A_RUN = 100;

/**
 * Brings one notification to one endpoint: tries, waits as its step says, and tries again, until it was taken or given up. Input:
 * `{delivery, round}`. Signal: `retryNow`.
 */
export async function deliverNotification(input: unknown): Promise<{ readonly summary: string }> {
  const request = readOrFail(() => readDeliverNotificationInput(input));
  let isWoken = false;
  listenTo({
    [SIGNALS.retryNow]: () => {
      isWoken = true;
    },
  });
  for (let tries = 0; tries < TRIES_OF_A_RUN; tries += 1) {
    const { summary, nextInMs } = await answer(() => sendNotification(request));
    if (nextInMs === undefined) return { summary };
    setCurrentDetails(summary);
    // Who started this workflow signalled it too; only what comes from now on is about the next try.
    isWoken = false;
    await condition(() => isWoken, nextInMs);
  }
  return continueAsNew<typeof deliverNotification>(request);
}

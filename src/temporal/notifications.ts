import type { Client } from '@temporalio/client';
import { NOTIFICATION_WORKFLOW, notificationWorkflowId, SIGNALS } from '../protocol/names';
import type { DeliverNotificationInput } from '../protocol/notifications';
import { reaching } from './client';

/** Starts deliveries. */
export interface NotificationDeliveries {
  /**
   * Has a delivery tried now: starts its workflow, or tells the one that runs. There is at most one for each round of a delivery.
   * @throws PortwardenError `temporal-unavailable`.
   */
  deliver(key: { readonly id: string; readonly round: number }): Promise<void>;
}

const DEADLINE_MS = 8_000;
/** The last one: changes of ports come before what is told of them. */
const PRIORITY = 5;

/** Deliveries by workflows on the workers of a task queue. */
export function createNotificationDeliveries(client: Client, taskQueue: string): NotificationDeliveries {
  return {
    async deliver({ id, round }) {
      const input: DeliverNotificationInput = { delivery: id, round };
      await reaching(() =>
        client.withDeadline(Date.now() + DEADLINE_MS, () =>
          client.workflow.signalWithStart(NOTIFICATION_WORKFLOW, {
            ...{ workflowId: notificationWorkflowId({ id, round }), taskQueue, args: [input] },
            signal: SIGNALS.retryNow,
            priority: { priorityKey: PRIORITY },
            staticSummary: `Delivery ${id} of a notification`,
          }),
        ),
      );
    },
  };
}

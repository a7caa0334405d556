import type { Logger } from 'pino';
import { PortwardenError } from '../../domain/errors';
import type { DeliveryAnswer } from '../../domain/notifications/answer';
import { bodyOf, groupBodyOf } from '../../domain/notifications/body';
import { pauseAfter, type RetrySchedule } from '../../domain/notifications/retries';
import type { NotificationActivities } from '../../protocol/notifications';
import type { NotificationRepository, OpenDelivery, TryResult } from '../../store/notifications';
import type { ActivityMetrics } from '../../telemetry/activityMetrics';

/** Sends a message once. It throws nothing that the network does. */
export type SendMessage = (message: { readonly id: string; readonly body: string }) => Promise<DeliveryAnswer>;

/** What delivering notifications needs. */
export interface NotificationDependencies {
  readonly store: { readonly notifications: Pick<NotificationRepository, 'open' | 'tried'> };
  /** How to reach each endpoint of this worker's configuration. */
  readonly endpoints: ReadonlyMap<string, SendMessage>;
  readonly schedule: RetrySchedule;
  readonly metrics: Pick<ActivityMetrics, 'notification'>;
  readonly log: Logger;
}

/**
 * Sends a notification once and writes down what became of it. A worker that dies between the two has it sent again, under the same id:
 * at least once, never less.
 */
export function createSendNotification(deps: NotificationDependencies): NotificationActivities['sendNotification'] {
  const { store, endpoints, schedule, metrics, log } = deps;
  return async ({ delivery, round }) => {
    const key = { id: delivery, round };
    const open = await store.notifications.open(key);
    if (open === undefined) return { summary: 'Nothing to do: it has ended, or is sent by another workflow' };
    const result = open.isDisabled ? ({ kind: 'held' } as const) : resultOf(open, await send(open), schedule);
    await store.notifications.tried(key, result, new Date(), open.group?.members);
    metrics.notification(open.endpoint, result.kind);
    const told = open.group === undefined ? {} : { things: open.group.members.length + 1 };
    const said = { notification: delivery, endpoint: open.endpoint, messageId: open.messageId, ...told };
    if (result.kind === 'failed') log.warn({ ...said, nextInMs: result.nextInMs }, `not delivered: ${result.error}`);
    else log.debug(said, `notification ${result.kind}`);
    return {
      summary: summaryOf(open, result),
      ...(result.kind === 'failed' && result.nextInMs !== undefined ? { nextInMs: result.nextInMs } : {}),
    };
  };

  function send({ endpoint, format, announcement, messageId, group }: OpenDelivery): Promise<DeliveryAnswer> {
    const sendTo = endpoints.get(endpoint);
    if (sendTo === undefined)
      throw new PortwardenError('notification-endpoint-unknown', `This worker has no endpoint ${endpoint}`);
    return sendTo({ id: messageId, body: group === undefined ? bodyOf(announcement, format) : groupBodyOf(group) });
  }
}

function resultOf(
  { scheduled, woken, isTest }: OpenDelivery,
  answer: DeliveryAnswer,
  schedule: RetrySchedule,
): TryResult {
  if (answer.kind === 'delivered') return answer;
  const { status, error } = answer;
  const said = { error, ...(status === undefined ? {} : { status }) };
  if (isTest) return { kind: 'failed', ...said };
  if (answer.kind === 'gone') return { kind: 'held', ...said };
  const nextInMs = pauseAfter(scheduled + (woken ? 0 : 1), answer.retryAfterMs, schedule, Math.random());
  return { kind: 'failed', ...said, ...(nextInMs === undefined ? {} : { nextInMs }) };
}

function summaryOf({ endpoint, announcement, group }: OpenDelivery, result: TryResult): string {
  const type = group === undefined ? announcement.type : `a message of ${group.members.length + 1} things`;
  switch (result.kind) {
    case 'delivered':
      return `${type} was delivered to ${endpoint}`;
    case 'held':
      return `${endpoint} wants nothing more; ${type} waits until a test succeeds`;
    case 'failed':
      return result.nextInMs === undefined
        ? `${type} was not delivered to ${endpoint} and is given up: ${result.error}`
        : `${type} was not delivered to ${endpoint}: ${result.error}; next try in ${Math.round(result.nextInMs / 1_000)} s`;
  }
}

import { createNotificationActivities } from '../activities';
import { sendWebhook } from '../clients/webhooks/webhookSender';
import type { Configuration } from '../config';
import { PortwardenError } from '../domain/errors';
import type { SendMessage } from '../activities/notifications/sendNotification';
import type { NotificationActivities } from '../protocol/notifications';
import type { ConfiguredEndpoint } from '../store/notifications';
import type { Store } from '../store/store';
import type { ActivityMetrics } from '../telemetry/activityMetrics';
import type { Log } from '../telemetry/log';
import { createNotificationDeliveries, type NotificationDeliveries } from '../temporal/notifications';
import type { TemporalClient } from '../temporal/client';
import { NotificationDispatch } from './notificationDispatch';

/** A worker that notifies others. */
export interface Notifying {
  readonly activities: NotificationActivities;
  stop(): Promise<void>;
}

/** Makes known whom the configuration has notified, and begins to bring notifications on their way where there is anybody. */
export async function startNotifying(
  { notifications, sites, temporal: { taskQueue } }: Pick<Configuration, 'notifications' | 'sites' | 'temporal'>,
  of: {
    readonly store: Store;
    readonly temporal: TemporalClient;
    readonly metrics: Pick<ActivityMetrics, 'notification'>;
    readonly log: Log;
  },
): Promise<Notifying> {
  const { store, temporal, metrics, log } = of;
  const { endpoints, schedule, limits, grouping, keepMs } = notifications;
  await store.notifications.register(
    endpoints.map((endpoint) => configured(endpoint, sites)),
    new Date(),
  );
  const deliveries: NotificationDeliveries = createNotificationDeliveries(temporal.client, taskQueue);
  const dispatch =
    endpoints.length === 0 ? undefined : new NotificationDispatch({ store, deliveries, limits, grouping, keepMs, log });
  return {
    activities: createNotificationActivities({
      ...{ store, schedule, metrics, log },
      endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, senderOf(endpoint)])),
    }),
    stop: async () => dispatch?.stop(),
  };
}

type Endpoint = Configuration['notifications']['endpoints'][number];

function configured(
  { id, target, format, types, devices, sites }: Endpoint,
  known: Configuration['sites'],
): ConfiguredEndpoint {
  const wanted = [...devices, ...sites.flatMap((site) => known.get(site) ?? [])];
  const isOfAll = devices.length === 0 && sites.length === 0;
  return { id, origin: target?.origin ?? '', format, types, ...(isOfAll ? {} : { devices: [...new Set(wanted)] }) };
}

function senderOf({ id, target, rules, keys, ca, timeoutMs }: Endpoint): SendMessage {
  if (target === undefined) throw new PortwardenError('invalid-configuration', `The endpoint ${id} has no URL`);
  const to = { target, rules, keys, timeoutMs, ...(ca === undefined ? {} : { ca }) };
  return (message) => sendWebhook(to, message);
}

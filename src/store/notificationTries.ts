import { and, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { toAnnouncement } from './notificationOutbox';
import { groupOf, triedTogether } from './notificationCompany';
import type { DeliveryKey, NotificationRepository, OpenDelivery, TryResult } from './notifications';
import { notificationDeliveries, notificationEndpoints, notifications } from './notificationSchema';

type Delivery = typeof notificationDeliveries.$inferSelect;

/** What is tried, and what became of it. */
export function deliveryTries(run: RunOnDatabase): Pick<NotificationRepository, 'open' | 'tried'> {
  return {
    async open(key) {
      const rows = await run((db) =>
        db
          .select()
          .from(notificationDeliveries)
          .innerJoin(notifications, eq(notifications.id, notificationDeliveries.notification))
          .innerJoin(notificationEndpoints, eq(notificationEndpoints.id, notificationDeliveries.endpoint))
          .where(isOpen(key)),
      );
      const open = rows.map(toOpen)[0];
      if (open?.format !== 'slack') return open;
      const group = await run((db) => groupOf(db, open));
      return group === undefined ? open : { ...open, group };
    },
    async tried(key, result, at, members = []) {
      await run((db) =>
        db.transaction(async (tx) => {
          // The delivery first, everywhere: two tries to one endpoint wait for each other and never for both.
          const [row] = await tx.select().from(notificationDeliveries).where(isOpen(key)).for('update');
          if (row === undefined) return;
          await tx
            .update(notificationDeliveries)
            .set(afterTry(row, result, at))
            .where(eq(notificationDeliveries.id, row.id));
          await triedTogether(tx, row, { result, at, members });
          await rememberOf(tx, row.endpoint, result, at);
        }),
      );
    },
  };
}

function isOpen({ id, round }: DeliveryKey): SQL | undefined {
  return and(
    eq(notificationDeliveries.id, BigInt(id)),
    eq(notificationDeliveries.round, round),
    isNull(notificationDeliveries.toldWith),
    inArray(notificationDeliveries.state, ['queued', 'sending']),
  );
}

function afterTry(row: Delivery, result: TryResult, at: Date): Partial<Delivery> {
  // Nothing was sent where the endpoint was known to want nothing.
  const made = result.kind === 'held' && result.status === undefined ? 0 : 1;
  const common = {
    attempts: row.attempts + made,
    scheduled: row.scheduled + (row.woken ? 0 : made),
    woken: false,
    ...(made === 0 ? {} : { lastAttemptAt: at }),
    lastStatus: result.status ?? null,
    lastError: result.kind === 'delivered' || result.error === undefined ? null : storable(result.error),
  };
  switch (result.kind) {
    case 'delivered':
      return { ...common, state: 'delivered', endedAt: at, nextAttemptAt: null };
    case 'held':
      return { ...common, state: 'queued', round: row.round + 1, scheduled: 0, nextAttemptAt: null };
    case 'failed':
      return result.nextInMs === undefined
        ? { ...common, state: 'failed', endedAt: at, nextAttemptAt: null }
        : { ...common, state: 'sending', nextAttemptAt: new Date(at.getTime() + result.nextInMs) };
  }
}

async function rememberOf(tx: Database, endpoint: string, result: TryResult, at: Date): Promise<void> {
  if (result.kind === 'held' && result.status === undefined) return;
  const when = sql`${at.toISOString()}::timestamptz`;
  const { failingSince, disabledAt, recoveredAt } = notificationEndpoints;
  const wasAway = sql`${failingSince} IS NOT NULL OR ${disabledAt} IS NOT NULL`;
  await tx
    .update(notificationEndpoints)
    .set(
      result.kind === 'delivered'
        ? {
            ...{ lastAttemptAt: at, lastSuccessAt: at, lastError: null, failingSince: null, disabledAt: null },
            recoveredAt: sql`CASE WHEN ${wasAway} THEN ${when} ELSE ${recoveredAt} END`,
          }
        : {
            lastAttemptAt: at,
            lastError: result.error === undefined ? null : storable(result.error),
            failingSince: sql`coalesce(${failingSince}, ${when})`,
            ...(result.kind === 'held' ? { disabledAt: sql`coalesce(${disabledAt}, ${when})` } : {}),
          },
    )
    .where(and(eq(notificationEndpoints.id, endpoint), eq(notificationEndpoints.configured, true)));
}

function toOpen(row: {
  readonly notification_deliveries: Delivery;
  readonly notifications: typeof notifications.$inferSelect;
  readonly notification_endpoints: typeof notificationEndpoints.$inferSelect;
}): OpenDelivery {
  const { id, round, endpoint, scheduled, woken, isTest } = row.notification_deliveries;
  const { format, disabledAt } = row.notification_endpoints;
  return {
    ...{ id: id.toString(), round, endpoint, scheduled, woken, format, isTest },
    messageId: row.notifications.messageId,
    announcement: toAnnouncement(row.notifications),
    isDisabled: disabledAt !== null && !isTest,
  };
}

import { and, asc, eq, exists, gt, inArray, isNotNull, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import { wants } from '../domain/notifications/endpoint';
import { storable, type RunOnDatabase } from './engine/database';
import { toAnnouncement } from './notificationOutbox';
import type { NotificationRepository } from './notifications';
import { notificationDeliveries, notificationEndpoints, notifications } from './notificationSchema';

/** The advisory lock under which new notifications get their deliveries. */
const SPREAD_LOCK = 0x6e6f_7469;
const ROWS_PER_STATEMENT = 2_000;
const NO_LONGER = 'notification-endpoint-unknown: The endpoint is no longer configured';

/** Who gets what, and when it is whose turn. */
export function deliveryTurns(
  run: RunOnDatabase,
): Pick<NotificationRepository, 'register' | 'spread' | 'loads' | 'next' | 'tests' | 'overdue' | 'begun'> {
  const isSending = eq(notificationDeliveries.state, 'sending');
  const isQueued = eq(notificationDeliveries.state, 'queued');
  const key = { id: notificationDeliveries.id, round: notificationDeliveries.round };
  /** What goes in the company of another delivery has no workflow. */
  const isLead = isNull(notificationDeliveries.toldWith);
  return {
    register: (endpoints, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(${SPREAD_LOCK})`);
          for (const { id, origin, format, types, devices } of endpoints) {
            const values = { origin: storable(origin), format, types, devices: devices ?? null, configured: true };
            const moved = sql`${notificationEndpoints.origin} <> excluded.origin`;
            const forgotten = (column: typeof notificationEndpoints.disabledAt) =>
              sql`CASE WHEN ${moved} THEN NULL ELSE ${column} END`;
            await tx
              .insert(notificationEndpoints)
              .values({ id, ...values })
              .onConflictDoUpdate({
                target: notificationEndpoints.id,
                set: {
                  ...values,
                  disabledAt: forgotten(notificationEndpoints.disabledAt),
                  failingSince: forgotten(notificationEndpoints.failingSince),
                  recoveredAt: sql`CASE WHEN ${moved} THEN ${at.toISOString()}::timestamptz ELSE ${notificationEndpoints.recoveredAt} END`,
                },
              });
          }
          // One that is no chat any more gets each by itself.
          for (const { id } of endpoints.filter(({ format }) => format !== 'slack'))
            await tx
              .update(notificationDeliveries)
              .set({ state: 'queued', toldWith: null })
              .where(
                and(eq(notificationDeliveries.endpoint, id), isSending, isNotNull(notificationDeliveries.toldWith)),
              );
          const ids = endpoints.map(({ id }) => id);
          await tx
            .update(notificationEndpoints)
            .set({ configured: false, disabledAt: null, failingSince: null })
            .where(ids.length === 0 ? undefined : notInArray(notificationEndpoints.id, ids));
          await tx
            .update(notificationDeliveries)
            .set({ state: 'failed', endedAt: at, lastError: NO_LONGER, nextAttemptAt: null })
            .where(
              and(
                or(isQueued, isSending),
                ids.length === 0 ? undefined : notInArray(notificationDeliveries.endpoint, ids),
              ),
            );
        }),
      ),
    spread: (most) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(${SPREAD_LOCK})`);
          const isNew = eq(notifications.spread, false);
          const found = await tx.select().from(notifications).where(isNew).orderBy(asc(notifications.id)).limit(most);
          if (found.length === 0) return 0;
          const endpoints = await tx
            .select()
            .from(notificationEndpoints)
            .where(eq(notificationEndpoints.configured, true));
          const rows = found.flatMap((row) =>
            endpoints
              .filter(({ id, types, devices }) =>
                wants(id, devices === null ? { types } : { types, devices }, toAnnouncement(row)),
              )
              .map(({ id }) => ({ notification: row.id, endpoint: id })),
          );
          for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
            await tx
              .insert(notificationDeliveries)
              .values(rows.slice(start, start + ROWS_PER_STATEMENT))
              .onConflictDoNothing();
          const wanted = new Set(rows.map(({ notification }) => notification));
          const [kept, gone] = [true, false].map((is) =>
            found.filter(({ id }) => wanted.has(id) === is).map(({ id }) => id),
          );
          if (kept !== undefined && kept.length > 0)
            await tx.update(notifications).set({ spread: true }).where(inArray(notifications.id, kept));
          if (gone !== undefined && gone.length > 0)
            await tx.delete(notifications).where(inArray(notifications.id, gone));
          return found.length;
        }),
      ),
    async loads(at) {
      const isDue = or(isNull(notificationDeliveries.nextAttemptAt), lt(notificationDeliveries.nextAttemptAt, at));
      const rows = await run((db) =>
        db
          .select({
            id: notificationEndpoints.id,
            format: notificationEndpoints.format,
            disabledAt: notificationEndpoints.disabledAt,
            failingSince: notificationEndpoints.failingSince,
            lastAttemptAt: notificationEndpoints.lastAttemptAt,
            sending: sql<number>`count(${notificationDeliveries.id})::int`,
            active: sql<number>`count(${notificationDeliveries.id}) FILTER (WHERE ${isDue})::int`,
          })
          .from(notificationEndpoints)
          .leftJoin(
            notificationDeliveries,
            and(eq(notificationDeliveries.endpoint, notificationEndpoints.id), isSending, isLead),
          )
          .where(eq(notificationEndpoints.configured, true))
          .groupBy(notificationEndpoints.id)
          .orderBy(asc(notificationEndpoints.id)),
      );
      return rows.map(({ id, format, disabledAt, failingSince, lastAttemptAt, sending, active }) => ({
        ...{ id, format, active, waiting: sending - active },
        ...{ isDisabled: disabledAt !== null, isFailing: failingSince !== null },
        ...(lastAttemptAt === null ? {} : { lastTryAt: lastAttemptAt.getTime() }),
      }));
    },
    next: (endpoint, most, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          const isItsOwn = eq(notificationDeliveries.endpoint, endpoint);
          const isBack = and(
            eq(notificationEndpoints.id, notificationDeliveries.endpoint),
            isNull(notificationEndpoints.failingSince),
            gt(notificationEndpoints.recoveredAt, notificationDeliveries.lastAttemptAt),
          );
          const waited = tx
            .select({ id: notificationDeliveries.id })
            .from(notificationDeliveries)
            .where(
              and(
                isItsOwn,
                isSending,
                gt(notificationDeliveries.nextAttemptAt, at),
                exists(
                  tx
                    .select({ one: sql`1` })
                    .from(notificationEndpoints)
                    .where(isBack),
                ),
              ),
            )
            .orderBy(asc(notificationDeliveries.id))
            .limit(most);
          const woken = await tx
            .update(notificationDeliveries)
            .set({ woken: true, nextAttemptAt: at, begunAt: at })
            .where(inArray(notificationDeliveries.id, waited))
            .returning(key);
          const queued = await tx
            .select(key)
            .from(notificationDeliveries)
            .where(and(isItsOwn, isQueued))
            .orderBy(asc(notificationDeliveries.id))
            .limit(most - woken.length);
          return [...woken, ...queued].map(toKey);
        }),
      ),
    async tests(most) {
      const where = and(isQueued, eq(notificationDeliveries.isTest, true));
      const rows = await run((db) =>
        db.select(key).from(notificationDeliveries).where(where).orderBy(asc(notificationDeliveries.id)).limit(most),
      );
      return rows.map(toKey);
    },
    async overdue(before, most) {
      const { nextAttemptAt, begunAt, queuedAt } = notificationDeliveries;
      const limit = sql`${before.toISOString()}::timestamptz`;
      const isSilent = sql`greatest(${nextAttemptAt}, coalesce(${begunAt}, ${queuedAt})) < ${limit}`;
      const rows = await run((db) =>
        db
          .select(key)
          .from(notificationDeliveries)
          .where(and(isSending, isLead, isSilent))
          .orderBy(asc(notificationDeliveries.id))
          .limit(most),
      );
      return rows.map(toKey);
    },
    async begun({ id, round }, at) {
      const isIt = and(eq(notificationDeliveries.id, BigInt(id)), eq(notificationDeliveries.round, round));
      await run((db) =>
        db
          .update(notificationDeliveries)
          .set({ state: 'sending', begunAt: at })
          .where(and(isIt, or(isQueued, isSending))),
      );
    },
  };
}

/** The key of a row. */
export function toKey({ id, round }: { readonly id: bigint; readonly round: number }): {
  readonly id: string;
  readonly round: number;
} {
  return { id: id.toString(), round };
}

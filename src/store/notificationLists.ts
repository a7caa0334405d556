import { and, asc, desc, eq, gte, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import { testAnnouncement } from '../domain/notifications/announcement';
import type { Delivery, EndpointState } from '../domain/notifications/delivery';
import type { Database, RunOnDatabase } from './engine/database';
import { toRow } from './notificationOutbox';
import type { NotificationRepository } from './notifications';
import { notificationDeliveries, notificationEndpoints, notifications } from './notificationSchema';

const MOST_LISTED = 500;
const GIVEN_UP = 'notification-endpoint-unknown: It waited for its turn for longer than notifications are kept';

/** What people see, and what they ask for. */
export function notificationLists(
  run: RunOnDatabase,
): Pick<NotificationRepository, 'endpoints' | 'list' | 'get' | 'replay' | 'replayFailed' | 'test' | 'forget'> {
  return {
    endpoints: () => run(endpointStates),
    async list({ state, endpoint, type, devices, since, before, limit }) {
      const where = and(
        state === undefined ? undefined : eq(notificationDeliveries.state, state),
        endpoint === undefined ? undefined : eq(notificationDeliveries.endpoint, endpoint),
        type === undefined ? undefined : eq(notifications.type, type),
        devices === undefined ? undefined : inArray(notifications.device, [...devices]),
        since === undefined ? undefined : gte(notifications.at, since),
        before === undefined ? undefined : lt(notificationDeliveries.id, BigInt(before)),
      );
      const rows = await run((db) =>
        selectDeliveries(db, where).limit(Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED)),
      );
      return rows.map(toDelivery);
    },
    async get(id) {
      const where = byId(id);
      if (where === undefined) return undefined;
      const rows = await run((db) => selectDeliveries(db, where));
      return rows.map((row) => ({ ...toDelivery(row), data: row.notifications.data }))[0];
    },
    async replay(id, at) {
      const where = byId(id);
      if (where === undefined) return undefined;
      return run((db) =>
        db.transaction(async (tx) => {
          const ended = inArray(notificationDeliveries.state, ['delivered', 'failed']);
          const again = await tx
            .update(notificationDeliveries)
            .set(queuedAgain(at))
            .where(and(where, ended))
            .returning({ id: notificationDeliveries.id });
          const [row] = await selectDeliveries(tx, where);
          if (row === undefined) return undefined;
          return again.length === 0 ? ('under-way' as const) : toDelivery(row);
        }),
      );
    },
    replayFailed: ({ since, endpoint }, most, at) =>
      run(async (db) => {
        const failed = db
          .select({ id: notificationDeliveries.id })
          .from(notificationDeliveries)
          .where(
            and(
              eq(notificationDeliveries.state, 'failed'),
              gte(notificationDeliveries.endedAt, since),
              endpoint === undefined ? undefined : eq(notificationDeliveries.endpoint, endpoint),
              sql`EXISTS (SELECT 1 FROM ${notificationEndpoints} WHERE ${notificationEndpoints.id} = ${notificationDeliveries.endpoint} AND ${notificationEndpoints.configured})`,
            ),
          )
          .orderBy(asc(notificationDeliveries.id))
          .limit(most);
        const rows = await db
          .update(notificationDeliveries)
          .set(queuedAgain(at))
          .where(inArray(notificationDeliveries.id, failed))
          .returning({ id: notificationDeliveries.id });
        return rows.length;
      }),
    test: (endpoint, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          const isIt = and(eq(notificationEndpoints.id, endpoint), eq(notificationEndpoints.configured, true));
          const [known] = await tx.select().from(notificationEndpoints).where(isIt);
          if (known === undefined) return undefined;
          const row = { ...toRow(testAnnouncement(endpoint, at.toISOString())), spread: true };
          const [made] = await tx.insert(notifications).values(row).returning();
          if (made === undefined) throw new Error('the test was not inserted');
          const [delivery] = await tx
            .insert(notificationDeliveries)
            .values({ notification: made.id, endpoint, queuedAt: at, isTest: true })
            .returning();
          if (delivery === undefined) throw new Error('the delivery of the test was not inserted');
          return toDelivery({ notification_deliveries: delivery, notifications: made });
        }),
      ),
    forget: (before, most) =>
      run((db) =>
        db.transaction(async (tx) => {
          const stale = tx
            .select({ id: notificationDeliveries.id })
            .from(notificationDeliveries)
            .where(and(eq(notificationDeliveries.state, 'queued'), lt(notificationDeliveries.queuedAt, before)))
            .limit(most);
          const given = await tx
            .update(notificationDeliveries)
            .set({ state: 'failed', endedAt: sql`now()`, lastError: GIVEN_UP })
            .where(or(inArray(notificationDeliveries.id, stale), inArray(notificationDeliveries.toldWith, stale)))
            .returning({ id: notificationDeliveries.id });
          const isWanted = sql`EXISTS (SELECT 1 FROM ${notificationDeliveries} WHERE ${notificationDeliveries.notification} = ${notifications.id} AND (${notificationDeliveries.endedAt} IS NULL OR ${notificationDeliveries.endedAt} >= ${before.toISOString()}::timestamptz))`;
          const old = tx
            .select({ id: notifications.id })
            .from(notifications)
            .where(and(eq(notifications.spread, true), lt(notifications.at, before), sql`NOT ${isWanted}`))
            .orderBy(asc(notifications.id))
            .limit(most);
          const gone = await tx
            .delete(notifications)
            .where(inArray(notifications.id, old))
            .returning({ id: notifications.id });
          return given.length + gone.length;
        }),
      ),
  };
}

async function endpointStates(db: Database): Promise<EndpointState[]> {
  const count = (state: string) =>
    sql<number>`count(${notificationDeliveries.id}) FILTER (WHERE ${notificationDeliveries.state} = ${state})::int`;
  const isOpen = sql`${notificationDeliveries.state} IN ('queued', 'sending')`;
  const rows = await db
    .select({
      endpoint: notificationEndpoints,
      ...{ queued: count('queued'), sending: count('sending'), failed: count('failed') },
      oldest: sql<Date | string | null>`min(${notifications.at}) FILTER (WHERE ${isOpen})`,
    })
    .from(notificationEndpoints)
    .leftJoin(
      notificationDeliveries,
      and(
        eq(notificationDeliveries.endpoint, notificationEndpoints.id),
        inArray(notificationDeliveries.state, ['queued', 'sending', 'failed']),
      ),
    )
    .leftJoin(notifications, eq(notifications.id, notificationDeliveries.notification))
    .where(eq(notificationEndpoints.configured, true))
    .groupBy(notificationEndpoints.id)
    .orderBy(asc(notificationEndpoints.id));
  return rows.map(({ endpoint, queued, sending, failed, oldest }) => {
    const { id, origin, format, types, devices, lastError } = endpoint;
    return {
      ...{ id, origin, format, types, queued, sending, failed },
      ...(devices === null ? {} : { devices }),
      ...iso('disabledAt', endpoint.disabledAt),
      ...iso('failingSince', endpoint.failingSince),
      ...(lastError === null ? {} : { lastError }),
      ...iso('lastAttemptAt', endpoint.lastAttemptAt),
      ...iso('lastSuccessAt', endpoint.lastSuccessAt),
      ...iso('oldest', oldest === null ? null : new Date(oldest)),
    };
  });
}

function selectDeliveries(db: Database, where: SQL | undefined) {
  return db
    .select()
    .from(notificationDeliveries)
    .innerJoin(notifications, eq(notifications.id, notificationDeliveries.notification))
    .where(where)
    .orderBy(desc(notificationDeliveries.id));
}

function byId(id: string): SQL | undefined {
  return /^\d{1,18}$/.test(id) ? eq(notificationDeliveries.id, BigInt(id)) : undefined;
}

function queuedAgain(at: Date) {
  return {
    ...{ state: 'queued' as const, round: sql`${notificationDeliveries.round} + 1`, queuedAt: at },
    ...{ attempts: 0, scheduled: 0, woken: false },
    ...{ begunAt: null, endedAt: null, nextAttemptAt: null, toldWith: null },
  };
}

function toDelivery({
  notification_deliveries: row,
  notifications: of,
}: {
  readonly notification_deliveries: typeof notificationDeliveries.$inferSelect;
  readonly notifications: typeof notifications.$inferSelect;
}): Delivery {
  const { id, endpoint, state, attempts, round, lastStatus, lastError } = row;
  return {
    ...{ id: id.toString(), messageId: of.messageId, endpoint, type: of.type, at: of.at.toISOString() },
    ...(of.device === null ? {} : { device: of.device }),
    ...(of.port === null ? {} : { port: of.port }),
    ...{ text: of.text, state, attempts, round },
    ...iso('lastAttemptAt', row.lastAttemptAt),
    ...iso('nextAttemptAt', row.nextAttemptAt),
    ...(lastStatus === null ? {} : { lastStatus }),
    ...(lastError === null ? {} : { lastError }),
    ...iso('endedAt', row.endedAt),
  };
}

function iso<Name extends string>(name: Name, at: Date | null): { readonly [Key in Name]?: string } {
  return (at === null ? {} : { [name]: at.toISOString() }) as { readonly [Key in Name]?: string };
}

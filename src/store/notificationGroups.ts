import { and, asc, eq, gt, inArray, isNull, lt, max, min, ne, or, sql, type SQL } from 'drizzle-orm';
import { isGroupDue } from '../domain/notifications/grouping';
import type { Database, RunOnDatabase } from './engine/database';
import type { NotificationRepository } from './notifications';
import { notificationDeliveries, notificationEndpoints } from './notificationSchema';
import { toKey } from './notificationTurns';

/** With the endpoint's hash: the advisory lock under which an endpoint's waiting deliveries become one message. */
const GROUP_LOCK = 0x6772_6f75;
/** So many go into one message; the next one tells of the rest. */
const MOST_TOLD = 10_000;

/** Which deliveries to a chat are told of together. */
export function deliveryGroups(run: RunOnDatabase): Pick<NotificationRepository, 'nextGroup'> {
  const {
    id,
    endpoint: of,
    state,
    isTest,
    toldWith,
    queuedAt,
    begunAt,
    nextAttemptAt,
    lastAttemptAt,
  } = notificationDeliveries;
  return {
    nextGroup: (endpoint, times, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(${GROUP_LOCK}, hashtext(${endpoint}))`);
          const isItsOwn = and(eq(of, endpoint), isNull(toldWith), eq(isTest, false));
          const isQueued = and(isItsOwn, eq(state, 'queued'));
          const recoveredAt = await recovered(tx, endpoint);
          const isBack =
            recoveredAt === undefined
              ? undefined
              : and(isItsOwn, eq(state, 'sending'), gt(nextAttemptAt, at), lt(lastAttemptAt, recoveredAt));
          const returned =
            isBack === undefined ? [] : await tx.select({ id }).from(notificationDeliveries).where(isBack);
          const [waiting] = await tx
            .select({ since: min(queuedAt) })
            .from(notificationDeliveries)
            .where(isQueued);
          const since = waiting?.since ?? undefined;
          if (returned.length === 0) {
            if (since === undefined) return undefined;
            const [last] = await tx
              .select({ at: max(begunAt) })
              .from(notificationDeliveries)
              .where(and(eq(of, endpoint), sql`${toldWith} IS NOT NULL`));
            const lastAt = last?.at?.getTime();
            const group = { since: since.getTime(), ...(lastAt === undefined ? {} : { lastAt }) };
            if (!isGroupDue(group, times, at.getTime())) return undefined;
          }
          const isWaiting = isBack === undefined ? isQueued : or(isQueued, isBack);
          const picked = (): SQL =>
            sql`(SELECT ${id} FROM ${notificationDeliveries} WHERE ${isWaiting} ORDER BY ${id} LIMIT ${MOST_TOLD})`;
          const [lead] = await tx
            .select({ id, round: notificationDeliveries.round, state })
            .from(notificationDeliveries)
            .where(isWaiting)
            .orderBy(asc(id))
            .limit(1);
          if (lead === undefined) return undefined;
          const company = { toldWith: lead.id, begunAt: at };
          if (returned.length > 0)
            await tx
              .update(notificationDeliveries)
              .set(company)
              .where(
                and(
                  inArray(
                    toldWith,
                    returned.map((one) => one.id),
                  ),
                  eq(state, 'sending'),
                ),
              );
          await tx
            .update(notificationDeliveries)
            .set({ ...company, state: 'sending', nextAttemptAt: null })
            .where(and(sql`${id} IN ${picked()}`, ne(id, lead.id)));
          if (lead.state === 'sending')
            await tx
              .update(notificationDeliveries)
              .set({ woken: true, nextAttemptAt: at, begunAt: at })
              .where(eq(id, lead.id));
          return toKey(lead);
        }),
      ),
  };
}

/** When an endpoint took something after it had not; undefined while it takes nothing, or when it never failed. */
async function recovered(tx: Database, endpoint: string): Promise<Date | undefined> {
  const [known] = await tx
    .select({ failingSince: notificationEndpoints.failingSince, recoveredAt: notificationEndpoints.recoveredAt })
    .from(notificationEndpoints)
    .where(eq(notificationEndpoints.id, endpoint));
  return known?.failingSince === null ? (known.recoveredAt ?? undefined) : undefined;
}

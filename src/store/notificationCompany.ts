import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Announcement } from '../domain/notifications/announcement';
import { SHOWN_OF_TYPE } from '../domain/notifications/slackGroup';
import { storable, type Database } from './engine/database';
import { toAnnouncement } from './notificationOutbox';
import type { OpenDelivery, OpenGroup, TryResult } from './notifications';
import { notificationDeliveries, notifications } from './notificationSchema';

type Delivery = typeof notificationDeliveries.$inferSelect;

/** What a delivery's message tells of besides; undefined when it tells of nothing else. */
export async function groupOf(db: Database, { id, announcement }: OpenDelivery): Promise<OpenGroup | undefined> {
  const company = await db
    .select({
      delivery: notificationDeliveries.id,
      notification: notifications.id,
      type: notifications.type,
      at: notifications.at,
    })
    .from(notificationDeliveries)
    .innerJoin(notifications, eq(notifications.id, notificationDeliveries.notification))
    .where(and(eq(notificationDeliveries.toldWith, BigInt(id)), eq(notificationDeliveries.state, 'sending')))
    .orderBy(asc(notificationDeliveries.id));
  if (company.length === 0) return undefined;
  const counts: Partial<Record<Announcement['type'], number>> = { [announcement.type]: 1 };
  const named: bigint[] = [];
  for (const { notification, type } of company) {
    const count = (counts[type] ?? 0) + 1;
    counts[type] = count;
    if (count <= SHOWN_OF_TYPE) named.push(notification);
  }
  const rows = await db
    .select()
    .from(notifications)
    .where(inArray(notifications.id, named))
    .orderBy(asc(notifications.id));
  const times = [announcement.at, ...company.map(({ at }) => at.toISOString())].sort();
  return {
    counts,
    ...{ from: times[0] ?? announcement.at, to: times.at(-1) ?? announcement.at },
    shown: [announcement, ...rows.map(toAnnouncement)],
    members: company.map(({ delivery }) => delivery.toString()),
  };
}

/**
 * What became of a try of a delivery that others go with: what its message told of ends with it. What it did not tell of, and what goes to an
 * endpoint that wants nothing any more, waits for its turn again.
 */
export async function triedTogether(
  tx: Database,
  lead: Delivery,
  { result, at, members }: { readonly result: TryResult; readonly at: Date; readonly members: readonly string[] },
): Promise<void> {
  const isCompany = and(eq(notificationDeliveries.toldWith, lead.id), eq(notificationDeliveries.state, 'sending'));
  const was = {
    ...(result.kind === 'held' && result.status === undefined
      ? {}
      : { attempts: sql`${notificationDeliveries.attempts} + 1`, lastAttemptAt: at }),
    lastStatus: result.status ?? null,
    lastError: result.kind === 'delivered' || result.error === undefined ? null : storable(result.error),
  };
  const next = result.kind === 'failed' ? result.nextInMs : undefined;
  if (next !== undefined) {
    const nextAttemptAt = new Date(at.getTime() + next);
    await tx
      .update(notificationDeliveries)
      .set({ ...was, nextAttemptAt })
      .where(isCompany);
    return;
  }
  if (result.kind !== 'held' && members.length > 0)
    await tx
      .update(notificationDeliveries)
      .set({ ...was, state: result.kind, endedAt: at, nextAttemptAt: null })
      .where(and(isCompany, inArray(notificationDeliveries.id, members.map(BigInt))));
  await tx
    .update(notificationDeliveries)
    .set({ state: 'queued', toldWith: null, nextAttemptAt: null, ...(result.kind === 'held' ? was : {}) })
    .where(isCompany);
}

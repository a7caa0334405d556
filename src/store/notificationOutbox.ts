import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Announcement } from '../domain/notifications/announcement';
import { wants } from '../domain/notifications/endpoint';
import { storable, type Database } from './engine/database';
import { notificationEndpoints, notifications } from './notificationSchema';

/** Rows of one INSERT: PostgreSQL takes 65,535 parameters in a statement, a row has ten. */
const ROWS_PER_STATEMENT = 1_000;

/**
 * Writes down, within the transaction of the fact itself, that others want to hear of it. What no endpoint wants is not written: where
 * none is configured, nothing is.
 */
export async function announce(tx: Database, announcements: readonly Announcement[]): Promise<void> {
  if (announcements.length === 0) return;
  const endpoints = await tx
    .select({
      id: notificationEndpoints.id,
      types: notificationEndpoints.types,
      devices: notificationEndpoints.devices,
    })
    .from(notificationEndpoints)
    .where(eq(notificationEndpoints.configured, true));
  const wanted = announcements.filter((one) =>
    endpoints.some(({ id, types, devices }) => wants(id, devices === null ? { types } : { types, devices }, one)),
  );
  for (let start = 0; start < wanted.length; start += ROWS_PER_STATEMENT)
    await tx.insert(notifications).values(wanted.slice(start, start + ROWS_PER_STATEMENT).map(toRow));
}

/** The row of an announcement. */
export function toRow(announcement: Announcement): typeof notifications.$inferInsert {
  const { type, at, device, port, text, data, notTo, onlyTo } = announcement;
  return {
    ...{ messageId: `msg_${randomUUID().replaceAll('-', '')}`, type, at: new Date(at) },
    ...{ device: device ?? null, port: port ?? null, text: storable(text) },
    data: storableData(data) as Announcement['data'],
    ...{ notTo: notTo ?? null, onlyTo: onlyTo ?? null },
  };
}

/** The announcement of a row. */
export function toAnnouncement(row: typeof notifications.$inferSelect): Announcement {
  const { type, at, device, port, text, data, notTo, onlyTo } = row;
  return {
    ...{ type, at: at.toISOString(), text, data },
    ...(device === null ? {} : { device }),
    ...(port === null ? {} : { port }),
    ...(notTo === null ? {} : { notTo }),
    ...(onlyTo === null ? {} : { onlyTo }),
  };
}

/** Data of which every text is one that PostgreSQL can hold. Announcements are flat: a list is the deepest that they have. */
function storableData(data: unknown): unknown {
  if (typeof data === 'string') return storable(data);
  if (Array.isArray(data)) return data.map(storableData);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, storableData(value)]));
}

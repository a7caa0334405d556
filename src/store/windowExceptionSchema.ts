import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The table of exceptions from change windows. What schema.ts says of migrations holds here too. */

/** What people let pass a closed change window once; a row goes when it was used. */
export const windowExceptions = pgTable(
  'window_exceptions',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    reason: text('reason').notNull(),
    author: text('author').notNull(),
    since: instant('since').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port] })],
);

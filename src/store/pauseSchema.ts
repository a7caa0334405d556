import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from './columns';
import type { DeviceId } from '../domain/values/device';

/* The table of pauses. What schema.ts says of migrations holds here too. */

/** What people paused, and who ended it; a scope has at most one that is not ended. */
export const pauses = pgTable(
  'pauses',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    /** In words, as `scopeText` writes them. */
    scope: text('scope').notNull(),
    /** Of a site: its devices at the time; null for every other scope. */
    devices: jsonb('devices').$type<readonly DeviceId[]>(),
    reason: text('reason').notNull(),
    author: text('author').notNull(),
    since: instant('since').notNull(),
    /** Null: until a person resumes. */
    expiresAt: instant('expires_at'),
    endedAt: instant('ended_at'),
    endedBy: text('ended_by'),
    endReason: text('end_reason'),
  },
  (table) => [
    uniqueIndex('pauses_scope')
      .on(table.scope)
      .where(sql`ended_at IS NULL`),
    index('pauses_ended').on(table.endedAt),
  ],
);

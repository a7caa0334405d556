import { doublePrecision, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns';

/* What answers say of who gives them. What schema.ts says of migrations holds here too. */

/** One row for each source or device; no index but the key, so that rows that are written again and again take no more room. */
export const sourceStates = pgTable(
  'source_states',
  {
    /** Empty: a source. */
    device: text('device').notNull(),
    /** Empty: a device. */
    name: text('name').notNull(),
    acceptedAt: instant('accepted_at'),
    refusedAt: instant('refused_at'),
    forbiddenAt: instant('forbidden_at'),
    /** Null: its clock was never read. */
    clockAt: instant('clock_at'),
    clockAheadMs: doublePrecision('clock_ahead_ms'),
    clockWithinMs: doublePrecision('clock_within_ms'),
  },
  (table) => [primaryKey({ columns: [table.device, table.name] })],
);

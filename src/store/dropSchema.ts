import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { DropBasis } from '../domain/dropEvidence';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The tables of what devices refused. What schema.ts says of migrations holds here too. */

/** The counter of each port as it was read last, and from where on it is counted. */
export const dropSamples = pgTable(
  'drop_samples',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    counter: bigint('counter', { mode: 'number' }).notNull(),
    baseline: bigint('baseline', { mode: 'number' }).notNull(),
    basis: text('basis').$type<DropBasis>().notNull(),
    since: instant('since').notNull(),
    changedAt: instant('changed_at'),
    commit: text('commit'),
    sampledAt: instant('sampled_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port] })],
);

/** When the counters of each device were asked for last, and why it said nothing. */
export const dropReadings = pgTable('drop_readings', {
  device: text('device').$type<DeviceId>().primaryKey(),
  at: instant('at').notNull(),
  /** Null: it answered. */
  unavailable: text('unavailable'),
});

import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { AlarmId, Severity } from '../domain/alarms/registry';
import { instant } from './columns';

/* The tables of alarms. What schema.ts says of migrations holds here too. */

/** Alarms, open and cleared; an alarm of a subject has at most one that is not cleared. */
export const alarms = pgTable(
  'alarms',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    alarm: text('alarm').$type<AlarmId>().notNull(),
    severity: text('severity').$type<Severity>().notNull(),
    /** The three are empty where the alarm is not about one. */
    device: text('device').notNull().default(''),
    port: text('port').notNull().default(''),
    name: text('name').notNull().default(''),
    text: text('text').notNull(),
    since: instant('since').notNull(),
    raisedAt: instant('raised_at').notNull(),
    lastSeen: instant('last_seen').notNull(),
    clearedAt: instant('cleared_at'),
    acknowledgedAt: instant('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    acknowledgeReason: text('acknowledge_reason'),
  },
  (table) => [
    uniqueIndex('alarms_open')
      .on(table.alarm, table.device, table.port, table.name)
      .where(sql`cleared_at IS NULL`),
    index('alarms_cleared').on(table.clearedAt),
    index('alarms_device').on(table.device, table.id),
    index('alarms_alarm').on(table.alarm, table.id),
  ],
);

/** When alarms were judged last, and what could not be read then: one row. */
export const alarmLooks = pgTable('alarm_looks', {
  id: integer('id').primaryKey(),
  at: instant('at').notNull(),
  unread: jsonb('unread').$type<readonly string[]>().notNull(),
});

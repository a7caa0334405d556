import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Drift, DriftAction, UnderWay } from '../domain/drift/drift';
import type { ReconcileMode } from '../domain/drift/reconcileSettings';
import type { VanishedMode } from '../domain/drift/vanished';
import type { ServerId } from '../domain/event/event';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The tables of reconciles. What schema.ts says of migrations holds here too. */

/** Ports that were found not as they should be; each device's port is in drift once at a time. */
export const drift = pgTable(
  'drift',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    names: jsonb('names').$type<readonly PortName[]>().notNull(),
    statements: jsonb('statements').$type<Drift['statements']>().notNull(),
    action: text('action').$type<DriftAction>().notNull(),
    /** What was proposed or rejected; null when nothing was. */
    fingerprint: text('fingerprint'),
    firstSeen: instant('first_seen').notNull(),
    lastSeen: instant('last_seen').notNull(),
    /** Null while the port is in drift. */
    clearedAt: instant('cleared_at'),
  },
  (table) => [
    uniqueIndex('drift_open')
      .on(table.device, table.port)
      .where(sql`cleared_at IS NULL`),
    index('drift_cleared').on(table.clearedAt),
  ],
);

/** How the newest reconcile of each device went. */
export const reconciles = pgTable('reconciles', {
  device: text('device').$type<DeviceId>().primaryKey(),
  mode: text('mode').$type<ReconcileMode>().notNull(),
  /** When one ended, whatever became of it. */
  triedAt: instant('tried_at').notNull(),
  /** When one saw the device; null when none ever did. */
  lookedAt: instant('looked_at'),
  /** Of the last one that saw the device. */
  ports: integer('ports').notNull(),
  unreadable: integer('unreadable').notNull(),
  inDrift: integer('in_drift').notNull(),
  underWay: jsonb('under_way').$type<readonly UnderWay[]>().notNull(),
  notes: jsonb('notes').$type<readonly string[]>().notNull(),
  /** Why the newest one saw nothing, and since when that is so; null when it saw the device. */
  error: jsonb('error').$type<{ readonly code: string; readonly message: string }>(),
  failingSince: instant('failing_since'),
});

/** Servers that the panel no longer has though no event said so, as two looks at a device confirmed one after the other. */
export const vanishedServers = pgTable(
  'vanished_servers',
  {
    device: text('device').$type<DeviceId>().notNull(),
    serverId: integer('server_id').$type<ServerId>().notNull(),
    mode: text('mode').$type<VanishedMode>().notNull(),
    since: instant('since').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.serverId] })],
);

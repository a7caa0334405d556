import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Announcement, NotificationType } from '../domain/notifications/announcement';
import type { DeliveryState } from '../domain/notifications/delivery';
import type { NotificationFormat } from '../domain/notifications/endpoint';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The tables of notifications. What schema.ts says of migrations holds here too. */

/** Endpoints as the worker that was started last is configured, and how they stand. */
export const notificationEndpoints = pgTable('notification_endpoints', {
  id: text('id').primaryKey(),
  /** Scheme, host and port; what stands behind them may be a secret. */
  origin: text('origin').notNull(),
  format: text('format').$type<NotificationFormat>().notNull(),
  types: jsonb('types').$type<readonly NotificationType[]>().notNull(),
  /** Null: of all. */
  devices: jsonb('devices').$type<readonly DeviceId[]>(),
  configured: boolean('configured').notNull(),
  disabledAt: instant('disabled_at'),
  failingSince: instant('failing_since'),
  /** When a try succeeded after others had failed. */
  recoveredAt: instant('recovered_at'),
  lastError: text('last_error'),
  lastAttemptAt: instant('last_attempt_at'),
  lastSuccessAt: instant('last_success_at'),
});

/** What happened that somebody wants to hear of: written with the fact itself, so that none is told of without the other. */
export const notifications = pgTable(
  'notifications',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    messageId: text('message_id').notNull(),
    type: text('type').$type<Announcement['type']>().notNull(),
    at: instant('at').notNull(),
    device: text('device').$type<DeviceId>(),
    port: text('port').$type<PortName>(),
    text: text('text').notNull(),
    data: jsonb('data').$type<Announcement['data']>().notNull(),
    notTo: text('not_to'),
    onlyTo: text('only_to'),
    /** Whether it has its deliveries. */
    spread: boolean('spread').notNull().default(false),
  },
  (table) => [
    index('notifications_new')
      .on(table.id)
      .where(sql`not spread`),
  ],
);

/** One row for each notification and endpoint. */
export const notificationDeliveries = pgTable(
  'notification_deliveries',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    notification: bigint('notification', { mode: 'bigint' })
      .notNull()
      .references(() => notifications.id, { onDelete: 'cascade' }),
    endpoint: text('endpoint').notNull(),
    /** A person tries the endpoint: it waits for no turn. */
    isTest: boolean('is_test').notNull().default(false),
    /** The delivery whose message tells of this one too; null: it has a message of its own. */
    toldWith: bigint('told_with', { mode: 'bigint' }),
    state: text('state').$type<DeliveryState>().notNull().default('queued'),
    /** Grows with every replay: a workflow of an earlier one does nothing any more. */
    round: integer('round').notNull().default(0),
    queuedAt: instant('queued_at').notNull().defaultNow(),
    /** When its workflow was started last. */
    begunAt: instant('begun_at'),
    attempts: integer('attempts').notNull().default(0),
    /** Of the attempts, those that the schedule made. */
    scheduled: integer('scheduled').notNull().default(0),
    /** The next try comes before its time. */
    woken: boolean('woken').notNull().default(false),
    lastAttemptAt: instant('last_attempt_at'),
    nextAttemptAt: instant('next_attempt_at'),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    endedAt: instant('ended_at'),
  },
  (table) => [
    uniqueIndex('notification_deliveries_endpoint').on(table.notification, table.endpoint),
    index('notification_deliveries_turn').on(table.endpoint, table.state, table.id),
    index('notification_deliveries_state').on(table.state, table.id),
    index('notification_deliveries_tests')
      .on(table.id)
      .where(sql`is_test AND state = 'queued'`),
    index('notification_deliveries_ended').on(table.endedAt),
    index('notification_deliveries_told_with')
      .on(table.toldWith)
      .where(sql`told_with IS NOT NULL`),
    index('notification_deliveries_groups')
      .on(table.endpoint, table.begunAt)
      .where(sql`told_with IS NOT NULL`),
  ],
);

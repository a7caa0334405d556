import { bigint, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Statement } from '../domain/change/statement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/** Ports that people hold as a backup had them, one hold each; one that has ended is gone, and the journal tells of it. */
export const holds = pgTable(
  'holds',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    askedAs: jsonb('asked_as').$type<readonly PortName[]>().notNull(),
    statements: jsonb('statements').$type<readonly Statement[]>().notNull(),
    removes: jsonb('removes').$type<readonly Statement[]>().notNull(),
    brought: jsonb('brought').$type<readonly Statement[]>().notNull(),
    backup: text('backup').notNull(),
    backupAt: instant('backup_at').notNull(),
    workflowId: text('workflow_id').notNull(),
    reason: text('reason').notNull(),
    author: text('author').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** When it was said that its time is over; null: it is not, or nobody has looked yet. */
    overAt: instant('over_at'),
    /** The three are null until a person releases it. */
    releasedAt: instant('released_at'),
    releasedBy: text('released_by'),
    releaseReason: text('release_reason'),
  },
  (table) => [uniqueIndex('holds_port').on(table.device, table.port), index('holds_expiry').on(table.expiresAt)],
);

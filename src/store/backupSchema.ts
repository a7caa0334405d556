import { bigint, customType, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { PortBindings } from '../domain/backups/portBindings';
import type { DeviceId } from '../domain/values/device';
import { instant } from './columns';

/** Bytes; one engine reads a Buffer, the other a Uint8Array. */
const bytes = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

/** How a content is stored: `plain` is one of a portwarden that did not compress yet. */
type BackupEncoding = 'plain' | 'gzip';

/** Configurations that backups point to, each once per device, secrets redacted. */
export const backupContents = pgTable(
  'backup_contents',
  {
    device: text('device').$type<DeviceId>().notNull(),
    /** SHA-256 of the configuration's UTF-8, in hexadecimal. */
    digest: text('digest').notNull(),
    encoding: text('encoding').$type<BackupEncoding>().notNull(),
    content: bytes('content').notNull(),
    /** Of the configuration itself, in bytes. */
    size: integer('size').notNull(),
    /** What every port let through under it; null where that is not known. */
    bindings: jsonb('bindings').$type<PortBindings>(),
  },
  (table) => [primaryKey({ columns: [table.device, table.digest] })],
);

/** When a device had another configuration than before. */
export const backups = pgTable(
  'backups',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    device: text('device').$type<DeviceId>().notNull(),
    reason: text('reason').notNull(),
    digest: text('digest').notNull(),
  },
  (table) => [
    index('backups_device').on(table.device, table.id),
    foreignKey({
      name: 'backups_content',
      columns: [table.device, table.digest],
      foreignColumns: [backupContents.device, backupContents.digest],
    }),
  ],
);

/** How backups of each device stand. */
export const backupRuns = pgTable('backup_runs', {
  device: text('device').$type<DeviceId>().primaryKey(),
  /** When the configuration was last read, changed or not; null: never yet. */
  succeededAt: instant('succeeded_at'),
  /** The four are of tries that failed since; null when the newest try succeeded. */
  failingSince: instant('failing_since'),
  triedAt: instant('tried_at'),
  code: text('code'),
  message: text('message'),
});

import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns';
import type { BindingSettings } from '../domain/desired/bindingSettings';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { PortName } from '../domain/values/port';

/* The tables of settings that bindings were made under. What schema.ts says of migrations holds here too. */

/** Settings that decide about bindings, as they once were, by their digest. */
export const bindingSettings = pgTable('binding_settings', {
  digest: text('digest').primaryKey(),
  settings: jsonb('settings').$type<BindingSettings>().notNull(),
  at: instant('at').notNull().defaultNow(),
});

/** The settings under which each port was last brought to its bindings, with nothing left that only they would change. */
export const portSettings = pgTable(
  'port_settings',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    digest: text('digest').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port] })],
);

/**
 * The settings under which single addresses of a port were brought to their bindings, where they are not the port's: bound while
 * a change of settings waited for a person, or in doubt when the rest of the port was brought to new ones.
 */
export const addressSettings = pgTable(
  'address_settings',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    ip: text('ip').$type<IpAddress>().notNull(),
    digest: text('digest').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port, table.ip] })],
);

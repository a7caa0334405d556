import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { ServerId } from '../domain/event/event';
import type { PolicyScope } from '../domain/policies/policy';
import type { PortMemory } from '../domain/policies/portMemory';
import type { PolicyChange, StoredPolicy } from '../domain/policies/storedPolicy';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { instant } from './columns';

/* The tables of port policies; what schema.ts says of migrations holds for them too. */

/** Port policies in force, one for each scope at most; one whose time is over stays until it was ended. */
export const policies = pgTable(
  'policies',
  {
    scopeKey: text('scope_key').primaryKey(),
    /** Of a port, a network or a device; null for a server's. */
    device: text('device').$type<DeviceId>(),
    serverId: integer('server_id').$type<ServerId>(),
    record: jsonb('record').$type<StoredPolicy>().notNull(),
    /** Copy of the record's, for the index; null: for good. */
    expiresAt: instant('expires_at'),
    /** When its end was announced; null while it was not. */
    announcedAt: instant('announced_at'),
  },
  (table) => [
    index('policies_device').on(table.device),
    index('policies_server').on(table.serverId),
    index('policies_expiry').on(table.expiresAt),
  ],
);

/** What was done to policies, append only. Ids grow with every change; that of a policy in force is its version. */
export const policyChanges = pgTable(
  'policy_changes',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull(),
    scopeKey: text('scope_key').notNull(),
    scope: jsonb('scope').$type<PolicyScope>().notNull(),
    change: text('change').$type<PolicyChange['change']>().notNull(),
    before: jsonb('before').$type<StoredPolicy>(),
    after: jsonb('after').$type<StoredPolicy>(),
    author: text('author').notNull(),
    reason: text('reason').notNull(),
    workflowId: text('workflow_id').notNull(),
  },
  (table) => [index('policy_changes_scope').on(table.scopeKey, table.id)],
);

/** What is remembered of ports because of policies, by their effective names: what these added, and what they took. */
export const portMemories = pgTable(
  'port_memories',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    memory: jsonb('memory').$type<PortMemory>().notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port] })],
);

import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { instant } from './columns';
import type { SeenGuest } from '../domain/watch/clusterView';
import type { WatchState } from '../domain/watch/watchState';
import type { GuardCode } from '../domain/change/guardCodes';
import type { RemovedStatement } from '../domain/change/removals';
import type { Statement } from '../domain/change/statement';
import type { ServerId } from '../domain/event/event';
import type { IpAddress } from '../domain/values/ip';
import type { PortOutcome } from '../domain/change/outcome';
import type { VirtualMac, VirtualMacAction, VirtualMacState } from '../domain/desired/virtualMac';
import type { DeviceId } from '../domain/values/device';
import type { MacAddress } from '../domain/values/mac';
import type { PortName } from '../domain/values/port';
import type { Placement } from '../domain/servers/server';
import type { StandingList } from '../domain/standing';

/*
 * The tables, but for those of settings (settingsSchema.ts), policies, pauses, backups and reconciles. After a change here:
 * `npx drizzle-kit generate --config src/store/drizzle.config.json`, then
 * `node scripts/embed-migrations.mjs`; both results are committed. Migrations only ever go forward.
 */

/** Where servers were last seen, one row per server. */
export const placements = pgTable(
  'placements',
  {
    serverId: integer('server_id').$type<ServerId>().primaryKey(),
    kind: text('kind').$type<Placement['kind']>().notNull(),
    ports: jsonb('ports').$type<Placement['ports']>().notNull(),
    guest: jsonb('guest').$type<NonNullable<Placement['guest']>>(),
    /** Copy of `guest.cluster`, for the index. */
    cluster: text('cluster'),
    ips: jsonb('ips').$type<readonly IpAddress[]>().notNull(),
    /** Copy of all addresses that may still be bound for the server (`addressesOf`), for the index. */
    addresses: text('addresses').$type<IpAddress>().array().notNull().default([]),
    /** See `Placement.seenAt`. */
    seenAt: doublePrecision('seen_at'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('placements_ports').using('gin', table.ports),
    index('placements_cluster').on(table.cluster),
    index('placements_addresses').using('gin', table.addresses),
  ],
);

/** The change journal, append only. Ids grow with every entry. */
export const journal = pgTable(
  'journal',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    /** Null: it concerns more than one device, or the whole device. */
    device: text('device').$type<DeviceId>(),
    port: text('port').$type<PortName>(),
    workflowId: text('workflow_id').notNull(),
    status: text('status').$type<PortOutcome['status']>().notNull(),
    summary: text('summary').notNull(),
    added: jsonb('added').$type<readonly Statement[]>().notNull(),
    removed: jsonb('removed').$type<readonly RemovedStatement[]>().notNull(),
    commands: jsonb('commands').$type<readonly string[]>().notNull(),
    commit: text('commit'),
    /** What one commit of the device took in this change, in seconds; null when it was not measured. */
    commitSeconds: doublePrecision('commit_seconds'),
    /** The events that asked for it; null when none did. */
    events: jsonb('events').$type<readonly string[]>(),
    diff: text('diff'),
    /** The person who decided it, and why; null when nobody did. */
    author: text('author'),
    reason: text('reason'),
    /** The policies that had a part in it, by their scopes; null when none had. */
    policies: jsonb('policies').$type<readonly string[]>(),
  },
  (table) => [
    // Without lists of what is not in the index yet: only vacuum empties these, and the embedded engine has none of its own.
    index('journal_policies').using('gin', table.policies).with({ fastupdate: false }),
    index('journal_events').using('gin', table.events.op('jsonb_path_ops')).with({ fastupdate: false }),
    index('journal_added').using('gin', table.added.op('jsonb_path_ops')).with({ fastupdate: false }),
    index('journal_removed').using('gin', table.removed.op('jsonb_path_ops')).with({ fastupdate: false }),
    index('journal_at').on(table.at),
    index('journal_status').on(table.status, table.id),
    index('journal_workflow').on(table.workflowId, table.id),
    index('journal_commit')
      .on(table.commit, table.id)
      .where(sql`${table.commit} is not null`),
    index('journal_author')
      .on(table.author, table.id)
      .where(sql`${table.author} is not null`),
    index('journal_port').on(table.device, table.port, table.id),
    index('journal_device').on(table.device, table.id),
    index('journal_time').on(table.device, table.at),
  ],
);

/**
 * What commits do to ports, one row per port: written before the commit is sent, journaled after it was proven, and
 * gone once the device's coordinator has heard of it. What a crash leaves here is settled by the device's next pass.
 */
export const commitIntents = pgTable(
  'commit_intents',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    device: text('device').$type<DeviceId>().notNull(),
    logToken: text('log_token').notNull(),
    workflowId: text('workflow_id').notNull(),
    confirmed: boolean('confirmed').notNull(),
    previousToken: text('previous_token'),
    port: text('port').$type<PortName>().notNull(),
    effectivePort: text('effective_port').$type<PortName>().notNull(),
    added: jsonb('added').$type<readonly Statement[]>().notNull(),
    removed: jsonb('removed').$type<readonly RemovedStatement[]>().notNull(),
    commands: jsonb('commands').$type<readonly string[]>().notNull(),
    /** The journal's entry; null while nobody knows what became of the commit. */
    journalId: bigint('journal_id', { mode: 'bigint' }),
    /** The newest pass whose result tells of the change. */
    reportedBy: text('reported_by'),
  },
  (table) => [uniqueIndex('commit_intents_commit').on(table.device, table.logToken, table.port)],
);

/** Changes that wait for a person, one per port. */
export const parked = pgTable(
  'parked',
  {
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    fingerprint: text('fingerprint').notNull(),
    reason: text('reason').notNull(),
    added: jsonb('added').$type<readonly Statement[]>().notNull(),
    removed: jsonb('removed').$type<readonly Statement[]>().notNull(),
    /** The guards that hold it; none when all of it are bindings that nobody knows. */
    guards: jsonb('guards').$type<readonly GuardCode[]>().notNull().default([]),
    /** A reconcile proposed it; a pass would do it at once. */
    proposed: boolean('proposed').notNull().default(false),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.port] })],
);

/** What confirmed absence took from ports, or was about to take: the guards that look back count it. Old rows go. */
export const losses = pgTable(
  'losses',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull(),
    device: text('device').$type<DeviceId>().notNull(),
    port: text('port').$type<PortName>().notNull(),
    ip: text('ip').$type<IpAddress>().notNull(),
  },
  (table) => [index('losses_time').on(table.at), index('losses_device').on(table.device, table.at)],
);

/** When the site braked, why, and who released it. The newest one is on while nobody has. */
export const brakes = pgTable('brakes', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  since: instant('since').notNull(),
  reason: text('reason').notNull(),
  releasedAt: instant('released_at'),
  releasedBy: text('released_by'),
  releaseReason: text('release_reason'),
});

/** What passes and events found and what stands until it is resolved. */
export const standing = pgTable(
  'standing',
  {
    list: text('list').$type<StandingList>().notNull(),
    /** Empty for a server of which no port is known. */
    device: text('device').notNull(),
    port: text('port').notNull(),
    /** What it is about: an address, a statement's key, a server or a guest. */
    subject: text('subject').notNull(),
    serverId: integer('server_id').$type<ServerId>(),
    rule: text('rule').notNull(),
    message: text('message').notNull(),
    since: instant('since').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.list, table.device, table.port, table.subject] }),
    index('standing_age').on(table.list, table.since),
  ],
);

/** What every table of people's words about single statements has: keeps, and whatever else pins one. */
const personsWord = () => ({
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  device: text('device').$type<DeviceId>().notNull(),
  port: text('port').$type<PortName>().notNull(),
  statementKey: text('statement_key').notNull(),
  statement: jsonb('statement').$type<Statement>().notNull(),
  reason: text('reason').notNull(),
  author: text('author').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** Null: for good. */
  expiresAt: instant('expires_at'),
});

/** Statements that people keep; one that has ended is gone, and the journal tells of it. */
export const keeps = pgTable('keeps', personsWord(), (table) => [
  uniqueIndex('keeps_statement').on(table.device, table.port, table.statementKey),
  index('keeps_expiry').on(table.expiresAt),
]);

/** The newest attempt at each device. */
export const fences = pgTable('fences', {
  device: text('device').$type<DeviceId>().primaryKey(),
  attempt: text('attempt').notNull(),
  at: instant('at').notNull().defaultNow(),
});

/** SSH host keys trusted on first use. */
export const hostKeys = pgTable(
  'host_keys',
  {
    device: text('device').$type<DeviceId>().notNull(),
    fingerprint: text('fingerprint').notNull(),
    firstSeen: instant('first_seen').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.device, table.fingerprint] })],
);

/**
 * Virtual MACs, one row for each that was ever made: a MAC is in it once and is never given again. An address of a server
 * has one that is not revoked.
 */
export const virtualMacs = pgTable(
  'virtual_macs',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    mac: text('mac').$type<MacAddress>().notNull(),
    serverId: integer('server_id').$type<ServerId>().notNull(),
    ip: text('ip').$type<IpAddress>().notNull(),
    state: text('state').$type<VirtualMacState>().notNull(),
    places: jsonb('places').$type<VirtualMac['places']>().notNull(),
    reason: text('reason'),
    allocatedAt: instant('allocated_at').notNull().defaultNow(),
    activatedAt: instant('activated_at'),
    revokedAt: instant('revoked_at'),
    releasedAt: instant('released_at'),
  },
  (table) => [
    uniqueIndex('virtual_macs_mac').on(table.mac),
    uniqueIndex('virtual_macs_holder')
      .on(table.serverId, table.ip)
      .where(sql`state <> 'revoked'`),
    index('virtual_macs_places').using('gin', table.places),
    check('virtual_macs_form', sql`mac ~ '^02(:[0-9a-f]{2}){5}$'`),
  ],
);

/** What happened to virtual MACs, append only. Ids grow with every event. */
export const virtualMacEvents = pgTable(
  'virtual_mac_events',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    mac: text('mac').$type<MacAddress>().notNull(),
    serverId: integer('server_id').$type<ServerId>().notNull(),
    ip: text('ip').$type<IpAddress>().notNull(),
    action: text('action').$type<VirtualMacAction>().notNull(),
    detail: text('detail').notNull(),
    workflowId: text('workflow_id').notNull(),
    by: text('by'),
    events: jsonb('events').$type<readonly string[]>(),
  },
  (table) => [
    index('virtual_mac_events_mac').on(table.mac, table.id),
    index('virtual_mac_events_server').on(table.serverId, table.id),
  ],
);

/** How the watch of each cluster of hypervisors stands. */
export const watches = pgTable('watches', {
  cluster: text('cluster').primaryKey(),
  /** Grows with every look that is remembered. */
  version: integer('version').notNull(),
  /** Of the last look that saw the cluster. */
  lookedAt: instant('looked_at'),
  guests: integer('guests').notNull(),
  readUpTo: integer('read_up_to').notNull(),
  changes: jsonb('changes').$type<WatchState['changes']>().notNull(),
  doubt: text('doubt'),
  error: jsonb('error').$type<NonNullable<WatchState['error']>>(),
});

/** The guests of watched clusters as the last look left them. */
export const watchedGuests = pgTable(
  'watched_guests',
  {
    cluster: text('cluster').notNull(),
    vmid: integer('vmid').notNull(),
    seen: jsonb('seen').$type<Omit<SeenGuest, 'vmid'>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.cluster, table.vmid] })],
);

import { and, desc, eq, gt, sql } from 'drizzle-orm';
import type { PortOutcome } from '../domain/change/outcome';
import type { RemovedStatement } from '../domain/change/removals';
import type { Statement } from '../domain/change/statement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { journal } from './schema';

/** One decided change (or refusal) of one port. */
export interface JournalEntry {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly device: DeviceId;
  readonly port: PortName;
  readonly workflowId: string;
  readonly status: PortOutcome['status'];
  readonly summary: string;
  readonly added: readonly Statement[];
  /** Of a change that was made: each with what justified it. */
  readonly removed: readonly RemovedStatement[];
  readonly commands: readonly string[];
  readonly commit?: string;
  /** What one commit of the device took, in seconds; absent when nothing was committed or it was not measured. */
  readonly commitSeconds?: number;
  readonly diff?: string;
  /** The event workflows that waited for it; absent when none did. */
  readonly events?: readonly string[];
  /** The person who decided it, as that person said, and why; absent when nobody did. */
  readonly author?: string;
  readonly reason?: string;
  /** The port policies that had a part in it, by their scopes (`scopeKey`); absent when none had. */
  readonly policies?: readonly string[];
}

/** Which entries to list. */
export interface JournalFilter {
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** The scope of a policy that had a part in them. */
  readonly policy?: string;
  readonly limit: number;
}

/** The change journal: append only. */
export interface JournalRepository {
  /** Appends and returns the entry's id. All entries of one call are written or none. */
  append(entries: readonly Omit<JournalEntry, 'id' | 'at'>[]): Promise<readonly string[]>;
  get(id: string): Promise<JournalEntry | undefined>;
  /** How many bindings of a device were added and removed since then. @param since Unix milliseconds. */
  changesSince(device: DeviceId, since: number): Promise<number>;
  /** Newest first. */
  list(filter: JournalFilter): Promise<readonly JournalEntry[]>;
  /** What the device's newest measured commits took, in seconds, each once; at most nine. */
  commitSeconds(device: DeviceId): Promise<readonly number[]>;
}

/** Entries of one INSERT: PostgreSQL takes 65,535 parameters in a statement, an entry has sixteen. */
const ENTRIES_PER_STATEMENT = 1_000;
const MAX_LIST = 10_000;
const MEASURED_COMMITS = 9;
/** Entries of a device that are searched for its commits: a commit has one for each port. */
const MEASURED_ENTRIES = 1_000;

/** The change journal. Ids are decimal numbers that grow with every entry. */
export function journalRepository(run: RunOnDatabase): JournalRepository {
  return {
    async append(entries) {
      if (entries.length === 0) return [];
      return run((db) => db.transaction((tx) => insertJournal(tx, entries)));
    },
    async get(id) {
      if (!/^\d{1,18}$/.test(id)) return undefined;
      const rows = await run((db) =>
        db
          .select()
          .from(journal)
          .where(eq(journal.id, BigInt(id))),
      );
      return rows.map(toJournalEntry)[0];
    },
    async changesSince(device, since) {
      const of = sql`jsonb_array_length(${journal.added}) + jsonb_array_length(${journal.removed})`;
      const rows = await run((db) =>
        db
          .select({ count: sql<number>`coalesce(sum(${of}), 0)::int` })
          .from(journal)
          .where(and(eq(journal.device, device), eq(journal.status, 'applied'), gt(journal.at, new Date(since)))),
      );
      return rows[0]?.count ?? 0;
    },
    async list({ device, port, policy, limit }) {
      const where = and(
        device === undefined ? undefined : eq(journal.device, device),
        port === undefined ? undefined : eq(journal.port, port),
        policy === undefined ? undefined : sql`${journal.policies} @> ${JSON.stringify([policy])}::jsonb`,
      );
      const count = Math.min(Math.max(Math.trunc(limit), 0), MAX_LIST);
      const rows = await run((db) => db.select().from(journal).where(where).orderBy(desc(journal.id)).limit(count));
      return rows.map(toJournalEntry);
    },
    async commitSeconds(device) {
      const rows = await run((db) =>
        db
          .select({ commit: journal.commit, seconds: journal.commitSeconds })
          .from(journal)
          .where(eq(journal.device, device))
          .orderBy(desc(journal.id))
          .limit(MEASURED_ENTRIES),
      );
      const measured = new Map(
        rows.flatMap(({ commit, seconds }) => (commit === null || seconds === null ? [] : [[commit, seconds]])),
      );
      return [...measured.values()].slice(0, MEASURED_COMMITS);
    },
  };
}

/** Appends entries within a transaction of the caller. @returns their ids, which grow in the entries' order. */
export async function insertJournal(
  tx: Database,
  entries: readonly Omit<JournalEntry, 'id' | 'at'>[],
): Promise<string[]> {
  const rows = entries.map(toJournalRow);
  const ids: string[] = [];
  for (let start = 0; start < rows.length; start += ENTRIES_PER_STATEMENT) {
    const part = rows.slice(start, start + ENTRIES_PER_STATEMENT);
    const inserted = await tx.insert(journal).values(part).returning({ id: journal.id });
    ids.push(...inserted.map(({ id }) => id.toString()));
  }
  return ids;
}

function toJournalRow(entry: Omit<JournalEntry, 'id' | 'at'>): typeof journal.$inferInsert {
  return {
    device: entry.device,
    port: entry.port,
    workflowId: storable(entry.workflowId),
    status: entry.status,
    summary: storable(entry.summary),
    added: entry.added,
    removed: entry.removed,
    commands: entry.commands.map(storable),
    commit: entry.commit === undefined ? null : storable(entry.commit),
    commitSeconds: entry.commitSeconds ?? null,
    diff: entry.diff === undefined ? null : storable(entry.diff),
    events: entry.events?.map(storable) ?? null,
    author: entry.author === undefined ? null : storable(entry.author),
    reason: entry.reason === undefined ? null : storable(entry.reason),
    policies: entry.policies?.map(storable) ?? null,
  };
}

function toJournalEntry({
  id,
  at,
  commit,
  commitSeconds,
  diff,
  events,
  author,
  reason,
  policies,
  ...row
}: typeof journal.$inferSelect): JournalEntry {
  return {
    ...row,
    id: id.toString(),
    at: at.toISOString(),
    ...(commit === null ? {} : { commit }),
    ...(commitSeconds === null ? {} : { commitSeconds }),
    ...(diff === null ? {} : { diff }),
    ...(events === null ? {} : { events }),
    ...(author === null ? {} : { author }),
    ...(reason === null ? {} : { reason }),
    ...(policies === null ? {} : { policies }),
  };
}

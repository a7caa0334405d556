import { and, asc, desc, eq, gt, inArray, min, notExists, sql } from 'drizzle-orm';
import type { DeviceId } from '../domain/values/device';
import { ofJournal, type Announcement, type JournaledChange } from '../domain/notifications/announcement';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { selectIdBehind, selectJournal, type JournalFilter } from './journalFilter';
import { announce } from './notificationOutbox';
import { commitIntents, journal } from './schema';

export type { JournalFilter } from './journalFilter';

/** One decided change (or refusal) of one port, or what a person said of more than that, such as a pause. */
export interface JournalEntry extends JournaledChange {
  readonly commands: readonly string[];
  /** What one commit of the device took, in seconds; absent when nothing was committed or it was not measured. */
  readonly commitSeconds?: number;
  readonly diff?: string;
  /** The event workflows that waited for it; absent when none did. */
  readonly events?: readonly string[];
}

/** The change journal: append only. */
export interface JournalRepository {
  /** Appends and returns the entry's id. All entries of one call are written or none. */
  append(entries: readonly Omit<JournalEntry, 'id' | 'at'>[]): Promise<readonly string[]>;
  get(id: string): Promise<JournalEntry | undefined>;
  /** How many bindings of a device were added and removed since then. @param since Unix milliseconds. */
  changesSince(device: DeviceId, since: number): Promise<number>;
  /** Newest first. @param filter.limit at most 10,000. */
  list(filter: JournalFilter & { readonly limit: number }): Promise<readonly JournalEntry[]>;
  /** The id of the entry behind the newest `count` ones; undefined when there are no more. */
  idBehind(filter: JournalFilter, count: number): Promise<string | undefined>;
  /**
   * Takes out entries that are older, by the store's clock, oldest first; never one that a commit intent names.
   * @returns how many, at most `most`.
   */
  forgetOlder(days: number, most: number): Promise<number>;
  /** How many entries there are, and the time of the oldest. Reads the whole index: not for every request. */
  figures(): Promise<{ readonly rows: number; readonly oldest?: string }>;
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
    async list({ limit, ...filter }) {
      const count = Math.min(Math.max(Math.trunc(limit), 0), MAX_LIST);
      const rows = await run((db) => selectJournal(db, filter, count));
      return rows.map(toJournalEntry);
    },
    async idBehind(filter, count) {
      const rows = await run((db) => selectIdBehind(db, filter, count));
      return rows[0]?.id.toString();
    },
    async forgetOlder(days, most) {
      const isOld = sql`${journal.at} < now() - ${days}::double precision * interval '1 day'`;
      return run(async (db) => {
        const named = db
          .select({ one: sql`1` })
          .from(commitIntents)
          .where(eq(commitIntents.journalId, journal.id));
        const old = db
          .select({ id: journal.id })
          .from(journal)
          .where(and(isOld, notExists(named)));
        const oldest = old.orderBy(asc(journal.at)).limit(most);
        return (await db.delete(journal).where(inArray(journal.id, oldest)).returning({ id: journal.id })).length;
      });
    },
    async figures() {
      const rows = await run((db) =>
        db.select({ rows: sql<number>`count(*)::float8`, oldest: min(journal.at) }).from(journal),
      );
      const { rows: count = 0, oldest } = rows[0] ?? {};
      return { rows: count, ...(oldest === null || oldest === undefined ? {} : { oldest: oldest.toISOString() }) };
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

/** Appends entries within a transaction of the caller, and what others hear of them. @returns their ids, which grow in the entries' order. */
export async function insertJournal(
  tx: Database,
  entries: readonly Omit<JournalEntry, 'id' | 'at'>[],
): Promise<string[]> {
  const rows = entries.map(toJournalRow);
  const ids: string[] = [];
  for (let start = 0; start < rows.length; start += ENTRIES_PER_STATEMENT) {
    const part = rows.slice(start, start + ENTRIES_PER_STATEMENT);
    const inserted = await tx.insert(journal).values(part).returning({ id: journal.id, at: journal.at });
    ids.push(...inserted.map(({ id }) => id.toString()));
    await announce(tx, told(entries.slice(start, start + ENTRIES_PER_STATEMENT), inserted));
  }
  return ids;
}

/** What others hear of entries; both lists are in the same order. */
function told(
  entries: readonly Omit<JournalEntry, 'id' | 'at'>[],
  inserted: readonly { readonly id: bigint; readonly at: Date }[],
): readonly Announcement[] {
  return entries.flatMap((entry, index) => {
    const row = inserted[index];
    return row === undefined ? [] : (ofJournal({ ...entry, id: row.id.toString(), at: row.at.toISOString() }) ?? []);
  });
}

function toJournalRow(entry: Omit<JournalEntry, 'id' | 'at'>): typeof journal.$inferInsert {
  return {
    device: entry.device ?? null,
    port: entry.port ?? null,
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
  device,
  port,
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
    ...(device === null ? {} : { device }),
    ...(port === null ? {} : { port }),
    ...(commit === null ? {} : { commit }),
    ...(commitSeconds === null ? {} : { commitSeconds }),
    ...(diff === null ? {} : { diff }),
    ...(events === null ? {} : { events }),
    ...(author === null ? {} : { author }),
    ...(reason === null ? {} : { reason }),
    ...(policies === null ? {} : { policies }),
  };
}

import { and, desc, eq, sql } from 'drizzle-orm';
import { storable, type Database, type RunOnDatabase } from './database';
import { backups, journal } from './schema';
import type { BackupRepository, JournalEntry, JournalRepository } from './store';

/** Entries of one INSERT: PostgreSQL takes 65,535 parameters in a statement, an entry has ten. */
const ENTRIES_PER_STATEMENT = 1_000;
const MAX_LIST = 10_000;

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
    async list({ device, port, limit }) {
      const where = and(
        device === undefined ? undefined : eq(journal.device, device),
        port === undefined ? undefined : eq(journal.port, port),
      );
      const count = Math.min(Math.max(Math.trunc(limit), 0), MAX_LIST);
      const rows = await run((db) => db.select().from(journal).where(where).orderBy(desc(journal.id)).limit(count));
      return rows.map(toJournalEntry);
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
    diff: entry.diff === undefined ? null : storable(entry.diff),
  };
}

function toJournalEntry({ id, at, commit, diff, ...row }: typeof journal.$inferSelect): JournalEntry {
  return {
    ...row,
    id: id.toString(),
    at: at.toISOString(),
    ...(commit === null ? {} : { commit }),
    ...(diff === null ? {} : { diff }),
  };
}

/** Configuration backups. @param redact applied to every configuration before it is compared and stored. */
export function backupRepository(run: RunOnDatabase, redact: (configuration: string) => string): BackupRepository {
  return {
    async add(device, configuration, reason) {
      const text = storable(redact(configuration));
      return run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`portwarden backup ${device}`}, 0))`);
          const [newest] = await tx
            .select({ id: backups.id, configuration: backups.configuration })
            .from(backups)
            .where(eq(backups.device, device))
            .orderBy(desc(backups.id))
            .limit(1);
          if (newest?.configuration === text) return newest.id.toString();
          const [added] = await tx
            .insert(backups)
            .values({ device, configuration: text, reason: storable(reason) })
            .returning({ id: backups.id });
          if (added === undefined) throw new Error('INSERT returned no row');
          return added.id.toString();
        }),
      );
    },
    async latest(device) {
      const rows = await run((db) =>
        db.select().from(backups).where(eq(backups.device, device)).orderBy(desc(backups.id)).limit(1),
      );
      return rows.map(({ id, at, configuration }) => ({ id: id.toString(), at: at.toISOString(), configuration }))[0];
    },
  };
}

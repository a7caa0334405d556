import { and, asc, eq, gte, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { CommitIntent, IntendedChange } from '../domain/change/commitIntent';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { insertJournal, type JournalEntry } from './journal';
import { commitIntents, journal } from './schema';

/** What a commit does to one port, as it was written down before the commit was sent. */
export interface StoredIntent {
  readonly device: DeviceId;
  /** The coordinator that the commit was made for. */
  readonly workflowId: string;
  readonly logToken: string;
  readonly confirmed: boolean;
  readonly previousToken?: string;
  readonly change: IntendedChange;
  /** The journal's entry of the change; absent while nobody knows what became of the commit. */
  readonly journalId?: string;
}

/**
 * Commit intents: open from before the commit until it is journaled or known not to have been made; then kept
 * until the coordinator has the outcome for certain, so that events which still wait are notified of what was done for them.
 */
export interface CommitIntentRepository {
  /** Opens the intent of a commit; replaces what an earlier try of the same commit wrote. */
  put(device: DeviceId, workflowId: string, intent: CommitIntent): Promise<void>;
  /** The device's intents, oldest first. Journaled ones older than `keepMs` are forgotten: nobody waits for them any more. */
  list(device: DeviceId, keepMs: number): Promise<readonly StoredIntent[]>;
  /**
   * Closes the intent of a commit and appends entries to the journal, all or nothing. Ports with an entry `applied`
   * of this commit are kept for their coordinator, as reported by `pass` when one is given; the intent's other ports go.
   */
  close(
    commit: { readonly device: DeviceId; readonly logToken: string; readonly pass?: string },
    entries: readonly Omit<JournalEntry, 'id' | 'at'>[],
  ): Promise<readonly string[]>;
  /** The result of `pass` reports the journaled changes of these ports. */
  report(device: DeviceId, ports: readonly PortName[], pass: string): Promise<void>;
  /** The coordinator has the result of `pass`: what it reported is forgotten. */
  answered(device: DeviceId, pass: string): Promise<void>;
  /** Devices with commits of which nobody knows what became, each with when the oldest was begun; ISO 8601, UTC. */
  open(): Promise<readonly { readonly device: DeviceId; readonly since: string }[]>;
}

/** Rows of one INSERT: PostgreSQL takes 65,535 parameters in a statement, a row has ten. */
const ROWS_PER_STATEMENT = 1_000;

/** Commits that were about to be sent, and changes that no coordinator has heard of yet. */
export function commitIntentRepository(run: RunOnDatabase): CommitIntentRepository {
  const ofCommit = (device: StoredIntent['device'], logToken: string) =>
    and(eq(commitIntents.device, device), eq(commitIntents.logToken, logToken));
  return {
    async put(device, workflowId, { logToken, confirmed, previousToken, ports }) {
      const common = {
        device,
        logToken,
        confirmed,
        workflowId: storable(workflowId),
        previousToken: previousToken ?? null,
      };
      const rows = ports.map(({ commands, ...change }) => ({ ...common, ...change, commands: commands.map(storable) }));
      await run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(commitIntents).where(ofCommit(device, logToken));
          for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
            await tx.insert(commitIntents).values(rows.slice(start, start + ROWS_PER_STATEMENT));
        }),
      );
    },
    async list(device, keepMs) {
      const isOld = sql`${commitIntents.at} < now() - ${keepMs}::double precision * interval '1 millisecond'`;
      const rows = await run(async (db) => {
        await db
          .delete(commitIntents)
          .where(and(eq(commitIntents.device, device), isNotNull(commitIntents.journalId), isOld));
        return db.select().from(commitIntents).where(eq(commitIntents.device, device)).orderBy(asc(commitIntents.id));
      });
      return rows.map(toIntent);
    },
    async close({ device, logToken, pass }, entries) {
      return run((db) =>
        db.transaction(async (tx) => {
          const ids = await insertJournal(tx, entries);
          const [first] = ids;
          if (first !== undefined) {
            const isItsEntry = and(
              eq(journal.device, device),
              gte(journal.id, BigInt(first)),
              eq(journal.commit, logToken),
              eq(journal.status, 'applied'),
              eq(journal.port, commitIntents.port),
            );
            await tx
              .update(commitIntents)
              .set({ journalId: journal.id, reportedBy: pass ?? null })
              .from(journal)
              .where(and(ofCommit(device, logToken), isItsEntry));
          }
          await tx.delete(commitIntents).where(and(ofCommit(device, logToken), isNull(commitIntents.journalId)));
          return ids;
        }),
      );
    },
    async report(device, ports, pass) {
      if (ports.length === 0) return;
      await run((db) =>
        db
          .update(commitIntents)
          .set({ reportedBy: pass })
          .where(
            and(
              eq(commitIntents.device, device),
              inArray(commitIntents.port, [...ports]),
              isNotNull(commitIntents.journalId),
            ),
          ),
      );
    },
    async answered(device, pass) {
      await run((db) =>
        db
          .delete(commitIntents)
          .where(
            and(
              eq(commitIntents.device, device),
              eq(commitIntents.reportedBy, pass),
              isNotNull(commitIntents.journalId),
            ),
          ),
      );
    },
    async open() {
      const rows = await run((db) =>
        db
          .select({ device: commitIntents.device, since: sql<string>`min(${commitIntents.at})` })
          .from(commitIntents)
          .where(isNull(commitIntents.journalId))
          .groupBy(commitIntents.device)
          .orderBy(asc(commitIntents.device)),
      );
      return rows.map(({ device, since }) => ({ device, since: new Date(since).toISOString() }));
    },
  };
}

function toIntent(row: typeof commitIntents.$inferSelect): StoredIntent {
  const {
    device,
    workflowId,
    logToken,
    confirmed,
    previousToken,
    journalId,
    port,
    effectivePort,
    added,
    removed,
    commands,
  } = row;
  return {
    device,
    workflowId,
    logToken,
    confirmed,
    change: { port, effectivePort, added, removed, commands },
    ...(previousToken === null ? {} : { previousToken }),
    ...(journalId === null ? {} : { journalId: journalId.toString() }),
  };
}

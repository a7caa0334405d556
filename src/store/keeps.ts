import { and, asc, eq, gt, inArray, isNull, lte, or, sql, type SQL } from 'drizzle-orm';
import type { Keep } from '../domain/change/keep';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { PortName } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { insertJournal, type JournalEntry } from './journal';
import { keeps } from './schema';

/** A keep before it is made. */
export type NewKeep = Omit<Keep, 'id' | 'createdAt'>;

/** What the journal says of a keep that was made, changed or ended. Written with the change, or neither is. */
export type KeepEntry = (keep: Keep) => Omit<JournalEntry, 'id' | 'at'>;

/** Which keeps to list. */
export interface KeepFilter {
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** Those that end until then only. */
  readonly endingUntil?: Date;
  /** Those after this id only: the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** How many statements people keep on a device. */
export interface KeepCount {
  readonly device: DeviceId;
  readonly all: number;
  readonly endingSoon: number;
}

/** What people keep, to be read. */
export interface KeepReader {
  /** Those of a device that are in force at a time, earliest first. */
  inForce(device: DeviceId, at: Date): Promise<readonly Keep[]>;
  /** Those of some addresses that are in force at a time, on whichever device, earliest first. */
  ofAddresses(ips: readonly IpAddress[], at: Date): Promise<readonly Keep[]>;
}

/** What people keep: one for each statement of a port at most. */
export interface KeepRepository extends KeepReader {
  /** Makes those of statements that are not kept at this time. @returns the made ones. */
  add(made: readonly NewKeep[], at: Date, entry: KeepEntry): Promise<readonly Keep[]>;
  /** By id, earliest first; those that are not there are left out. */
  get(ids: readonly string[]): Promise<readonly Keep[]>;
  /** By id, earliest first. */
  list(filter: KeepFilter): Promise<readonly Keep[]>;
  /** How many are in force on each device, and how many of them end until a time. */
  count(at: Date, endingUntil: Date): Promise<readonly KeepCount[]>;
  /** Ends keeps. @returns the ended ones. */
  remove(ids: readonly string[], entry: KeepEntry): Promise<readonly Keep[]>;
  /** Lets keeps end at another time; never without one. @returns the changed ones. */
  extend(ids: readonly string[], expiresAt: string | undefined, entry: KeepEntry): Promise<readonly Keep[]>;
  /** Ends those whose time is over, each for one caller only. @returns the ended ones. */
  takeExpired(at: Date, entry: KeepEntry): Promise<readonly Keep[]>;
}

const MOST_LISTED = 1_000;

/** What people keep. Ids are decimal numbers that grow with every keep. */
export function keepRepository(run: RunOnDatabase): KeepRepository {
  const end = (which: SQL | undefined, entry: KeepEntry): Promise<readonly Keep[]> =>
    run((db) =>
      db.transaction(async (tx) => {
        const ended = sorted(await tx.delete(keeps).where(which).returning());
        await insertJournal(tx, ended.map(entry));
        return ended;
      }),
    );
  return {
    async inForce(device, at) {
      const isOpen = or(isNull(keeps.expiresAt), gt(keeps.expiresAt, at));
      const rows = await run((db) =>
        db
          .select()
          .from(keeps)
          .where(and(eq(keeps.device, device), isOpen))
          .orderBy(asc(keeps.createdAt), asc(keeps.id)),
      );
      return rows.map(toKeep);
    },
    async ofAddresses(ips, at) {
      if (ips.length === 0) return [];
      const isOpen = or(isNull(keeps.expiresAt), gt(keeps.expiresAt, at));
      const isOfThem = inArray(sql<string>`${keeps.statement}->>'ip'`, [...ips]);
      return sorted(await run((db) => db.select().from(keeps).where(and(isOfThem, isOpen))));
    },
    async add(made, at, entry) {
      const rows = made.map((keep) => toRow(keep, at));
      return run((db) =>
        db.transaction(async (tx) => {
          const inserted: Keep[] = [];
          for (const row of rows) {
            const { statement, reason, author, createdAt, expiresAt } = row;
            const done = await tx
              .insert(keeps)
              .values(row)
              .onConflictDoUpdate({
                target: [keeps.device, keeps.port, keeps.statementKey],
                set: { statement, reason, author, createdAt, expiresAt },
                setWhere: lte(keeps.expiresAt, at),
              })
              .returning();
            inserted.push(...done.map(toKeep));
          }
          await insertJournal(tx, inserted.map(entry));
          return inserted;
        }),
      );
    },
    async get(ids) {
      const known = numbers(ids);
      if (known.length === 0) return [];
      return sorted(await run((db) => db.select().from(keeps).where(inArray(keeps.id, known))));
    },
    async list({ device, port, endingUntil, after, limit }) {
      const where = and(
        device === undefined ? undefined : eq(keeps.device, device),
        port === undefined ? undefined : eq(keeps.port, port),
        endingUntil === undefined ? undefined : lte(keeps.expiresAt, endingUntil),
        after === undefined ? undefined : gt(keeps.id, BigInt(after)),
      );
      const count = Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED);
      return (await run((db) => db.select().from(keeps).where(where).orderBy(asc(keeps.id)).limit(count))).map(toKeep);
    },
    count(at, endingUntil) {
      const all = sql<number>`count(*)::int`;
      const endingSoon = sql<number>`(count(*) FILTER (WHERE ${keeps.expiresAt} <= ${endingUntil.toISOString()}))::int`;
      return run((db) =>
        db
          .select({ device: keeps.device, all, endingSoon })
          .from(keeps)
          .where(or(isNull(keeps.expiresAt), gt(keeps.expiresAt, at)))
          .groupBy(keeps.device)
          .orderBy(keeps.device),
      );
    },
    remove: (ids, entry) => {
      const known = numbers(ids);
      return known.length === 0 ? Promise.resolve([]) : end(inArray(keeps.id, known), entry);
    },
    async extend(ids, expiresAt, entry) {
      const known = numbers(ids);
      if (known.length === 0) return [];
      return run((db) =>
        db.transaction(async (tx) => {
          const until = { expiresAt: expiresAt === undefined ? null : new Date(expiresAt) };
          const changed = sorted(await tx.update(keeps).set(until).where(inArray(keeps.id, known)).returning());
          await insertJournal(tx, changed.map(entry));
          return changed;
        }),
      );
    },
    takeExpired: (at, entry) => end(lte(keeps.expiresAt, at), entry),
  };
}

function numbers(ids: readonly string[]): bigint[] {
  return ids.filter((id) => /^\d{1,18}$/.test(id)).map(BigInt);
}

function sorted(rows: readonly (typeof keeps.$inferSelect)[]): Keep[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1)).map(toKeep);
}

function toRow({ device, port, statement, reason, author, expiresAt }: NewKeep, at: Date) {
  return {
    device,
    port,
    statement,
    statementKey: storable(statement.key),
    reason: storable(reason),
    author: storable(author),
    createdAt: at,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
  } satisfies typeof keeps.$inferInsert;
}

function toKeep({ id, device, port, statement, reason, author, ...at }: typeof keeps.$inferSelect): Keep {
  return {
    id: id.toString(),
    device,
    port,
    statement,
    reason,
    author,
    createdAt: at.createdAt.toISOString(),
    ...(at.expiresAt === null ? {} : { expiresAt: at.expiresAt.toISOString() }),
  };
}

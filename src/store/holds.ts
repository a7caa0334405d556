import { and, asc, eq, gt, inArray, isNull, lte, sql, type SQL } from 'drizzle-orm';
import type { Decision } from '../domain/change/keep';
import type { PortHold } from '../domain/holds/portHold';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { PortName } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { holds } from './holdSchema';
import { insertJournal, type JournalEntry } from './journal';

/** A hold before it is made. */
export type NewHold = Omit<PortHold, 'id' | 'createdAt' | 'released'>;

/** What the journal says of a hold that was made, released, over or ended. Written with the change, or neither is. */
export type HoldEntry = (hold: PortHold) => Omit<JournalEntry, 'id' | 'at'>;

/** Which holds to list. */
export interface HoldFilter {
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** Those after this id only: the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** How many ports of a device people hold, and of how many the time is over. */
export interface HoldCount {
  readonly device: DeviceId;
  readonly holding: number;
  readonly over: number;
}

/** What people hold, to be read. */
export interface HoldReader {
  /** Those of a device, whatever has become of them, earliest first. */
  of(device: DeviceId): Promise<readonly PortHold[]>;
  /** Those that have a statement of one of the addresses, on whichever device, earliest first. */
  ofAddresses(ips: readonly IpAddress[]): Promise<readonly PortHold[]>;
}

/** Ports that people hold: one hold for each at most. */
export interface HoldRepository extends HoldReader {
  /** Makes holds, all or none; one that a port has is ended for the new one. @returns the made ones. */
  set(
    made: readonly NewHold[],
    at: Date,
    entries: { readonly set: HoldEntry; readonly replaced: HoldEntry },
  ): Promise<readonly PortHold[]>;
  /** By id, earliest first; those that are not there are left out. */
  get(ids: readonly string[]): Promise<readonly PortHold[]>;
  /** By id, earliest first. */
  list(filter: HoldFilter): Promise<readonly PortHold[]>;
  /** How many there are on each device. */
  count(at: Date): Promise<readonly HoldCount[]>;
  /** Notes that a person released holds, those that nobody has yet. @returns these. */
  release(ids: readonly string[], decision: Decision, at: Date, entry: HoldEntry): Promise<readonly PortHold[]>;
  /** Ends holds. @returns the ended ones. */
  end(ids: readonly string[], entry: HoldEntry): Promise<readonly PortHold[]>;
  /** Those whose time is over and of which that was not said yet, each for one caller only. */
  takeOver(at: Date, entry: HoldEntry): Promise<readonly PortHold[]>;
}

const MOST_LISTED = 1_000;

/** Ports that people hold. Ids are decimal numbers that grow with every hold. */
export function holdRepository(run: RunOnDatabase): HoldRepository {
  const select = async (where: SQL | undefined, limit?: number): Promise<readonly PortHold[]> => {
    const rows = await run((db) => {
      const query = db.select().from(holds).where(where).orderBy(asc(holds.id));
      return limit === undefined ? query : query.limit(limit);
    });
    return rows.map(toHold);
  };
  const change = (where: SQL | undefined, set: Partial<typeof holds.$inferInsert>, entry: HoldEntry) =>
    run((db) =>
      db.transaction(async (tx) => {
        const changed = sorted(await tx.update(holds).set(set).where(where).returning());
        await insertJournal(tx, changed.map(entry));
        return changed;
      }),
    );
  return {
    of: (device) => select(eq(holds.device, device)),
    ofAddresses: (ips) =>
      ips.length === 0
        ? Promise.resolve([])
        : select(
            sql`EXISTS (SELECT 1 FROM jsonb_array_elements(${holds.statements}) AS held WHERE ${inArray(sql<string>`held->>'ip'`, [...ips])})`,
          ),
    set: (made, at, entries) =>
      run((db) =>
        db.transaction(async (tx) => {
          const inserted: PortHold[] = [];
          for (const hold of made) {
            const isThis = and(eq(holds.device, hold.device), eq(holds.port, hold.port));
            const ended = sorted(await tx.delete(holds).where(isThis).returning());
            await insertJournal(tx, ended.map(entries.replaced));
            inserted.push(...(await tx.insert(holds).values(toRow(hold, at)).returning()).map(toHold));
          }
          await insertJournal(tx, inserted.map(entries.set));
          return inserted;
        }),
      ),
    get: (ids) => {
      const known = numbers(ids);
      return known.length === 0 ? Promise.resolve([]) : select(inArray(holds.id, known));
    },
    list: ({ device, port, after, limit }) =>
      select(
        and(
          device === undefined ? undefined : eq(holds.device, device),
          port === undefined ? undefined : eq(holds.port, port),
          after === undefined ? undefined : gt(holds.id, BigInt(after)),
        ),
        Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED),
      ),
    count: (at) => {
      const isOver = sql`${holds.expiresAt} <= ${at.toISOString()}`;
      return run((db) =>
        db
          .select({
            device: holds.device,
            holding: sql<number>`(count(*) FILTER (WHERE NOT (${isOver})))::int`,
            over: sql<number>`(count(*) FILTER (WHERE ${isOver}))::int`,
          })
          .from(holds)
          .where(isNull(holds.releasedAt))
          .groupBy(holds.device)
          .orderBy(holds.device),
      );
    },
    release: (ids, { author, reason }, at, entry) => {
      const known = numbers(ids);
      if (known.length === 0) return Promise.resolve([]);
      const set = { releasedAt: at, releasedBy: storable(author), releaseReason: storable(reason) };
      return change(and(inArray(holds.id, known), isNull(holds.releasedAt)), set, entry);
    },
    end: (ids, entry) => {
      const known = numbers(ids);
      if (known.length === 0) return Promise.resolve([]);
      return run((db) =>
        db.transaction(async (tx) => {
          const ended = sorted(await tx.delete(holds).where(inArray(holds.id, known)).returning());
          await insertJournal(tx, ended.map(entry));
          return ended;
        }),
      );
    },
    takeOver: (at, entry) =>
      change(and(lte(holds.expiresAt, at), isNull(holds.overAt), isNull(holds.releasedAt)), { overAt: at }, entry),
  };
}

function numbers(ids: readonly string[]): bigint[] {
  return ids.filter((id) => /^\d{1,18}$/.test(id)).map(BigInt);
}

function sorted(rows: readonly (typeof holds.$inferSelect)[]): PortHold[] {
  return [...rows].sort((a, b) => (a.id < b.id ? -1 : 1)).map(toHold);
}

function toRow({ backupAt, reason, author, expiresAt, ...hold }: NewHold, at: Date) {
  return {
    ...hold,
    backupAt: new Date(backupAt),
    reason: storable(reason),
    author: storable(author),
    createdAt: at,
    expiresAt: new Date(expiresAt),
  } satisfies typeof holds.$inferInsert;
}

function toHold(row: typeof holds.$inferSelect): PortHold {
  const { device, port, askedAs, statements, removes, brought, backup, workflowId, author, reason } = row;
  const { releasedAt, releasedBy, releaseReason } = row;
  return {
    ...{
      id: row.id.toString(),
      device,
      port,
      askedAs,
      statements,
      removes,
      brought,
      backup,
      workflowId,
      author,
      reason,
    },
    backupAt: row.backupAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(releasedAt === null
      ? {}
      : { released: { author: releasedBy ?? '', reason: releaseReason ?? '', at: releasedAt.toISOString() } }),
  };
}

import { and, asc, eq, inArray, ne, notInArray, sql } from 'drizzle-orm';
import type { StandingGroup } from '../domain/alarms/facts';
import type { StandingEntry, StandingFinding, StandingList } from '../domain/standing';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { standing } from './schema';

/** Where a page of a list begins: behind this entry. */
export interface StandingKey {
  readonly device: string;
  readonly port: string;
  readonly subject: string;
}

/** How many entries a list has, and since when the oldest stands. */
export interface StandingCount {
  readonly list: StandingList;
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly oldest: string;
}

/** What stands until it is resolved. */
export interface StandingRepository {
  /** Replaces what is known of some lists at a port. What is found again keeps the time since when it stands. */
  replace(port: PortRef, lists: readonly StandingList[], found: readonly StandingFinding[]): Promise<void>;
  /** The ports of a device that have entries on some lists. */
  portsWith(device: DeviceId, lists: readonly StandingList[]): Promise<ReadonlySet<PortName>>;
  /** The entries of a list about some subjects, at whichever ports. */
  about(list: StandingList, subjects: readonly string[]): Promise<readonly StandingEntry[]>;
  /** Notes something of which no port is known. */
  note(finding: StandingFinding): Promise<void>;
  /** Forgets what is noted of a subject of which no port is known. */
  forget(list: StandingList, subject: string): Promise<void>;
  /** A page in the order of device, port and subject. */
  list(list: StandingList, limit: number, after?: StandingKey): Promise<readonly StandingEntry[]>;
  /** Of the lists that are not empty. */
  counts(): Promise<readonly StandingCount[]>;
  /** The entries of some lists, those of a port under the same rule as one. */
  perPort(lists: readonly StandingList[]): Promise<readonly StandingGroup[]>;
}

/** Rows of one INSERT: PostgreSQL takes 65,535 parameters in a statement, a row has seven. */
const ROWS_PER_STATEMENT = 1_000;

/** The standing lists. */
export function standingRepository(run: RunOnDatabase): StandingRepository {
  const key = [standing.list, standing.device, standing.port, standing.subject];
  const set = {
    serverId: sql`excluded.server_id`,
    rule: sql`excluded.rule`,
    message: sql`excluded.message`,
  };
  return {
    async replace({ device, port }, lists, found) {
      const rows = found.map((finding) => ({ ...rowOf(finding), device, port }));
      await run((db) =>
        db.transaction(async (tx) => {
          for (const list of lists) {
            const subjects = rows.filter((row) => row.list === list).map(({ subject }) => subject);
            const gone = subjects.length === 0 ? undefined : notInArray(standing.subject, subjects);
            await tx
              .delete(standing)
              .where(and(eq(standing.list, list), eq(standing.device, device), eq(standing.port, port), gone));
          }
          for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
            await tx
              .insert(standing)
              .values(rows.slice(start, start + ROWS_PER_STATEMENT))
              .onConflictDoUpdate({ target: key, set });
        }),
      );
    },
    async portsWith(device, lists) {
      const rows = await run((db) =>
        db
          .selectDistinct({ port: standing.port })
          .from(standing)
          .where(and(inArray(standing.list, [...lists]), eq(standing.device, device))),
      );
      return new Set(rows.map(({ port }) => port as PortName));
    },
    async about(list, subjects) {
      if (subjects.length === 0) return [];
      const rows = await run((db) =>
        db
          .select()
          .from(standing)
          .where(and(eq(standing.list, list), inArray(standing.subject, [...subjects]))),
      );
      return rows.map(toEntry);
    },
    async note(finding) {
      const row = { ...rowOf(finding), device: '', port: '' };
      await run((db) => db.insert(standing).values(row).onConflictDoUpdate({ target: key, set }));
    },
    async forget(list, subject) {
      await run((db) =>
        db.delete(standing).where(and(eq(standing.list, list), eq(standing.device, ''), eq(standing.subject, subject))),
      );
    },
    async list(list, limit, after) {
      const behind =
        after === undefined
          ? undefined
          : sql`(${standing.device}, ${standing.port}, ${standing.subject}) > (${after.device}, ${after.port}, ${after.subject})`;
      const rows = await run((db) =>
        db
          .select()
          .from(standing)
          .where(and(eq(standing.list, list), behind))
          .orderBy(asc(standing.device), asc(standing.port), asc(standing.subject))
          .limit(limit),
      );
      return rows.map(toEntry);
    },
    async counts() {
      const rows = await run((db) =>
        db
          .select({
            list: standing.list,
            count: sql<number>`count(*)::int`,
            oldest: sql<string>`min(${standing.since})`,
          })
          .from(standing)
          .groupBy(standing.list),
      );
      return rows.map(({ list, count, oldest }) => ({ list, count, oldest: new Date(oldest).toISOString() }));
    },
    async perPort(lists) {
      const { list, device, port, rule } = standing;
      const rows = await run((db) =>
        db
          .select({
            ...{ list, device, port, rule },
            count: sql<number>`count(*)::int`,
            since: sql<string>`min(${standing.since})`,
            message: sql<string>`(array_agg(${standing.message} ORDER BY ${standing.since}, ${standing.subject}))[1]`,
          })
          .from(standing)
          .where(and(inArray(list, [...lists]), ne(device, '')))
          .groupBy(list, device, port, rule)
          .orderBy(asc(device), asc(port)),
      );
      return rows.map((row) => ({
        ...row,
        device: row.device as DeviceId,
        port: row.port as PortName,
        since: new Date(row.since).toISOString(),
      }));
    },
  };
}

function rowOf({ list, subject, serverId, rule, message }: StandingFinding) {
  return { list, subject: storable(subject), serverId: serverId ?? null, rule, message: storable(message) };
}

function toEntry({ list, device, port, subject, serverId, rule, message, since }: typeof standing.$inferSelect) {
  const entry: StandingEntry = {
    list,
    subject,
    rule,
    message,
    since: since.toISOString(),
    ...(device === '' ? {} : { device: device as DeviceId, port: port as PortName }),
    ...(serverId === null ? {} : { serverId }),
  };
  return entry;
}

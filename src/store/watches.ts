import { and, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { SeenGuest } from '../domain/watch/clusterView';
import type { WatchState } from '../domain/watch/watchState';
import type { RunOnDatabase } from './engine/database';
import { watchedGuests, watches } from './schema';

/** What a look saw, to be remembered. */
export interface SeenCluster {
  readonly state: Omit<WatchState, 'lookedAt' | 'error'>;
  /** Guests that are other than before, or new. */
  readonly put: readonly SeenGuest[];
  /** Guests that are to be forgotten. */
  readonly drop: readonly number[];
}

/** The last look at each cluster. */
export interface WatchRepository {
  /** What the last look left; undefined before the first. The version changes with each look that is remembered. */
  view(cluster: string): Promise<{
    readonly state: WatchState;
    readonly version: number;
    /** Undefined when no look ever saw the cluster. */
    readonly guests: ReadonlyMap<number, SeenGuest> | undefined;
  }>;
  /** Remembers a look. @returns false when another look was remembered since `version`: nothing is written then. */
  save(version: number, seen: SeenCluster): Promise<boolean>;
  /** Remembers that a look saw nothing; what was seen before stays. */
  saveError(cluster: string, error: { readonly code: string; readonly message: string }): Promise<void>;
  /** How every watch stands. */
  list(): Promise<readonly WatchState[]>;
  /** Forgets clusters that are not among these. */
  keepOnly(clusters: readonly string[]): Promise<void>;
}

const ROWS_AT_ONCE = 2_000;
/**
 * After so many looks the room of the rows that they replaced is used again. The embedded engine never does that by itself, and each
 * look leaves up to some 3 KB: without it a store grew by 24 MB a day and cluster.
 */
const LOOKS_BETWEEN_VACUUMS = 50;

/** One row for each cluster, and one for each of its guests: a look without changes writes the former alone. */
export function watchRepository(run: RunOnDatabase): WatchRepository {
  return {
    async view(cluster) {
      const [row] = await run((db) => db.select().from(watches).where(eq(watches.cluster, cluster)));
      if (row === undefined)
        return { state: { cluster, guests: 0, readUpTo: 0, changes: [] }, version: 0, guests: undefined };
      const state = toState(row);
      if (state.lookedAt === undefined) return { state, version: row.version, guests: undefined };
      const rows = await run((db) => db.select().from(watchedGuests).where(eq(watchedGuests.cluster, cluster)));
      return { state, version: row.version, guests: new Map(rows.map(({ vmid, seen }) => [vmid, { vmid, ...seen }])) };
    },
    async save(version, { state, put, drop }) {
      const { cluster, guests, readUpTo, changes, doubt = null } = state;
      const values = { version: version + 1, guests, readUpTo, changes, doubt, error: null, lookedAt: new Date() };
      const isKept = await run((db) =>
        db.transaction(async (transaction) => {
          const written = await transaction
            .insert(watches)
            .values({ cluster, ...values })
            .onConflictDoUpdate({ target: watches.cluster, set: values, setWhere: eq(watches.version, version) })
            .returning({ cluster: watches.cluster });
          if (written.length === 0) return false;
          if (drop.length > 0)
            await transaction
              .delete(watchedGuests)
              .where(and(eq(watchedGuests.cluster, cluster), inArray(watchedGuests.vmid, [...drop])));
          for (let start = 0; start < put.length; start += ROWS_AT_ONCE)
            await transaction
              .insert(watchedGuests)
              .values(put.slice(start, start + ROWS_AT_ONCE).map(({ vmid, ...seen }) => ({ cluster, vmid, seen })))
              .onConflictDoUpdate({
                target: [watchedGuests.cluster, watchedGuests.vmid],
                set: { seen: sql`excluded.seen` },
              });
          return true;
        }),
      );
      if (isKept && values.version % LOOKS_BETWEEN_VACUUMS === 0)
        await run((db) => db.execute(sql`VACUUM ${watches}, ${watchedGuests}`));
      return isKept;
    },
    async saveError(cluster, { code, message }) {
      const error = { code, message, since: new Date().toISOString() };
      await run((db) =>
        db
          .insert(watches)
          .values({ cluster, version: 0, guests: 0, readUpTo: 0, changes: [], error })
          .onConflictDoUpdate({
            target: watches.cluster,
            set: {
              error: sql`jsonb_set(excluded.error, '{since}', coalesce(${watches.error}->'since', excluded.error->'since'))`,
            },
          }),
      );
    },
    async list() {
      return (await run((db) => db.select().from(watches).orderBy(watches.cluster))).map(toState);
    },
    async keepOnly(clusters) {
      await run((db) =>
        db.transaction(async (transaction) => {
          await transaction.delete(watches).where(notInArray(watches.cluster, [...clusters, '']));
          await transaction.delete(watchedGuests).where(notInArray(watchedGuests.cluster, [...clusters, '']));
        }),
      );
    },
  };
}

function toState(row: typeof watches.$inferSelect): WatchState {
  const { cluster, lookedAt, guests, readUpTo, changes, doubt, error } = row;
  return {
    cluster,
    ...(lookedAt === null ? {} : { lookedAt: lookedAt.toISOString() }),
    guests,
    readUpTo,
    changes,
    ...(doubt === null ? {} : { doubt }),
    ...(error === null ? {} : { error }),
  };
}

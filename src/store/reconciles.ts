import { and, asc, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { ReconcileSeen, ReconcileState } from '../domain/drift/reconcile';
import type { ReconcileMode } from '../domain/drift/reconcileSettings';
import type { VanishedMode } from '../domain/drift/vanished';
import type { ServerId } from '../domain/event/event';
import type { DeviceId } from '../domain/values/device';
import { storable, type RunOnDatabase } from './engine/database';
import { reconciles, vanishedServers } from './driftSchema';

/** What passes read of servers that vanished. */
export interface VanishedReader {
  /** The servers of a device whose bindings may go, or be left to a person, though no event says that they are deleted. */
  vanished(device: DeviceId): Promise<ReadonlyMap<ServerId, VanishedMode>>;
}

/** How reconciles went, and what they confirmed. */
export interface ReconcileRepository extends VanishedReader {
  /** Remembers what one saw. */
  saw(seen: ReconcileSeen, at: Date): Promise<void>;
  /** Remembers that one saw nothing; what was seen before stays. */
  failed(device: DeviceId, mode: ReconcileMode, error: { code: string; message: string }, at: Date): Promise<void>;
  /** Of all devices that were ever reconciled, or of some. */
  list(devices?: readonly DeviceId[]): Promise<readonly ReconcileState[]>;
  /** Makes these be the vanished servers of a device, and no others. */
  keepVanished(device: DeviceId, servers: readonly ServerId[], mode: VanishedMode): Promise<void>;
}

/** One row for each device, and one for each server that vanished. */
export function reconcileRepository(run: RunOnDatabase): ReconcileRepository {
  return {
    async saw({ device, notes, underWay, ...seen }, at) {
      const values = {
        ...seen,
        notes: notes.map(storable),
        underWay: underWay.map(({ port, why }) => ({ port, why: storable(why) })),
        ...{ triedAt: at, lookedAt: at, error: null, failingSince: null },
      };
      await run((db) =>
        db
          .insert(reconciles)
          .values({ device, ...values })
          .onConflictDoUpdate({ target: reconciles.device, set: values }),
      );
    },
    async failed(device, mode, { code, message }, at) {
      const error = { code, message: storable(message) };
      const nothing = { ports: 0, unreadable: 0, inDrift: 0, underWay: [], notes: [] };
      await run((db) =>
        db
          .insert(reconciles)
          .values({ device, mode, ...nothing, triedAt: at, error, failingSince: at })
          .onConflictDoUpdate({
            target: reconciles.device,
            set: {
              mode,
              triedAt: at,
              error,
              failingSince: sql`coalesce(${reconciles.failingSince}, ${at.toISOString()}::timestamptz)`,
            },
          }),
      );
    },
    async list(devices) {
      const rows = await run((db) =>
        db
          .select()
          .from(reconciles)
          .where(devices === undefined ? undefined : inArray(reconciles.device, [...devices]))
          .orderBy(asc(reconciles.device)),
      );
      return rows.map(toState);
    },
    async vanished(device) {
      const rows = await run((db) => db.select().from(vanishedServers).where(eq(vanishedServers.device, device)));
      return new Map(rows.map(({ serverId, mode }) => [serverId, mode]));
    },
    async keepVanished(device, servers, mode) {
      const others = servers.length === 0 ? undefined : notInArray(vanishedServers.serverId, [...servers]);
      await run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(vanishedServers).where(and(eq(vanishedServers.device, device), others));
          if (servers.length === 0) return;
          await tx
            .insert(vanishedServers)
            .values(servers.map((serverId) => ({ device, serverId, mode })))
            .onConflictDoUpdate({ target: [vanishedServers.device, vanishedServers.serverId], set: { mode } });
        }),
      );
    },
  };
}

function toState({ triedAt, lookedAt, error, failingSince, ...seen }: typeof reconciles.$inferSelect): ReconcileState {
  return {
    ...seen,
    triedAt: triedAt.toISOString(),
    ...(lookedAt === null ? {} : { lookedAt: lookedAt.toISOString() }),
    ...(error === null ? {} : { error }),
    ...(failingSince === null ? {} : { failingSince: failingSince.toISOString() }),
  };
}

import { and, eq, or, sql } from 'drizzle-orm';
import { storable, type Database, type RunOnDatabase } from './database';
import { fences, hostKeys, parked, placements } from './schema';
import type { FenceRepository, HostKeyRepository, ParkedChange, ParkedRepository, PlacementRepository } from './store';
import type { Placement } from '../domain/servers/server';

/** Class of the advisory locks on placements; the second key is the server's id. */
const PLACEMENT_LOCKS = 0x706c;
/** How many MACs one statement asks for: each is a look into the index of the ports. */
const MACS_PER_QUERY = 200;

async function putPlacement(db: Pick<Database, 'insert'>, placement: Placement): Promise<void> {
  const { serverId, kind, ports, guest, ips } = placement;
  const row = { kind, ports, ips, guest: guest ?? null, cluster: guest?.cluster ?? null };
  await db
    .insert(placements)
    .values({ serverId, ...row })
    .onConflictDoUpdate({ target: placements.serverId, set: { ...row, updatedAt: sql`now()` } });
}

/** Placements, one row per server. */
export function placementRepository(run: RunOnDatabase): PlacementRepository {
  return {
    async get(serverId) {
      const rows = await run((db) => db.select().from(placements).where(eq(placements.serverId, serverId)));
      return rows.map(toPlacement)[0];
    },
    async put(placement) {
      await run((db) => putPlacement(db, placement));
    },
    update(serverId, change) {
      return run((db) =>
        db.transaction(async (transaction) => {
          // Serialises writers of one server's placement even where there is no row yet to lock.
          await transaction.execute(sql`SELECT pg_advisory_xact_lock(${PLACEMENT_LOCKS}, ${serverId})`);
          const rows = await transaction.select().from(placements).where(eq(placements.serverId, serverId));
          const after = change(rows.map(toPlacement)[0]);
          if (after === undefined) await transaction.delete(placements).where(eq(placements.serverId, serverId));
          else await putPlacement(transaction, after);
          return after;
        }),
      );
    },
    async delete(serverId) {
      await run((db) => db.delete(placements).where(eq(placements.serverId, serverId)));
    },
    async listByPort(device, port) {
      const wanted = JSON.stringify([{ device, port }]);
      const rows = await run((db) =>
        db
          .select()
          .from(placements)
          .where(sql`${placements.ports} @> ${wanted}::jsonb`)
          .orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
    async listByCluster(cluster) {
      const rows = await run((db) =>
        db.select().from(placements).where(eq(placements.cluster, cluster)).orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
    async listByIps(ips) {
      if (ips.length === 0) return [];
      const wanted = sql`SELECT jsonb_array_elements_text(${JSON.stringify(ips)}::jsonb)`;
      const rows = await run((db) =>
        db
          .select()
          .from(placements)
          .where(
            sql`EXISTS (SELECT 1 FROM jsonb_array_elements_text(${placements.ips}) AS held(ip) WHERE held.ip IN (${wanted}))`,
          )
          .orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
    async listByMacs(macs) {
      const found = new Map<number, Placement>();
      for (let start = 0; start < macs.length; start += MACS_PER_QUERY) {
        const wanted = macs.slice(start, start + MACS_PER_QUERY).map(({ mac, vlan }) => {
          const held = JSON.stringify([{ macs: [{ mac, vlan }] }]);
          return sql`${placements.ports} @> ${held}::jsonb`;
        });
        const rows = await run((db) =>
          db
            .select()
            .from(placements)
            .where(or(...wanted)),
        );
        for (const row of rows) found.set(row.serverId, toPlacement(row));
      }
      return [...found.values()].sort((a, b) => a.serverId - b.serverId);
    },
  };
}

function toPlacement(row: typeof placements.$inferSelect): Placement {
  const { serverId, kind, ports, guest, ips } = row;
  return { serverId, kind, ports, ips, ...(guest === null ? {} : { guest }) };
}

/** Parked changes. Parking the same plan again keeps the time since when it waits. */
export function parkedRepository(run: RunOnDatabase): ParkedRepository {
  const toChange = ({ at, ...row }: typeof parked.$inferSelect): ParkedChange => ({ ...row, at: at.toISOString() });
  return {
    async put(change) {
      const { device, port, fingerprint, added, removed } = change;
      const row = { fingerprint, added, removed, reason: storable(change.reason) };
      const since = sql`CASE WHEN ${parked.fingerprint} = excluded.fingerprint THEN ${parked.at} ELSE now() END`;
      await run((db) =>
        db
          .insert(parked)
          .values({ device, port, ...row })
          .onConflictDoUpdate({ target: [parked.device, parked.port], set: { ...row, at: since } }),
      );
    },
    async get(device, port) {
      const rows = await run((db) =>
        db
          .select()
          .from(parked)
          .where(and(eq(parked.device, device), eq(parked.port, port))),
      );
      return rows.map(toChange)[0];
    },
    async delete(device, port) {
      await run((db) => db.delete(parked).where(and(eq(parked.device, device), eq(parked.port, port))));
    },
    async list(device) {
      const where = device === undefined ? undefined : eq(parked.device, device);
      const rows = await run((db) => db.select().from(parked).where(where).orderBy(parked.device, parked.port));
      return rows.map(toChange);
    },
  };
}

/** Fencing tokens. */
export function fenceRepository(run: RunOnDatabase): FenceRepository {
  return {
    async claim(device, attempt) {
      await run((db) =>
        db
          .insert(fences)
          .values({ device, attempt })
          .onConflictDoUpdate({ target: fences.device, set: { attempt, at: sql`now()` } }),
      );
    },
    async isCurrent(device, attempt) {
      const rows = await run((db) =>
        db
          .select({ device: fences.device })
          .from(fences)
          .where(and(eq(fences.device, device), eq(fences.attempt, attempt))),
      );
      return rows.length === 1;
    },
  };
}

/** Host keys trusted on first use. */
export function hostKeyRepository(run: RunOnDatabase): HostKeyRepository {
  return {
    async list(device) {
      const rows = await run((db) =>
        db.select().from(hostKeys).where(eq(hostKeys.device, device)).orderBy(hostKeys.firstSeen, hostKeys.fingerprint),
      );
      return rows.map(({ fingerprint }) => fingerprint);
    },
    async add(device, fingerprint) {
      await run((db) => db.insert(hostKeys).values({ device, fingerprint }).onConflictDoNothing());
    },
  };
}

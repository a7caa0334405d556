import { arrayOverlaps, eq, inArray, or, sql, type SQL } from 'drizzle-orm';
import { macInVlanKey, type MacInVlan } from '../domain/desired/binding';
import type { ServerId } from '../domain/event/event';
import { addressesOf, placedAt } from '../domain/servers/placement';
import type { Placement } from '../domain/servers/server';
import type { IpAddress } from '../domain/values/ip';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';
import type { Database, RunOnDatabase } from './engine/database';
import { placements } from './schema';

/** Ports that one question to the database is about. */
const PORTS_AT_ONCE = 100;

/** Where servers were last seen, to be read. */
export interface PlacementReader {
  /** The time by the store's clock, the same for every process, in Unix milliseconds. A reading takes it when it begins. */
  clock(): Promise<number>;
  get(serverId: ServerId): Promise<Placement | undefined>;
  /** Servers whose traffic enters through this port. */
  listByPort(device: DeviceId, port: PortName): Promise<readonly Placement[]>;
  /** The same of some ports of a device at once; a port without servers is not in it. */
  listByPorts(device: DeviceId, ports: readonly PortName[]): Promise<ReadonlyMap<PortName, readonly Placement[]>>;
  /** Servers whose traffic enters, or entered while something of them may be left, through any port of the device. */
  listByDevice(device: DeviceId): Promise<readonly Placement[]>;
  /** Devices with a port through which a server's traffic enters or entered. */
  devices(): Promise<readonly DeviceId[]>;
  /** VMs last seen in this cluster (on any node). */
  listByCluster(cluster: string): Promise<readonly Placement[]>;
  /** Servers that were last seen with one of the addresses, or for which one was read back from a port and may still be there. */
  listByIps(ips: readonly IpAddress[]): Promise<readonly Placement[]>;
  /** Servers of which, on some port, a binding with one of the MACs was read back: in its VLAN, or in any without one. */
  listByMacs(macs: readonly (MacInVlan | Pick<MacInVlan, 'mac'>)[]): Promise<readonly Placement[]>;
}

/** Where servers were last seen. */
export interface PlacementRepository extends PlacementReader {
  /** Inserts or replaces the server's placement. */
  put(placement: Placement): Promise<void>;
  /** Changes a server's placement while nobody else does; undefined deletes it. Returns what is stored then. */
  update(
    serverId: ServerId,
    change: (before: Placement | undefined) => Placement | undefined,
  ): Promise<Placement | undefined>;
  /** {@link update} for many servers at once; those for which `change` gives back what was there are not written. */
  updateAll(
    serverIds: readonly ServerId[],
    change: (serverId: ServerId, before: Placement | undefined) => Placement | undefined,
  ): Promise<void>;
  delete(serverId: ServerId): Promise<void>;
}

/** A statement has at most 65,535 parameters, and a row has eight. */
const ROWS_AT_ONCE = 1_000;

/** Class of the advisory locks on placements; the second key is the server's id. */
const PLACEMENT_LOCKS = 0x706c;

function rowOf(placement: Placement): typeof placements.$inferInsert {
  const { serverId, kind, ports, guest, ips, seenAt } = placement;
  return {
    serverId,
    kind,
    ports,
    ips,
    addresses: [...addressesOf(placement)],
    guest: guest ?? null,
    cluster: guest?.cluster ?? null,
    seenAt: seenAt ?? null,
  };
}

async function putPlacements(db: Pick<Database, 'insert'>, changed: readonly Placement[]): Promise<void> {
  for (let start = 0; start < changed.length; start += ROWS_AT_ONCE) {
    await db
      .insert(placements)
      .values(changed.slice(start, start + ROWS_AT_ONCE).map(rowOf))
      .onConflictDoUpdate({
        target: placements.serverId,
        set: {
          kind: sql`excluded.kind`,
          ports: sql`excluded.ports`,
          ips: sql`excluded.ips`,
          addresses: sql`excluded.addresses`,
          guest: sql`excluded.guest`,
          cluster: sql`excluded.cluster`,
          seenAt: sql`excluded.seen_at`,
          updatedAt: sql`now()`,
        },
      });
  }
}

/** Placements, one row per server. */
export function placementRepository(run: RunOnDatabase): PlacementRepository {
  return {
    async get(serverId) {
      const rows = await run((db) => db.select().from(placements).where(eq(placements.serverId, serverId)));
      return rows.map(toPlacement)[0];
    },
    async put(placement) {
      await run((db) => putPlacements(db, [placement]));
    },
    update(serverId, change) {
      return run((db) =>
        db.transaction(async (transaction) => {
          // Serialises writers of one server's placement even where there is no row yet to lock.
          await transaction.execute(sql`SELECT pg_advisory_xact_lock(${PLACEMENT_LOCKS}, ${serverId})`);
          const rows = await transaction.select().from(placements).where(eq(placements.serverId, serverId));
          const after = change(rows.map(toPlacement)[0]);
          if (after === undefined) await transaction.delete(placements).where(eq(placements.serverId, serverId));
          else await putPlacements(transaction, [after]);
          return after;
        }),
      );
    },
    async updateAll(serverIds, change) {
      const ids = [...new Set(serverIds)].sort((a, b) => a - b);
      if (ids.length === 0) return;
      await run((db) =>
        db.transaction(async (transaction) => {
          // In one order, so that two writers of many never wait for each other.
          await transaction.execute(
            sql`SELECT pg_advisory_xact_lock(${PLACEMENT_LOCKS}, id::integer) FROM jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) WITH ORDINALITY AS wanted(id, place) ORDER BY place`,
          );
          const rows = await transaction.select().from(placements).where(inArray(placements.serverId, ids));
          const known = new Map(rows.map((row) => [row.serverId, toPlacement(row)]));
          const changed = ids.map((id) => ({ id, before: known.get(id), after: change(id, known.get(id)) }));
          const gone = changed.flatMap(({ id, before, after }) =>
            before !== undefined && after === undefined ? [id] : [],
          );
          if (gone.length > 0) await transaction.delete(placements).where(inArray(placements.serverId, gone));
          await putPlacements(
            transaction,
            changed.flatMap(({ before, after }) => (after === undefined || after === before ? [] : [after])),
          );
        }),
      );
    },
    async clock() {
      const rows = await run((db) =>
        db
          .select({ now: sql<string>`(extract(epoch FROM clock_timestamp()) * 1000)::text` })
          .from(sql`(SELECT 1) AS one`),
      );
      return Number(rows[0]?.now);
    },
    async delete(serverId) {
      await run((db) => db.delete(placements).where(eq(placements.serverId, serverId)));
    },
    async devices() {
      const device = sql<DeviceId>`jsonb_array_elements(${placements.ports})->>'device'`;
      const rows = await run((db) => db.selectDistinct({ device }).from(placements));
      return rows.map((row) => row.device).sort();
    },
    listByPort: (device, port) => listHolding(run, [{ device, port }]),
    async listByPorts(device, ports) {
      const found = new Map<PortName, Placement[]>();
      const wanted = [...new Set(ports)];
      for (let start = 0; start < wanted.length; start += PORTS_AT_ONCE) {
        const some = wanted.slice(start, start + PORTS_AT_ONCE);
        const rows = await listHolding(
          run,
          some.map((port) => ({ device, port })),
        );
        for (const port of some) {
          const here = rows.filter((row) => placedAt(row, { device, port }) !== undefined);
          if (here.length > 0) found.set(port, here);
        }
      }
      return found;
    },
    listByDevice: (device) => listHolding(run, [{ device }]),
    async listByCluster(cluster) {
      const rows = await run((db) =>
        db.select().from(placements).where(eq(placements.cluster, cluster)).orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
    async listByIps(ips) {
      if (ips.length === 0) return [];
      const rows = await run((db) =>
        db
          .select()
          .from(placements)
          .where(arrayOverlaps(placements.addresses, [...ips]))
          .orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
    async listByMacs(macs) {
      if (macs.length === 0) return [];
      // Every row is read once: an index would be looked into for each MAC by itself, and an uplink has hundreds.
      const held = sql`jsonb_path_query(${placements.ports}, '$[*].macs[*]') AS held(pair)`;
      const inAnyVlan = textsOf(macs.flatMap((wanted) => ('vlan' in wanted ? [] : [wanted.mac])));
      const inTheirs = textsOf(macs.flatMap((wanted) => ('vlan' in wanted ? [macInVlanKey(wanted)] : [])));
      const isWanted = sql`held.pair->>'mac' IN (${inAnyVlan}) OR (held.pair->>'mac') || ' ' || (held.pair->>'vlan') IN (${inTheirs})`;
      const rows = await run((db) =>
        db
          .select()
          .from(placements)
          .where(sql`EXISTS (SELECT 1 FROM ${held} WHERE ${isWanted})`)
          .orderBy(placements.serverId),
      );
      return rows.map(toPlacement);
    },
  };
}

/** Servers with a port that has these properties, by the index of the ports. */
async function listHolding(run: RunOnDatabase, places: readonly Partial<PortRef>[]): Promise<readonly Placement[]> {
  // The index is looked into for each place by itself, so that others of the device cost nothing.
  const holding = places.map((place) => sql`${placements.ports} @> ${JSON.stringify([place])}::jsonb`);
  const rows = await run((db) =>
    db
      .select()
      .from(placements)
      .where(or(...holding))
      .orderBy(placements.serverId),
  );
  return rows.map(toPlacement);
}

/** Texts as the rows of a subquery: one parameter, however many they are. */
function textsOf(texts: readonly string[]): SQL {
  return sql`SELECT jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb)`;
}

function toPlacement(row: typeof placements.$inferSelect): Placement {
  const { serverId, kind, ports, guest, ips, seenAt } = row;
  return {
    serverId,
    kind,
    ports,
    ips,
    ...(guest === null ? {} : { guest }),
    ...(seenAt === null ? {} : { seenAt }),
  };
}

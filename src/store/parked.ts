import { and, eq, sql } from 'drizzle-orm';
import type { GuardCode } from '../domain/change/guardCodes';
import type { Statement } from '../domain/change/statement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { parked } from './schema';

/** Removals that are parked until a person decides. */
export interface ParkedChange {
  readonly device: DeviceId;
  readonly port: PortName;
  /** Fingerprint of exactly these removals; an approval is for them and no others. */
  readonly fingerprint: string;
  readonly reason: string;
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
  /** The guards that hold it; none when all of it are bindings that nobody knows. */
  readonly guards: readonly GuardCode[];
  /** A reconcile proposed it: looked at again it would be carried out, so it waits for a person alone. Absent: a pass parked it. */
  readonly proposed?: true;
  readonly at: string;
}

/** Which parked changes a page has. */
export interface ParkedFilter {
  readonly device?: DeviceId;
  /** Those that this guard holds only. */
  readonly guard?: GuardCode;
  readonly after?: { readonly device: string; readonly port: string };
}

/** Parked changes, one per port at most. */
export interface ParkedRepository {
  put(change: Omit<ParkedChange, 'at'>): Promise<void>;
  get(device: DeviceId, port: PortName): Promise<ParkedChange | undefined>;
  delete(device: DeviceId, port: PortName): Promise<void>;
  list(device?: DeviceId): Promise<readonly ParkedChange[]>;
  /** A page in the order of device and port, of one device or of all, of one guard or of all, behind the port `after`. */
  page(limit: number, of?: ParkedFilter): Promise<readonly ParkedChange[]>;
}

/** Parked changes. Parking the same plan again keeps the time since when it waits. */
export function parkedRepository(run: RunOnDatabase): ParkedRepository {
  const toChange = ({ at, proposed, ...row }: typeof parked.$inferSelect): ParkedChange => ({
    ...row,
    ...(proposed ? { proposed } : {}),
    at: at.toISOString(),
  });
  return {
    async put(change) {
      const { device, port, fingerprint, added, removed, guards, proposed = false } = change;
      const row = { fingerprint, added, removed, guards, proposed, reason: storable(change.reason) };
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
    async page(limit, { device, guard, after } = {}) {
      const held = guard === undefined ? undefined : sql`${parked.guards} @> ${JSON.stringify([guard])}::jsonb`;
      const behind =
        after === undefined ? undefined : sql`(${parked.device}, ${parked.port}) > (${after.device}, ${after.port})`;
      const rows = await run((db) =>
        db
          .select()
          .from(parked)
          .where(and(device === undefined ? undefined : eq(parked.device, device), held, behind))
          .orderBy(parked.device, parked.port)
          .limit(limit),
      );
      return rows.map(toChange);
    },
    async list(device) {
      const where = device === undefined ? undefined : eq(parked.device, device);
      const rows = await run((db) => db.select().from(parked).where(where).orderBy(parked.device, parked.port));
      return rows.map(toChange);
    },
  };
}

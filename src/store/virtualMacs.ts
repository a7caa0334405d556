import { randomBytes } from 'node:crypto';
import { and, asc, desc, eq, inArray, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type {
  RevokedMac,
  VirtualMac,
  VirtualMacCause,
  VirtualMacEvent,
  VirtualMacHolder,
  VirtualMacState,
} from '../domain/desired/virtualMac';
import type { VirtualMacChange } from '../domain/desired/virtualMacProgress';
import type { ServerId } from '../domain/event/event';
import type { DeviceId } from '../domain/values/device';
import type { IpAddress } from '../domain/values/ip';
import type { MacAddress } from '../domain/values/mac';
import type { PortName } from '../domain/values/port';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { virtualMacEvents, virtualMacs } from './schema';
import { allocate } from './virtualMacAllocation';
import { logVirtualMac, toVirtualMac } from './virtualMacRows';

/** Virtual MACs, to be read. */
export interface VirtualMacReader {
  /** Every one that the servers have or had, oldest first. */
  listByServers(serverIds: readonly ServerId[]): Promise<readonly VirtualMac[]>;
  /** Those of the MACs that are, or were, virtual ones of ours. */
  listByMacs(macs: readonly MacAddress[]): Promise<readonly VirtualMac[]>;
  /**
   * Revoked ones that are bound still, as far as anybody knows: those that were read back at one of the ports, or are of one of the
   * servers, and that no pass has found bound nowhere since.
   */
  listRevoked(at: DevicePorts, serverIds: readonly ServerId[]): Promise<readonly RevokedMac[]>;
  /** Newest first. @param filter.before an id: only older ones. */
  list(filter: VirtualMacFilter): Promise<readonly VirtualMac[]>;
  /** How many there are in each state that has any, and when the oldest of them was allocated (ISO 8601, UTC). */
  counts(): Promise<readonly { readonly state: VirtualMacState; readonly count: number; readonly oldest: string }[]>;
  /** The event log, newest first. @param filter.before an event's id: only older ones. */
  events(filter: VirtualMacEventFilter): Promise<readonly VirtualMacEvent[]>;
}

/** Which virtual MACs are listed. */
export interface VirtualMacFilter {
  readonly serverId?: ServerId;
  readonly ip?: IpAddress;
  readonly state?: VirtualMacState;
  /** Those that were read back on this device, and on this port of it. */
  readonly device?: DeviceId;
  readonly port?: PortName;
  readonly before?: string;
  readonly limit: number;
}

/** Which events are listed. */
export type VirtualMacEventFilter = Pick<VirtualMacFilter, 'serverId' | 'ip' | 'before' | 'limit'> & {
  readonly mac?: MacAddress;
};

/** An address of a server that is to have a virtual MAC. */
export interface VirtualMacRequest extends VirtualMacHolder {
  /** The MAC that it is to have, when a person says which; else a random one. */
  readonly mac?: MacAddress;
  /** The event workflows that wait for it, for the event log. */
  readonly events?: readonly string[];
}

/** Virtual MACs of addresses of dedicated servers. */
export interface VirtualMacRepository extends VirtualMacReader {
  /**
   * The virtual MACs of the requests, in their order, all or none. A holder that has one gets the same again, whoever asks at the same
   * time; a new one was never anybody's and was seen nowhere.
   * @param avoid further MACs that no new one may be.
   * @throws PortwardenError `virtual-mac-taken` when a request names a MAC that it cannot have.
   */
  allocate(
    requests: readonly VirtualMacRequest[],
    cause: VirtualMacCause,
    avoid?: readonly MacAddress[],
  ): Promise<readonly VirtualMac[]>;
  /** Changes those with one of the MACs, and those that were read back at one of the ports, while nobody else does. Returns all of them. */
  change(
    which: { readonly macs: readonly MacAddress[]; readonly at?: DevicePorts },
    judge: (before: VirtualMac) => VirtualMacChange | undefined,
    cause: VirtualMacCause | ((row: VirtualMac) => VirtualMacCause),
  ): Promise<readonly VirtualMac[]>;
}

/** Some ports of one device. */
export interface DevicePorts {
  readonly device: DeviceId;
  readonly ports: readonly PortName[];
}

const MAX_LIST = 1_000;

/** Virtual MACs. @param random octets of a cryptographically secure generator. */
export function virtualMacRepository(
  run: RunOnDatabase,
  random: (octets: number) => Uint8Array = randomBytes,
): VirtualMacRepository {
  return {
    async listByServers(serverIds) {
      if (serverIds.length === 0) return [];
      const rows = await run((db) =>
        db
          .select()
          .from(virtualMacs)
          .where(inArray(virtualMacs.serverId, [...serverIds]))
          .orderBy(asc(virtualMacs.id)),
      );
      return rows.map(toVirtualMac);
    },
    async listByMacs(macs) {
      if (macs.length === 0) return [];
      const rows = await run((db) =>
        db
          .select()
          .from(virtualMacs)
          .where(inArray(virtualMacs.mac, [...macs]))
          .orderBy(asc(virtualMacs.id)),
      );
      return rows.map(toVirtualMac);
    },
    async listRevoked(at, serverIds) {
      const ofServers = serverIds.length === 0 ? undefined : inArray(virtualMacs.serverId, [...serverIds]);
      const where = and(
        eq(virtualMacs.state, 'revoked'),
        isNull(virtualMacs.releasedAt),
        or(at.ports.length === 0 ? sql`false` : isAt(at), ofServers),
      );
      const { ip, mac } = virtualMacs;
      return run((db) => db.select({ ip, mac }).from(virtualMacs).where(where).orderBy(asc(virtualMacs.id)));
    },
    async list({ serverId, ip, state, device, port, before, limit }) {
      const place = device === undefined ? undefined : { device, ...(port === undefined ? {} : { port }) };
      const where = and(
        serverId === undefined ? undefined : eq(virtualMacs.serverId, serverId),
        ip === undefined ? undefined : eq(virtualMacs.ip, ip),
        state === undefined ? undefined : eq(virtualMacs.state, state),
        place === undefined ? undefined : sql`${virtualMacs.places} @> ${JSON.stringify([place])}::jsonb`,
        before === undefined ? undefined : lt(virtualMacs.id, BigInt(before)),
      );
      const rows = await run((db) =>
        db.select().from(virtualMacs).where(where).orderBy(desc(virtualMacs.id)).limit(bounded(limit)),
      );
      return rows.map(toVirtualMac);
    },
    async counts() {
      const oldest = sql<string>`min(${virtualMacs.allocatedAt})`;
      const rows = await run((db) =>
        db
          .select({ state: virtualMacs.state, count: sql<number>`count(*)::int`, oldest })
          .from(virtualMacs)
          .groupBy(virtualMacs.state),
      );
      return rows.map((row) => ({ ...row, oldest: new Date(row.oldest).toISOString() }));
    },
    async events({ mac, serverId, ip, before, limit }) {
      const where = and(
        mac === undefined ? undefined : eq(virtualMacEvents.mac, mac),
        serverId === undefined ? undefined : eq(virtualMacEvents.serverId, serverId),
        ip === undefined ? undefined : eq(virtualMacEvents.ip, ip),
        before === undefined ? undefined : lt(virtualMacEvents.id, BigInt(before)),
      );
      const rows = await run((db) =>
        db.select().from(virtualMacEvents).where(where).orderBy(desc(virtualMacEvents.id)).limit(bounded(limit)),
      );
      return rows.map(toEvent);
    },
    async allocate(requests, cause, avoid = []) {
      if (requests.length === 0) return [];
      return run((db) => db.transaction((tx) => allocate(tx, requests, { cause, avoid: new Set(avoid), random })));
    },
    async change({ macs, at }, judge, cause) {
      if (macs.length === 0 && (at === undefined || at.ports.length === 0)) return [];
      const causeOf = typeof cause === 'function' ? cause : () => cause;
      const where = or(
        macs.length === 0 ? undefined : inArray(virtualMacs.mac, [...macs]),
        at === undefined || at.ports.length === 0 ? undefined : isAt(at),
      );
      return run((db) =>
        db.transaction(async (tx) => {
          const rows = await tx.select().from(virtualMacs).where(where).orderBy(asc(virtualMacs.id)).for('update');
          const changed: VirtualMac[] = [];
          for (const row of rows) changed.push(await changeOne(tx, row, judge, causeOf));
          return changed;
        }),
      );
    },
  };
}

function isAt({ device, ports }: DevicePorts): SQL {
  const onDevice = JSON.stringify([{ device }]);
  const names = JSON.stringify(ports);
  return sql`(${virtualMacs.places} @> ${onDevice}::jsonb AND EXISTS (SELECT 1 FROM jsonb_array_elements(${virtualMacs.places}) AS place
    WHERE place->>'device' = ${device} AND place->>'port' IN (SELECT jsonb_array_elements_text(${names}::jsonb))))`;
}

async function changeOne(
  tx: Database,
  row: typeof virtualMacs.$inferSelect,
  judge: (before: VirtualMac) => VirtualMacChange | undefined,
  causeOf: (row: VirtualMac) => VirtualMacCause,
): Promise<VirtualMac> {
  const before = toVirtualMac(row);
  const change = judge(before);
  if (change === undefined) return before;
  const { state, places, reason, isReleased } = change.fields;
  const now = sql`now()`;
  const [after] = await tx
    .update(virtualMacs)
    .set({
      ...(state === undefined ? { state: row.state } : { state }),
      ...(places === undefined ? {} : { places }),
      ...(reason === undefined ? {} : { reason: reason === null ? null : storable(reason) }),
      ...(state === 'active' && row.activatedAt === null ? { activatedAt: now } : {}),
      ...(state === 'revoked' && row.revokedAt === null ? { revokedAt: now } : {}),
      ...(isReleased === true && row.releasedAt === null ? { releasedAt: now } : {}),
      ...(isReleased === false ? { releasedAt: null } : {}),
    })
    .where(eq(virtualMacs.id, row.id))
    .returning();
  await logVirtualMac(tx, row, change.events, causeOf(before));
  return after === undefined ? before : toVirtualMac(after);
}

function bounded(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit), 0), MAX_LIST);
}

function toEvent({ id, at, by, events, ...row }: typeof virtualMacEvents.$inferSelect): VirtualMacEvent {
  return {
    ...row,
    id: id.toString(),
    at: at.toISOString(),
    ...(by === null ? {} : { by }),
    ...(events === null ? {} : { events }),
  };
}

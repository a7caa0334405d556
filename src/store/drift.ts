import { and, asc, eq, inArray, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import { driftSince, type Drift, type DriftAction } from '../domain/drift/drift';
import { ofDrift } from '../domain/notifications/announcement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { storable, type RunOnDatabase } from './engine/database';
import { drift } from './driftSchema';
import { announce } from './notificationOutbox';

/** Which drift a page has. */
export interface DriftFilter {
  /** Absent: of all devices. */
  readonly devices?: readonly DeviceId[];
  /** Of this port only, by any of its names. */
  readonly port?: PortName;
  /** What was cleared instead of what is there now. */
  readonly cleared?: boolean;
  readonly after?: bigint;
}

/** A drift with its id, which grows. */
export interface StoredDrift extends Drift {
  readonly id: string;
}

/** How many ports of a device are in drift, and since when the oldest one. */
export interface DriftFigures {
  readonly device: DeviceId;
  readonly ports: number;
  /** ISO 8601, UTC. */
  readonly oldest: string;
}

/** Ports that are not as they should be. What was cleared is kept for a while. */
export interface DriftRepository {
  /** What is in drift on a device. */
  open(device: DeviceId): Promise<readonly Drift[]>;
  /** Remembers drift that a reconcile found, new or known. */
  record(found: readonly Drift[]): Promise<void>;
  /** Ports that are as they should be now. @returns those that were in drift. */
  clear(device: DeviceId, ports: readonly PortName[], at: Date): Promise<readonly Drift[]>;
  /** A person does not want the proposed mend of a port, by any of its names. */
  reject(device: DeviceId, port: PortName): Promise<void>;
  /** A page in the order in which they were found. */
  page(limit: number, of?: DriftFilter): Promise<readonly StoredDrift[]>;
  /** Of the devices that have any. */
  figures(): Promise<readonly DriftFigures[]>;
}

/** What was cleared is kept so long. */
const KEPT_MS = 30 * 86_400_000;

/** Drift, one open row for each port. */
export function driftRepository(run: RunOnDatabase): DriftRepository {
  const isOpen = isNull(drift.clearedAt);
  return {
    async open(device) {
      const rows = await run((db) =>
        db
          .select()
          .from(drift)
          .where(and(eq(drift.device, device), isOpen))
          .orderBy(asc(drift.port)),
      );
      return rows.map(toDrift);
    },
    async record(found) {
      for (const one of found) {
        const { device, port } = one;
        const values = {
          names: one.names,
          statements: one.statements.map((each) =>
            each.because === undefined ? each : { ...each, because: storable(each.because) },
          ),
          action: one.action,
          fingerprint: one.fingerprint ?? null,
          lastSeen: new Date(one.lastSeen),
        };
        await run((db) =>
          db.transaction(async (tx) => {
            const [row] = await tx
              .insert(drift)
              .values({ device, port, ...values, firstSeen: new Date(one.firstSeen) })
              .onConflictDoUpdate({
                target: [drift.device, drift.port],
                targetWhere: sql`cleared_at IS NULL`,
                set: values,
              })
              // A row that this statement inserted has no end yet; one that it updated is locked by it.
              .returning({ isNew: sql<boolean>`xmax = 0` });
            if (row?.isNew === true) await announce(tx, [ofDrift(one)]);
          }),
        );
      }
    },
    async clear(device, ports, at) {
      if (ports.length === 0) return [];
      const rows = await run((db) =>
        db.transaction(async (tx) => {
          await tx
            .delete(drift)
            .where(and(isNotNull(drift.clearedAt), lt(drift.clearedAt, new Date(at.getTime() - KEPT_MS))));
          return tx
            .update(drift)
            .set({ clearedAt: at })
            .where(and(eq(drift.device, device), inArray(drift.port, [...ports]), isOpen))
            .returning();
        }),
      );
      return rows.map(toDrift);
    },
    async reject(device, port) {
      const action: DriftAction = 'rejected';
      await run((db) =>
        db
          .update(drift)
          .set({ action })
          .where(and(eq(drift.device, device), namedPort(port), isOpen)),
      );
    },
    async page(limit, { devices, port, cleared = false, after } = {}) {
      const rows = await run((db) =>
        db
          .select()
          .from(drift)
          .where(
            and(
              cleared ? isNotNull(drift.clearedAt) : isOpen,
              devices === undefined ? undefined : inArray(drift.device, [...devices]),
              port === undefined ? undefined : namedPort(port),
              after === undefined ? undefined : sql`${drift.id} > ${after}`,
            ),
          )
          .orderBy(asc(drift.id))
          .limit(limit),
      );
      return rows.map((row) => ({ id: row.id.toString(), ...toDrift(row) }));
    },
    async figures() {
      const rows = await run((db) =>
        db
          .select({ device: drift.device, statements: drift.statements, firstSeen: drift.firstSeen })
          .from(drift)
          .where(isOpen),
      );
      const figures = new Map<DeviceId, DriftFigures>();
      for (const { device, statements, firstSeen } of rows) {
        const since = driftSince({ statements, firstSeen: firstSeen.toISOString() });
        const { ports = 0, oldest = since } = figures.get(device) ?? {};
        figures.set(device, { device, ports: ports + 1, oldest: since < oldest ? since : oldest });
      }
      return [...figures.values()].sort((a, b) => a.device.localeCompare(b.device));
    },
  };
}

/** The row of a port, by the device's name of it or one under which it is asked for. */
function namedPort(port: PortName): SQL {
  return sql`(${drift.port} = ${port} OR ${drift.names} @> ${JSON.stringify([port])}::jsonb)`;
}

function toDrift(row: typeof drift.$inferSelect): Drift {
  const { device, port, names, statements, action, fingerprint, firstSeen, lastSeen, clearedAt } = row;
  return {
    ...{ device, port, names, statements, action },
    ...(fingerprint === null ? {} : { fingerprint }),
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    ...(clearedAt === null ? {} : { clearedAt: clearedAt.toISOString() }),
  };
}

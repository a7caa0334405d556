import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { judgeLosses, type BrakeLimits, type BrakeState, type Loss } from '../domain/change/brake';
import type { IpAddress } from '../domain/values/ip';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { brakes, losses } from './schema';

/** A brake of the site, on or released. */
export interface Brake extends BrakeState {
  readonly id: string;
  readonly released?: { readonly at: string; readonly by: string; readonly reason: string };
}

/** Whether losses may be made. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly brake: Brake;
      /** Whether it came on by these losses. */ readonly isNew: boolean;
    };

/** What confirmed absence took lately, and the brake that comes on when it takes too much. */
export interface BrakeRepository {
  /** The brake that is on; undefined when none is. */
  current(): Promise<Brake | undefined>;
  /**
   * Counts losses that are about to be made, of all devices one after the other, so that two passes at the same time
   * cannot both stay below a limit. While the brake is on, and when it comes on by them, none of them counts and none may
   * be made. What is counted stays counted though its commit may fail.
   * @param now Unix milliseconds.
   */
  admit(wanted: readonly Loss[], limits: BrakeLimits, now: number): Promise<Admission>;
  /** What was taken from the ports of a device since then, by effective port. @param since Unix milliseconds. */
  lostSince(device: DeviceId, since: number): Promise<ReadonlyMap<PortName, readonly IpAddress[]>>;
  /** Ends the brake that is on. @returns it as it is then; undefined when none was on. @param now Unix milliseconds. */
  release(by: string, reason: string, now: number): Promise<Brake | undefined>;
  /** Newest first. */
  list(limit: number): Promise<readonly Brake[]>;
}

/** The advisory lock under which losses of all devices are counted. */
const BRAKE_LOCK = 0x6272_616b;
/** Longer than any guard looks back. */
const KEPT_MS = 25 * 3_600_000;

/** Losses and brakes. */
export function brakeRepository(run: RunOnDatabase): BrakeRepository {
  return {
    current: () => run((db) => currentBrake(db)),
    admit: (wanted, limits, now) =>
      run((db) =>
        db.transaction(async (tx): Promise<Admission> => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(${BRAKE_LOCK})`);
          const brake = await currentBrake(tx);
          if (brake !== undefined) return { admitted: false, brake, isNew: false };
          const counted = await lossesAfter(tx, await countedFrom(tx, limits, now));
          const reason = judgeLosses([...counted, ...wanted], limits);
          if (reason !== undefined) {
            const rows = await tx
              .insert(brakes)
              .values({ since: new Date(now), reason: storable(reason) })
              .returning();
            const [on] = rows.map(toBrake);
            if (on !== undefined) return { admitted: false, brake: on, isNew: true };
          }
          await tx.delete(losses).where(lt(losses.at, new Date(now - KEPT_MS)));
          if (wanted.length > 0) await tx.insert(losses).values(wanted.map((loss) => ({ ...loss, at: new Date(now) })));
          return { admitted: true };
        }),
      ),
    async lostSince(device, since) {
      const rows = await run((db) =>
        db
          .selectDistinct({ port: losses.port, ip: losses.ip })
          .from(losses)
          .where(and(eq(losses.device, device), gt(losses.at, new Date(since)))),
      );
      const ports = new Map<PortName, IpAddress[]>();
      for (const { port, ip } of rows) ports.set(port, [...(ports.get(port) ?? []), ip]);
      return ports;
    },
    async release(by, reason, now) {
      const rows = await run((db) =>
        db
          .update(brakes)
          .set({ releasedAt: new Date(now), releasedBy: storable(by), releaseReason: storable(reason) })
          .where(isNull(brakes.releasedAt))
          .returning(),
      );
      return rows.map(toBrake)[0];
    },
    async list(limit) {
      const rows = await run((db) => db.select().from(brakes).orderBy(desc(brakes.id)).limit(limit));
      return rows.map(toBrake);
    },
  };
}

async function currentBrake(db: Pick<Database, 'select'>): Promise<Brake | undefined> {
  const rows = await db.select().from(brakes).where(isNull(brakes.releasedAt)).orderBy(desc(brakes.id)).limit(1);
  return rows.map(toBrake)[0];
}

/** Whoever releases a brake has looked at what went before: that counts no more. */
async function countedFrom(db: Pick<Database, 'select'>, limits: BrakeLimits, now: number): Promise<Date> {
  const [last] = await db.select({ at: sql<string | null>`max(${brakes.releasedAt})` }).from(brakes);
  const window = now - limits.withinMinutes * 60_000;
  const released = last?.at === undefined || last.at === null ? 0 : new Date(last.at).getTime();
  return new Date(Math.max(window, released));
}

async function lossesAfter(db: Pick<Database, 'selectDistinct'>, since: Date): Promise<readonly Loss[]> {
  return db
    .selectDistinct({ device: losses.device, port: losses.port, ip: losses.ip })
    .from(losses)
    .where(gt(losses.at, since));
}

function toBrake({ id, since, reason, releasedAt, releasedBy, releaseReason }: typeof brakes.$inferSelect): Brake {
  return {
    id: id.toString(),
    since: since.toISOString(),
    reason,
    ...(releasedAt === null
      ? {}
      : { released: { at: releasedAt.toISOString(), by: releasedBy ?? '', reason: releaseReason ?? '' } }),
  };
}

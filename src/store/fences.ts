import { and, eq, sql } from 'drizzle-orm';
import type { DeviceId } from '../domain/values/device';
import type { RunOnDatabase } from './engine/database';
import { fences } from './schema';

/** Fencing tokens: the newest attempt at a device wins, older ones must not commit. */
export interface FenceRepository {
  /** Makes `attempt` the current one of the device. */
  claim(device: DeviceId, attempt: string): Promise<void>;
  isCurrent(device: DeviceId, attempt: string): Promise<boolean>;
  /** The newest attempt at each device, by whichever process. */
  newest(): Promise<ReadonlyMap<DeviceId, string>>;
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
    async newest() {
      const rows = await run((db) => db.select({ device: fences.device, attempt: fences.attempt }).from(fences));
      return new Map(rows.map(({ device, attempt }) => [device, attempt]));
    },
  };
}

import { desc, eq, sql } from 'drizzle-orm';
import type { DeviceId } from '../domain/values/device';
import { storable, type RunOnDatabase } from './engine/database';
import { backups } from './schema';

/** Configuration backups. The pass has the device's driver take the secrets out before they get here. */
export interface BackupRepository {
  /** Stores a configuration; an unchanged one (same text as the device's newest) is not stored again. Returns its id. */
  add(device: DeviceId, configuration: string, reason: string): Promise<string>;
  latest(
    device: DeviceId,
  ): Promise<{ readonly id: string; readonly at: string; readonly configuration: string } | undefined>;
}

/** Configuration backups. */
export function backupRepository(run: RunOnDatabase): BackupRepository {
  return {
    async add(device, configuration, reason) {
      const text = storable(configuration);
      return run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`portwarden backup ${device}`}, 0))`);
          const [newest] = await tx
            .select({ id: backups.id, configuration: backups.configuration })
            .from(backups)
            .where(eq(backups.device, device))
            .orderBy(desc(backups.id))
            .limit(1);
          if (newest?.configuration === text) return newest.id.toString();
          const [added] = await tx
            .insert(backups)
            .values({ device, configuration: text, reason: storable(reason) })
            .returning({ id: backups.id });
          if (added === undefined) throw new Error('INSERT returned no row');
          return added.id.toString();
        }),
      );
    },
    async latest(device) {
      const rows = await run((db) =>
        db.select().from(backups).where(eq(backups.device, device)).orderBy(desc(backups.id)).limit(1),
      );
      return rows.map(({ id, at, configuration }) => ({ id: id.toString(), at: at.toISOString(), configuration }))[0];
    },
  };
}

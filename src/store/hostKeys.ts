import { eq } from 'drizzle-orm';
import type { DeviceId } from '../domain/values/device';
import type { RunOnDatabase } from './engine/database';
import { hostKeys } from './schema';

/** SSH host keys trusted on first use, where the configuration asks for that. */
export interface HostKeyRepository {
  /** SHA-256 fingerprints in OpenSSH form (`SHA256:…`). */
  list(device: DeviceId): Promise<readonly string[]>;
  add(device: DeviceId, fingerprint: string): Promise<void>;
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

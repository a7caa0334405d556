import { and, eq, sql } from 'drizzle-orm';
import type { PortMemory, PortMemoryChange } from '../domain/policies/portMemory';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { RunOnDatabase } from './engine/database';
import { portMemories } from './policySchema';

/** What is remembered of ports because of policies, to be read. */
export interface PortMemoryReader {
  /** Of a device, by the effective names of its ports. */
  of(device: DeviceId): Promise<ReadonlyMap<PortName, PortMemory>>;
}

/** What is remembered of ports because of policies. */
export interface PortMemoryRepository extends PortMemoryReader {
  /** Replaces what is remembered, of all these ports or of none. */
  put(device: DeviceId, changes: readonly PortMemoryChange<PortName>[]): Promise<void>;
}

/** What is remembered of ports because of policies. */
export function portMemoryRepository(run: RunOnDatabase): PortMemoryRepository {
  return {
    async of(device) {
      const rows = await run((db) => db.select().from(portMemories).where(eq(portMemories.device, device)));
      return new Map(rows.map(({ port, memory }) => [port, memory]));
    },
    async put(device, changes) {
      await run((db) =>
        db.transaction(async (tx) => {
          for (const { port, memory } of changes) {
            const here = and(eq(portMemories.device, device), eq(portMemories.port, port));
            if (memory === undefined) await tx.delete(portMemories).where(here);
            else
              await tx
                .insert(portMemories)
                .values({ device, port, memory })
                .onConflictDoUpdate({
                  target: [portMemories.device, portMemories.port],
                  set: { memory, at: sql`now()` },
                });
          }
        }),
      );
    },
  };
}

import { and, eq, inArray, notInArray, sql } from 'drizzle-orm';
import type { DropSample } from '../domain/dropEvidence';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { dropReadings, dropSamples } from './dropSchema';
import { storable, type RunOnDatabase } from './engine/database';

/** What explanations read of refused frames. */
export interface DropEvidenceReader {
  /** What is remembered of some ports of a device; of all when none is named. */
  samples(device: DeviceId, ports?: readonly PortName[]): Promise<readonly DropSample[]>;
  /** Why the device said nothing when it was asked last; undefined when it answered, or was never asked. */
  unavailable(device: DeviceId): Promise<string | undefined>;
}

/** What devices refused, as it was read last. */
export interface DropEvidenceRepository extends DropEvidenceReader {
  /** Makes these be the counters of a device, and no others. */
  record(device: DeviceId, samples: readonly DropSample[], at: Date): Promise<void>;
  /** Remembers that a device said nothing. What it said before stays. */
  failed(device: DeviceId, why: string, at: Date): Promise<void>;
  /** The sum of all counters of each device. */
  totals(): Promise<readonly { readonly device: DeviceId; readonly refused: number }[]>;
}

/** Rows of one INSERT; a statement takes 65,535 parameters, a row has nine. */
const ROWS = 1_000;

/** One row for each port that a device counts. */
export function dropEvidenceRepository(run: RunOnDatabase): DropEvidenceRepository {
  return {
    async samples(device, ports) {
      if (ports?.length === 0) return [];
      const which = ports === undefined ? undefined : inArray(dropSamples.port, [...ports]);
      const rows = await run((db) =>
        db
          .select()
          .from(dropSamples)
          .where(and(eq(dropSamples.device, device), which)),
      );
      return rows.map(toSample);
    },
    async unavailable(device) {
      const rows = await run((db) => db.select().from(dropReadings).where(eq(dropReadings.device, device)));
      return rows[0]?.unavailable ?? undefined;
    },
    async record(device, samples, at) {
      const rows = samples.map((sample) => toRow(device, sample));
      const others =
        samples.length === 0
          ? undefined
          : notInArray(
              dropSamples.port,
              samples.map(({ port }) => port),
            );
      await run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(dropSamples).where(and(eq(dropSamples.device, device), others));
          for (let start = 0; start < rows.length; start += ROWS)
            await tx
              .insert(dropSamples)
              .values(rows.slice(start, start + ROWS))
              .onConflictDoUpdate({
                target: [dropSamples.device, dropSamples.port],
                set: {
                  counter: sql`excluded.counter`,
                  baseline: sql`excluded.baseline`,
                  basis: sql`excluded.basis`,
                  since: sql`excluded.since`,
                  changedAt: sql`excluded.changed_at`,
                  commit: sql`excluded.commit`,
                  sampledAt: sql`excluded.sampled_at`,
                },
              });
          const values = { at, unavailable: null };
          await tx
            .insert(dropReadings)
            .values({ device, ...values })
            .onConflictDoUpdate({ target: dropReadings.device, set: values });
        }),
      );
    },
    async failed(device, why, at) {
      const values = { at, unavailable: storable(why) };
      await run((db) =>
        db
          .insert(dropReadings)
          .values({ device, ...values })
          .onConflictDoUpdate({ target: dropReadings.device, set: values }),
      );
    },
    totals: () =>
      run((db) =>
        db
          .select({
            device: dropSamples.device,
            refused: sql<number>`sum(${dropSamples.counter})::float8`,
          })
          .from(dropSamples)
          .groupBy(dropSamples.device),
      ),
  };
}

function toRow(device: DeviceId, sample: DropSample): typeof dropSamples.$inferInsert {
  const { port, counter, baseline, basis, since, changedAt, commit, sampledAt } = sample;
  return {
    ...{ device, port, counter, baseline, basis, since: new Date(since), sampledAt: new Date(sampledAt) },
    changedAt: changedAt === undefined ? null : new Date(changedAt),
    commit: commit === undefined ? null : storable(commit),
  };
}

function toSample({
  since,
  changedAt,
  commit,
  sampledAt,
  port,
  counter,
  baseline,
  basis,
}: typeof dropSamples.$inferSelect): DropSample {
  return {
    ...{ port, counter, baseline, basis, since: since.toISOString(), sampledAt: sampledAt.toISOString() },
    ...(changedAt === null ? {} : { changedAt: changedAt.toISOString() }),
    ...(commit === null ? {} : { commit }),
  };
}

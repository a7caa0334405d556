import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { SourceState, SourceSubject } from '../domain/alarms/sourceState';
import type { DeviceId } from '../domain/values/device';
import { storable, type RunOnDatabase } from './engine/database';
import { sourceStates } from './sourceStateSchema';

/** What the answers of sources and devices said last, whichever worker got them. No secret, address or path is in it. */
export interface SourceStateRepository {
  /** Adds what a worker saw to what the others saw: of each thing the newest stays. */
  put(state: SourceState): Promise<void>;
  /** Everything that is remembered. */
  list(): Promise<readonly SourceState[]>;
  /** Forgets one: it is no longer configured. */
  forget(subject: SourceSubject): Promise<void>;
}

/** One row for each source or device. */
export function sourceStateRepository(run: RunOnDatabase): SourceStateRepository {
  return {
    async put({ subject, acceptedAt, refusedAt, forbiddenAt, clock }) {
      const values = {
        ...keyOf(subject),
        acceptedAt: instantOf(acceptedAt),
        refusedAt: instantOf(refusedAt),
        forbiddenAt: instantOf(forbiddenAt),
        clockAt: instantOf(clock?.at),
        clockAheadMs: clock?.aheadMs ?? null,
        clockWithinMs: clock?.withinMs ?? null,
      };
      const { clockAt, clockAheadMs, clockWithinMs } = sourceStates;
      await run((db) =>
        db
          .insert(sourceStates)
          .values(values)
          .onConflictDoUpdate({
            target: [sourceStates.device, sourceStates.name],
            set: {
              acceptedAt: newest(sourceStates.acceptedAt),
              refusedAt: newest(sourceStates.refusedAt),
              forbiddenAt: newest(sourceStates.forbiddenAt),
              clockAt: newest(clockAt),
              clockAheadMs: ofNewerClock(clockAheadMs),
              clockWithinMs: ofNewerClock(clockWithinMs),
            },
          }),
      );
    },
    async list() {
      const rows = await run((db) => db.select().from(sourceStates).orderBy(sourceStates.device, sourceStates.name));
      return rows.map(toState);
    },
    async forget(subject) {
      const { device, name } = keyOf(subject);
      await run((db) =>
        db.delete(sourceStates).where(and(eq(sourceStates.device, device), eq(sourceStates.name, name))),
      );
    },
  };
}

/** `greatest` leaves nulls out. */
function newest(column: PgColumn): SQL {
  return sql`greatest(${column}, ${excluded(column)})`;
}

function ofNewerClock(column: PgColumn): SQL {
  const { clockAt } = sourceStates;
  return sql`CASE WHEN ${excluded(clockAt)} >= ${clockAt} OR ${clockAt} IS NULL THEN ${excluded(column)} ELSE ${column} END`;
}

function excluded({ name }: PgColumn): SQL {
  return sql`excluded.${sql.identifier(name)}`;
}

function keyOf(subject: SourceSubject): { readonly device: string; readonly name: string } {
  return 'device' in subject ? { device: subject.device, name: '' } : { device: '', name: storable(subject.name) };
}

function instantOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}

function toState(row: typeof sourceStates.$inferSelect): SourceState {
  const { device, name, acceptedAt, refusedAt, forbiddenAt, clockAt, clockAheadMs, clockWithinMs } = row;
  return {
    subject: device === '' ? { name } : { device: device as DeviceId },
    ...(acceptedAt === null ? {} : { acceptedAt: acceptedAt.toISOString() }),
    ...(refusedAt === null ? {} : { refusedAt: refusedAt.toISOString() }),
    ...(forbiddenAt === null ? {} : { forbiddenAt: forbiddenAt.toISOString() }),
    ...(clockAt === null || clockAheadMs === null || clockWithinMs === null
      ? {}
      : { clock: { at: clockAt.toISOString(), aheadMs: clockAheadMs, withinMs: clockWithinMs } }),
  };
}

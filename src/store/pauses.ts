import { and, asc, desc, eq, gt, isNotNull, isNull, lte, or, type SQL } from 'drizzle-orm';
import { EXPIRY, pauseText, resumeText, type EndedPause, type Pause } from '../domain/pauses/pause';
import { parseScopeText, scopeText, type Scope } from '../domain/values/scope';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { insertJournal } from './journal';
import { pauses } from './pauseSchema';

/** Who ends a pause, and why. */
export interface PauseEnd {
  readonly by: string;
  readonly reason: string;
}

/** What people paused. Ended pauses are kept: they are the record of who did what. */
export interface PauseRepository {
  /** Those that are in force at a time, oldest first. */
  active(at: Date): Promise<readonly Pause[]>;
  /**
   * Pauses a scope from now on. Durable when it resolves: a pass that asks later finds it. One of the same scope that is in
   * force ends by it.
   */
  begin(pause: Omit<Pause, 'id' | 'since'>, at: Date): Promise<Pause>;
  /** Ends the pause of exactly this scope. @returns undefined when there is none. */
  end(scope: Scope, by: PauseEnd, at: Date): Promise<EndedPause | undefined>;
  /** Ends those whose time is over, each for one caller only. */
  takeExpired(at: Date): Promise<readonly EndedPause[]>;
  /** Those that are over, newest first. */
  ended(limit: number): Promise<readonly EndedPause[]>;
}

const MOST_LISTED = 500;

/** What people paused. Ids are decimal numbers that grow with every pause. */
export function pauseRepository(run: RunOnDatabase): PauseRepository {
  const end = async (
    tx: Database,
    which: SQL | undefined,
    { by, reason }: PauseEnd,
    at: Date,
  ): Promise<EndedPause[]> => {
    const rows = await tx
      .update(pauses)
      .set({ endedAt: at, endedBy: storable(by), endReason: storable(reason) })
      .where(and(isNull(pauses.endedAt), which))
      .returning();
    const ended = rows.flatMap(toEnded);
    await insertJournal(
      tx,
      ended.map((pause) => entryOf(pause, pause.ended.by, pause.ended.reason, resumeText(pause))),
    );
    return ended;
  };
  return {
    async active(at) {
      const isInForce = and(isNull(pauses.endedAt), or(isNull(pauses.expiresAt), gt(pauses.expiresAt, at)));
      const rows = await run((db) => db.select().from(pauses).where(isInForce).orderBy(asc(pauses.id)));
      return rows.map(toPause);
    },
    begin: ({ scope, devices, reason, author, expiresAt }, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          const text = scopeText(scope);
          await end(tx, eq(pauses.scope, text), { by: author, reason: `paused anew: ${reason}` }, at);
          const rows = await tx
            .insert(pauses)
            .values({
              scope: text,
              devices: devices ?? null,
              reason: storable(reason),
              author: storable(author),
              since: at,
              expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
            })
            .returning();
          const [begun] = rows.map(toPause);
          if (begun === undefined) throw new Error('the database did not return the pause that it took');
          await insertJournal(tx, [entryOf(begun, begun.author, begun.reason, pauseText(begun))]);
          return begun;
        }),
      ),
    end: (scope, by, at) =>
      run((db) => db.transaction(async (tx) => (await end(tx, eq(pauses.scope, scopeText(scope)), by, at))[0])),
    takeExpired: (at) => run((db) => db.transaction((tx) => end(tx, lte(pauses.expiresAt, at), EXPIRY, at))),
    async ended(limit) {
      const count = Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED);
      const rows = await run((db) =>
        db
          .select()
          .from(pauses)
          .where(isNotNull(pauses.endedAt))
          .orderBy(desc(pauses.endedAt), desc(pauses.id))
          .limit(count),
      );
      return rows.flatMap(toEnded);
    },
  };
}

/** What the journal says of a pause or its end. One of a site or of everything names no device. */
function entryOf(
  { scope }: Pause,
  author: string,
  reason: string,
  summary: string,
): Parameters<typeof insertJournal>[1][number] {
  return {
    ...('device' in scope ? { device: scope.device } : {}),
    ...('port' in scope ? { port: scope.port } : {}),
    ...{ workflowId: 'pause', status: 'unchanged', summary, author, reason },
    ...{ added: [], removed: [], commands: [] },
  };
}

function toPause({ id, scope, devices, reason, author, since, expiresAt }: typeof pauses.$inferSelect): Pause {
  return {
    id: id.toString(),
    scope: parseScopeText(scope),
    ...(devices === null ? {} : { devices }),
    reason,
    author,
    since: since.toISOString(),
    ...(expiresAt === null ? {} : { expiresAt: expiresAt.toISOString() }),
  };
}

function toEnded(row: typeof pauses.$inferSelect): EndedPause[] {
  const { endedAt, endedBy, endReason } = row;
  if (endedAt === null) return [];
  return [{ ...toPause(row), ended: { at: endedAt.toISOString(), by: endedBy ?? '', reason: endReason ?? '' } }];
}

import { and, asc, eq, gt, inArray, lte } from 'drizzle-orm';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { exceptionText, type WindowException } from '../domain/windows/windowException';
import { storable, type RunOnDatabase } from './engine/database';
import { insertJournal } from './journal';
import { windowExceptions } from './windowExceptionSchema';

/** What people let pass closed change windows once. */
export interface WindowExceptionRepository {
  /** Those in force at a time, of a device or of all; oldest first, at most 1,000. */
  active(at: Date, device?: DeviceId): Promise<readonly WindowException[]>;
  /**
   * Lets what is due on a port pass once, and journals who said so. One of the same port that is in force ends by it.
   * @param workflowId on whose behalf, for the journal.
   */
  grant(exception: Omit<WindowException, 'since'>, workflowId: string, at: Date): Promise<WindowException>;
  /** Ends those of these ports: they were used. @returns those that were in force. */
  use(device: DeviceId, ports: readonly PortName[], at: Date): Promise<readonly WindowException[]>;
}

const MOST_LISTED = 1_000;

/** One row for each port; those whose time is over go when another one is granted. */
export function windowExceptionRepository(run: RunOnDatabase): WindowExceptionRepository {
  return {
    async active(at, device) {
      const which = and(
        gt(windowExceptions.expiresAt, at),
        device === undefined ? undefined : eq(windowExceptions.device, device),
      );
      const rows = await run((db) =>
        db
          .select()
          .from(windowExceptions)
          .where(which)
          .orderBy(asc(windowExceptions.since), asc(windowExceptions.device), asc(windowExceptions.port))
          .limit(MOST_LISTED),
      );
      return rows.map(toException);
    },
    grant: ({ device, port, reason, author, expiresAt }, workflowId, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(windowExceptions).where(lte(windowExceptions.expiresAt, at));
          const said = {
            reason: storable(reason),
            author: storable(author),
            since: at,
            expiresAt: new Date(expiresAt),
          };
          await tx
            .insert(windowExceptions)
            .values({ device, port, ...said })
            .onConflictDoUpdate({ target: [windowExceptions.device, windowExceptions.port], set: said });
          const granted = toException({ device, port, ...said });
          const nothing = { added: [], removed: [], commands: [] };
          const entry = { device, port, workflowId, status: 'unchanged' as const, author, reason, ...nothing };
          await insertJournal(tx, [{ ...entry, summary: exceptionText(granted) }]);
          return granted;
        }),
      ),
    async use(device, ports, at) {
      if (ports.length === 0) return [];
      const which = and(eq(windowExceptions.device, device), inArray(windowExceptions.port, [...ports]));
      const rows = await run((db) => db.delete(windowExceptions).where(which).returning());
      return rows.filter(({ expiresAt }) => expiresAt > at).map(toException);
    },
  };
}

function toException({ since, expiresAt, ...row }: typeof windowExceptions.$inferSelect): WindowException {
  return { ...row, since: since.toISOString(), expiresAt: expiresAt.toISOString() };
}

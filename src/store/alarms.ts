import { and, count, desc, eq, inArray, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { AlarmSubject } from '../domain/alarms/alarm';
import type { JudgedAlarms } from '../domain/alarms/alarmsOf';
import { reconcileAlarms } from '../domain/alarms/reconcile';
import { alarmEntry, type AlarmId, type Severity } from '../domain/alarms/registry';
import { ofAlarm } from '../domain/notifications/announcement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { alarmLooks, alarms } from './alarmSchema';
import { storable, type Database, type RunOnDatabase } from './engine/database';
import { announce } from './notificationOutbox';

/** An alarm that was raised; times ISO 8601, UTC. */
export interface StoredAlarm extends AlarmSubject {
  /** A decimal number; they grow. */
  readonly number: string;
  readonly id: AlarmId;
  readonly severity: Severity;
  readonly text: string;
  /** Since when what it tells of is so. */
  readonly since: string;
  readonly raisedAt: string;
  /** When it was found last, to five minutes. */
  readonly lastSeen: string;
  /** Absent: it is open. */
  readonly clearedAt?: string;
  /** Who has seen it. */
  readonly acknowledged?: { readonly at: string; readonly by: string; readonly reason: string };
}

/** Which alarms are meant; what is left out does not matter. */
export interface AlarmFilter {
  readonly state?: 'open' | 'cleared';
  readonly id?: AlarmId;
  readonly severity?: Severity;
  readonly devices?: readonly DeviceId[];
  readonly port?: PortName;
  /** Those before this one only: the last of the page before. */
  readonly before?: string;
  readonly limit: number;
}

/** How many alarms of a kind are open. */
export interface AlarmCount {
  readonly id: AlarmId;
  readonly severity: Severity;
  readonly count: number;
}

/** What a judgement changed. */
export interface ReconciledAlarms {
  readonly raised: readonly StoredAlarm[];
  readonly cleared: readonly StoredAlarm[];
  readonly open: number;
}

/** Alarms, raised and cleared by the system. */
export interface AlarmRepository {
  /** Makes the open alarms be those that were judged: raises, clears, keeps. One judgement after the other, whoever asks. */
  reconcile(judged: JudgedAlarms, at: Date): Promise<ReconciledAlarms>;
  /** Newest first. */
  list(filter: AlarmFilter): Promise<readonly StoredAlarm[]>;
  get(number: string): Promise<StoredAlarm | undefined>;
  /** Says that a person has seen an open alarm. @returns undefined when it is not open. */
  acknowledge(
    number: string,
    by: { readonly author: string; readonly reason: string },
    at: Date,
  ): Promise<StoredAlarm | undefined>;
  /** Of those that are open, by kind. */
  counts(): Promise<readonly AlarmCount[]>;
  /** When alarms were judged last, and what could not be read then; undefined: never. */
  judged(): Promise<{ readonly at: string; readonly unread: readonly string[] } | undefined>;
}

/** The advisory lock under which alarms are raised and cleared. */
const ALARM_LOCK = 0x616c_6172;
/** Rows of one INSERT: PostgreSQL takes 65,535 parameters in a statement, a row has nine. */
const ROWS_PER_STATEMENT = 1_000;
/** What is found again is not written each time. */
const SEEN_AGAIN_MS = 300_000;
const KEPT_DAYS = 400;
const FORGOTTEN_AT_ONCE = 1_000;
const MOST_LISTED = 500;

/** Alarms, one row for each time that one was raised. */
export function alarmRepository(run: RunOnDatabase): AlarmRepository {
  return {
    reconcile: (judged, at) =>
      run((db) =>
        db.transaction(async (tx) => {
          await tx.execute(sql`SELECT pg_advisory_xact_lock(${ALARM_LOCK})`);
          const open = (await tx.select().from(alarms).where(isNull(alarms.clearedAt))).map(toAlarm);
          const { raise, clear, keep } = reconcileAlarms(open, judged);
          const raised: StoredAlarm[] = [];
          for (let start = 0; start < raise.length; start += ROWS_PER_STATEMENT) {
            const rows = raise.slice(start, start + ROWS_PER_STATEMENT).map((alarm) => ({
              alarm: alarm.id,
              severity: alarmEntry(alarm.id).severity,
              device: alarm.device ?? '',
              port: alarm.port ?? '',
              name: storable(alarm.name ?? ''),
              text: storable(alarm.text),
              since: new Date(alarm.since),
              raisedAt: at,
              lastSeen: at,
            }));
            raised.push(...(await tx.insert(alarms).values(rows).returning()).map(toAlarm));
          }
          const cleared = await clearAll(tx, clear, at);
          await touch(tx, keep, at);
          await tx
            .insert(alarmLooks)
            .values({ id: 1, at, unread: judged.unread.map(storable) })
            .onConflictDoUpdate({ target: alarmLooks.id, set: { at, unread: judged.unread.map(storable) } });
          await announce(tx, [...raised, ...cleared].map(ofAlarm));
          await forget(tx, at);
          return { raised, cleared, open: open.length + raised.length - cleared.length };
        }),
      ),
    async list({ state, id, severity, devices, port, before, limit }) {
      const where = and(
        state === undefined ? undefined : state === 'open' ? isNull(alarms.clearedAt) : isNotNull(alarms.clearedAt),
        id === undefined ? undefined : eq(alarms.alarm, id),
        severity === undefined ? undefined : eq(alarms.severity, severity),
        devices === undefined ? undefined : inArray(alarms.device, [...devices]),
        port === undefined ? undefined : eq(alarms.port, port),
        before === undefined ? undefined : lt(alarms.id, BigInt(before)),
      );
      const rows = await run((db) =>
        db
          .select()
          .from(alarms)
          .where(where)
          .orderBy(desc(alarms.id))
          .limit(Math.min(Math.max(Math.trunc(limit), 0), MOST_LISTED)),
      );
      return rows.map(toAlarm);
    },
    async get(number) {
      const where = byNumber(number);
      if (where === undefined) return undefined;
      return (await run((db) => db.select().from(alarms).where(where))).map(toAlarm)[0];
    },
    async acknowledge(number, { author, reason }, at) {
      const where = byNumber(number);
      if (where === undefined) return undefined;
      const rows = await run((db) =>
        db
          .update(alarms)
          .set({ acknowledgedAt: at, acknowledgedBy: storable(author), acknowledgeReason: storable(reason) })
          .where(and(where, isNull(alarms.clearedAt)))
          .returning(),
      );
      return rows.map(toAlarm)[0];
    },
    counts: () =>
      run((db) =>
        db
          .select({ id: alarms.alarm, severity: alarms.severity, count: count() })
          .from(alarms)
          .where(isNull(alarms.clearedAt))
          .groupBy(alarms.alarm, alarms.severity)
          .orderBy(alarms.alarm),
      ),
    async judged() {
      const [row] = await run((db) => db.select().from(alarmLooks));
      return row === undefined ? undefined : { at: row.at.toISOString(), unread: row.unread };
    },
  };
}

function byNumber(number: string): SQL | undefined {
  return /^\d{1,18}$/.test(number) ? eq(alarms.id, BigInt(number)) : undefined;
}

async function clearAll(tx: Database, gone: readonly StoredAlarm[], at: Date): Promise<StoredAlarm[]> {
  const cleared: StoredAlarm[] = [];
  for (let start = 0; start < gone.length; start += ROWS_PER_STATEMENT) {
    const ids = gone.slice(start, start + ROWS_PER_STATEMENT).map(({ number }) => BigInt(number));
    const rows = await tx.update(alarms).set({ clearedAt: at }).where(inArray(alarms.id, ids)).returning();
    cleared.push(...rows.map(toAlarm));
  }
  return cleared;
}

async function touch(
  tx: Database,
  keep: readonly { readonly open: StoredAlarm; readonly text: string }[],
  at: Date,
): Promise<void> {
  const seen = keep.filter(({ open: { lastSeen } }) => at.getTime() - Date.parse(lastSeen) >= SEEN_AGAIN_MS);
  for (let start = 0; start < seen.length; start += ROWS_PER_STATEMENT) {
    const ids = seen.slice(start, start + ROWS_PER_STATEMENT).map(({ open }) => BigInt(open.number));
    await tx.update(alarms).set({ lastSeen: at }).where(inArray(alarms.id, ids));
  }
  for (const { open, text } of keep) {
    if (storable(text) === open.text) continue;
    await tx
      .update(alarms)
      .set({ text: storable(text), lastSeen: at })
      .where(eq(alarms.id, BigInt(open.number)));
  }
}

/** Takes out what was cleared long ago. */
async function forget(tx: Database, at: Date): Promise<void> {
  const before = new Date(at.getTime() - KEPT_DAYS * 86_400_000);
  const old = tx.select({ id: alarms.id }).from(alarms).where(lt(alarms.clearedAt, before)).limit(FORGOTTEN_AT_ONCE);
  await tx.delete(alarms).where(inArray(alarms.id, old));
}

function toAlarm(row: typeof alarms.$inferSelect): StoredAlarm {
  const { clearedAt, acknowledgedAt, acknowledgedBy, acknowledgeReason } = row;
  return {
    number: row.id.toString(),
    id: row.alarm,
    severity: row.severity,
    ...(row.device === '' ? {} : { device: row.device as DeviceId }),
    ...(row.port === '' ? {} : { port: row.port as PortName }),
    ...(row.name === '' ? {} : { name: row.name }),
    text: row.text,
    since: row.since.toISOString(),
    raisedAt: row.raisedAt.toISOString(),
    lastSeen: row.lastSeen.toISOString(),
    ...(clearedAt === null ? {} : { clearedAt: clearedAt.toISOString() }),
    ...(acknowledgedAt === null
      ? {}
      : {
          acknowledged: {
            at: acknowledgedAt.toISOString(),
            by: acknowledgedBy ?? '',
            reason: acknowledgeReason ?? '',
          },
        }),
  };
}

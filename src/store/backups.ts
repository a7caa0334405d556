import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { and, desc, eq, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { BackupRule, BackupRun } from '../domain/backups/backupRules';
import type { PortBindings } from '../domain/backups/portBindings';
import type { DeviceId } from '../domain/values/device';
import { backupContents, backupRuns, backups } from './backupSchema';
import { storable, type Database, type RunOnDatabase } from './engine/database';

/** A backup without its configuration. */
export interface BackupEntry {
  /** A decimal number; they grow. */
  readonly id: string;
  /** When the device was first seen with it. ISO 8601, UTC. */
  readonly at: string;
  readonly device: DeviceId;
  readonly reason: string;
  /** SHA-256 of the configuration; two backups with the same one are equal. */
  readonly digest: string;
  /** Size of the configuration in bytes. */
  readonly size: number;
}

/** A backup whole. */
export interface Backup extends BackupEntry {
  readonly configuration: string;
}

/** Configuration backups. The pass has the device's driver take the secrets out before they get here. */
export interface BackupRepository {
  /**
   * Stores a configuration; an unchanged one (same text as the device's newest) is not stored again. The device's backups
   * are in order from then on. @param bindings what every port let through under it; absent: not known. @returns its id.
   */
  add(device: DeviceId, configuration: string, reason: string, bindings?: PortBindings): Promise<string>;
  /** Of a device, newest first. @param before only those older than this id. */
  list(device: DeviceId, limit: number, before?: string): Promise<readonly BackupEntry[]>;
  get(device: DeviceId, id: string): Promise<Backup | undefined>;
  latest(device: DeviceId): Promise<Backup | undefined>;
  /** What every port let through under a backup; `bindings` is absent where that is not known. */
  bindings(device: DeviceId, id: string): Promise<(BackupEntry & { readonly bindings?: PortBindings }) | undefined>;
  /** Every device that has backups. */
  devices(): Promise<readonly DeviceId[]>;
  /** How backups of each device stand, by device. */
  runs(): Promise<readonly BackupRun[]>;
  /** A try to back a device up failed. */
  failed(device: DeviceId, error: { readonly code: string; readonly message: string }): Promise<void>;
  /**
   * Takes out what a rule does not keep, and contents that nothing points to then: in one transaction that no backup of the
   * device is added in. Age counts from when the next one was made, so that a configuration that was in force for a year is not
   * old on the day it is changed; the newest stays always. @returns how many went, at most `most`.
   */
  forget(device: DeviceId, rule: Pick<BackupRule, 'keepCount' | 'keepDays'>, most: number): Promise<number>;
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Configuration backups: rows that say when, and contents, compressed, each once per device. */
export function backupRepository(run: RunOnDatabase): BackupRepository {
  const content = and(eq(backupContents.device, backups.device), eq(backupContents.digest, backups.digest));
  const newest = async (where: SQL | undefined): Promise<Backup | undefined> => {
    const [row] = await run((db) =>
      db
        .select({ ...ENTRY, encoding: backupContents.encoding, content: backupContents.content })
        .from(backups)
        .innerJoin(backupContents, content)
        .where(where)
        .orderBy(desc(backups.id))
        .limit(1),
    );
    if (row === undefined) return undefined;
    const text = row.encoding === 'plain' ? row.content : await decompress(row.content);
    return { ...toEntry(row), configuration: text.toString('utf8') };
  };
  return {
    async add(device, configuration, reason, bindings) {
      const text = Buffer.from(storable(configuration), 'utf8');
      const digest = createHash('sha256').update(text).digest('hex');
      const compressed = await compress(text);
      return run((db) =>
        db.transaction(async (tx) => {
          await lock(tx, device);
          await succeeded(tx, device);
          const [last] = await tx
            .select({ id: backups.id, digest: backups.digest })
            .from(backups)
            .where(eq(backups.device, device))
            .orderBy(desc(backups.id))
            .limit(1);
          await tx
            .insert(backupContents)
            .values({
              device,
              digest,
              encoding: 'gzip',
              content: compressed,
              size: text.length,
              bindings: bindings ?? null,
            })
            .onConflictDoUpdate({
              target: [backupContents.device, backupContents.digest],
              set: { bindings: bindings ?? null },
              setWhere: bindings === undefined ? sql`false` : isNull(backupContents.bindings),
            });
          if (last?.digest === digest) return last.id.toString();
          const [added] = await tx
            .insert(backups)
            .values({ device, digest, reason: storable(reason) })
            .returning({ id: backups.id });
          if (added === undefined) throw new Error('INSERT returned no row');
          return added.id.toString();
        }),
      );
    },
    async list(device, limit, before) {
      const older = before === undefined ? undefined : lt(backups.id, BigInt(before));
      const rows = await run((db) =>
        db
          .select(ENTRY)
          .from(backups)
          .innerJoin(backupContents, content)
          .where(and(eq(backups.device, device), older))
          .orderBy(desc(backups.id))
          .limit(limit),
      );
      return rows.map(toEntry);
    },
    get: (device, id) => newest(and(eq(backups.device, device), eq(backups.id, BigInt(id)))),
    latest: (device) => newest(eq(backups.device, device)),
    async bindings(device, id) {
      const [row] = await run((db) =>
        db
          .select({ ...ENTRY, bindings: backupContents.bindings })
          .from(backups)
          .innerJoin(backupContents, content)
          .where(and(eq(backups.device, device), eq(backups.id, BigInt(id)))),
      );
      return row === undefined
        ? undefined
        : { ...toEntry(row), ...(row.bindings === null ? {} : { bindings: row.bindings }) };
    },
    async devices() {
      const rows = await run((db) =>
        db.selectDistinct({ device: backups.device }).from(backups).orderBy(backups.device),
      );
      return rows.map(({ device }) => device);
    },
    async runs() {
      return (await run((db) => db.select().from(backupRuns).orderBy(backupRuns.device))).map(toRun);
    },
    async failed(device, { code, message }) {
      const now = sql`now()`;
      const tried = { triedAt: now, code, message: storable(message) };
      await run((db) =>
        db
          .insert(backupRuns)
          .values({ device, failingSince: now, ...tried })
          .onConflictDoUpdate({
            target: backupRuns.device,
            set: { failingSince: sql`coalesce(${backupRuns.failingSince}, now())`, ...tried },
          }),
      );
    },
    forget: (device, { keepCount, keepDays }, most) =>
      run((db) =>
        db.transaction(async (tx) => {
          await lock(tx, device);
          const superseded = sql`superseded_at IS NOT NULL`;
          const tooMany = keepCount === undefined ? sql`false` : sql`place > ${keepCount}::bigint`;
          const tooOld =
            keepDays === undefined
              ? sql`false`
              : sql`superseded_at < now() - ${keepDays}::double precision * interval '1 day'`;
          const gone = await tx
            .delete(backups)
            .where(
              sql`${backups.id} IN (
                SELECT id FROM (
                  SELECT id,
                    row_number() OVER (ORDER BY id DESC) AS place,
                    lead(at) OVER (ORDER BY id) AS superseded_at
                  FROM ${backups} WHERE device = ${device}
                ) AS ranked WHERE ${superseded} AND (${tooMany} OR ${tooOld}) ORDER BY id LIMIT ${most}::bigint)`,
            )
            .returning({ id: backups.id });
          if (gone.length > 0)
            await tx
              .delete(backupContents)
              .where(
                and(
                  eq(backupContents.device, device),
                  sql`NOT EXISTS (SELECT 1 FROM ${backups} AS kept WHERE kept.device = ${device} AND kept.digest = ${backupContents.digest})`,
                ),
              );
          return gone.length;
        }),
      ),
  };
}

/** Who adds a device's backups, and who takes some out, do so one after the other. */
async function lock(tx: Database, device: DeviceId): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`portwarden backup ${device}`}, 0))`);
}

async function succeeded(tx: Database, device: DeviceId): Promise<void> {
  const done = { succeededAt: sql`now()`, failingSince: null, triedAt: null, code: null, message: null };
  await tx
    .insert(backupRuns)
    .values({ device, ...done })
    .onConflictDoUpdate({ target: backupRuns.device, set: done });
}

function toRun({
  device,
  succeededAt,
  failingSince,
  triedAt,
  code,
  message,
}: typeof backupRuns.$inferSelect): BackupRun {
  const failing =
    failingSince === null || triedAt === null
      ? {}
      : {
          failing: {
            since: failingSince.toISOString(),
            triedAt: triedAt.toISOString(),
            code: code ?? 'internal',
            message: message ?? '',
          },
        };
  return { device, ...(succeededAt === null ? {} : { succeededAt: succeededAt.toISOString() }), ...failing };
}

const ENTRY = {
  id: backups.id,
  at: backups.at,
  device: backups.device,
  reason: backups.reason,
  digest: backups.digest,
  size: backupContents.size,
};

type EntryRow = Omit<BackupEntry, 'id' | 'at'> & { readonly id: bigint; readonly at: Date };

function toEntry({ id, at, device, reason, digest, size }: EntryRow): BackupEntry {
  return { id: id.toString(), at: at.toISOString(), device, reason, digest, size };
}

import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { PortwardenError } from '../../domain/errors';
import type { Database } from './database';
import { INSTALLATION_TABLE } from '../installation';
import type { Migration } from '../migrations';

/** Which steps a database has; kept beside the tables themselves and made by {@link migrate}. */
const applied = pgTable('portwarden_migrations', {
  position: integer('position').primaryKey(),
  tag: text('tag').notNull(),
  digest: text('digest').notNull(),
  at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
});

/** Key of the advisory lock that lets one process migrate at a time ("portward" in ASCII, as a 64-bit number). */
const LOCK_KEY = '8101820099207459428';

/**
 * Brings the database to the newest schema in one transaction. Several processes may do so at once: one works,
 * the others wait for it and find nothing left to do.
 * @returns the tags of the steps taken.
 * @throws PortwardenError `store-unavailable` when the database was migrated by a newer or a different portwarden.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<readonly string[]> {
  return database.transaction(async (tx) => {
    await tx.execute(sql.raw(`SELECT pg_advisory_xact_lock(${LOCK_KEY})`));
    await tx.execute(
      sql.raw(
        'CREATE TABLE IF NOT EXISTS portwarden_migrations (position integer PRIMARY KEY, tag text NOT NULL, ' +
          'digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
      ),
    );
    await tx.execute(sql.raw(INSTALLATION_TABLE));
    const present = await tx.select().from(applied).orderBy(applied.position);
    present.forEach(({ tag, digest }, position) => {
      const known = migrations[position];
      if (known === undefined || known.tag !== tag || digestOf(known) !== digest) throw foreignSchema(tag);
    });
    const missing = migrations.slice(present.length);
    for (const [offset, migration] of missing.entries()) {
      for (const statement of migration.statements) await tx.execute(sql.raw(statement));
      await tx
        .insert(applied)
        .values({ position: present.length + offset, tag: migration.tag, digest: digestOf(migration) });
    }
    return missing.map(({ tag }) => tag);
  });
}

function digestOf(migration: Migration): string {
  return createHash('sha256').update(migration.statements.join('\n;\n')).digest('hex');
}

function foreignSchema(tag: string): PortwardenError {
  return new PortwardenError(
    'store-unavailable',
    `The database was migrated by another version of portwarden (step ${tag}); start that version or a newer one`,
    { details: { migration: tag } },
  );
}

import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** Either engine as the repositories see it. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** Runs work on the database; whatever it throws comes out as `store-unavailable`. */
export type RunOnDatabase = <T>(work: (database: Database) => Promise<T>) => Promise<T>;

/** An open engine. */
export interface Engine {
  readonly database: Database;
  /** Texts that must never appear in an error, such as the password of the connection string. */
  readonly secrets: readonly string[];
  /** Gives back every connection, file and lock. */
  close(): Promise<void>;
}

/**
 * A text as PostgreSQL can hold it: NUL and lone surrogates, which neither `text` nor `jsonb` takes, become
 * U+FFFD. Devices decide what stands in a diff, and a strange character must not lose a journal entry.
 */
export function storable(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\u0000', '\ufffd');
}

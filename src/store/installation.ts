import { sql } from 'drizzle-orm';
import { PortwardenError } from '../domain/errors';
import type { Database, RunOnDatabase } from './engine/database';

/** What a database says of itself before anything is done to it. */
export type StoreFound =
  /** Nothing of portwarden is in it. */
  | { readonly state: 'empty' }
  /** It has our tables but no id: it is of a release that gave none. */
  | { readonly state: 'unmarked' }
  | {
      readonly state: 'known';
      readonly installation: string;
      /** Id of the Temporal namespace that its work is in. */
      readonly namespace: string | undefined;
    };

/** What a database is to remember of the installation that it belongs to. */
export interface Admission {
  /** A UUID. */
  readonly installation: string;
  /** Absent: leave what it remembers. */
  readonly namespace?: string;
}

/**
 * Decides whether a store with this content may be used; throws when not. A store that is known keeps its id.
 * Asked before the schema is touched, and again when another process was faster.
 */
export type Admit = (found: StoreFound) => Admission;

/** Made by the migration of the schema, beside its own bookkeeping: it is older than any table of ours. */
export const INSTALLATION_TABLE =
  'CREATE TABLE IF NOT EXISTS portwarden_installation (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), ' +
  'id text NOT NULL, namespace text, at timestamptz NOT NULL DEFAULT now())';

/** Reads whose database it is. */
export async function readInstallation(database: Database): Promise<StoreFound> {
  const [tables] = await rows(
    database,
    "SELECT to_regclass('portwarden_migrations') IS NOT NULL AS ours, to_regclass('portwarden_installation') IS NOT NULL AS marked",
  );
  if (tables?.['ours'] !== true) return { state: 'empty' };
  const [row] =
    tables['marked'] === true ? await rows(database, 'SELECT id, namespace FROM portwarden_installation') : [];
  if (row === undefined) return { state: 'unmarked' };
  return {
    state: 'known',
    installation: String(row['id']),
    namespace: typeof row['namespace'] === 'string' ? row['namespace'] : undefined,
  };
}

const ATTEMPTS = 3;

/** Writes what was admitted. Of several processes that come first at once one wins; the others are judged by what it wrote. */
export async function recordInstallation(run: RunOnDatabase, admitted: Admission, admit: Admit): Promise<void> {
  let admission = admitted;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { installation, namespace = null } = admission;
    const written = await run((database) =>
      database.execute(
        sql`INSERT INTO portwarden_installation (id, namespace) VALUES (${installation}, ${namespace})
            ON CONFLICT (singleton) DO UPDATE SET namespace = coalesce(excluded.namespace, portwarden_installation.namespace)
            WHERE portwarden_installation.id = excluded.id RETURNING id`,
      ),
    );
    if (rowsOf(written).length > 0) return;
    admission = admit(await run(readInstallation));
  }
  throw new PortwardenError('store-unavailable', 'Another process keeps changing whose database this is');
}

async function rows(database: Database, query: string): Promise<readonly Record<string, unknown>[]> {
  return rowsOf(await database.execute(sql.raw(query)));
}

/** Both drivers answer with `{ rows }`. */
function rowsOf(result: unknown): readonly Record<string, unknown>[] {
  const { rows: found } = result as { readonly rows?: readonly Record<string, unknown>[] };
  return found ?? [];
}

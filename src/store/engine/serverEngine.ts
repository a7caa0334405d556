import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import { PortwardenError } from '../../domain/errors';
import type { Engine } from './database';
import { storeFailure } from './failure';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 10;

/**
 * Connects to the PostgreSQL server of DATABASE_URL. Connections are made when they are needed, so a server
 * that is away shows at the first statement, and one that comes back is used again.
 * @throws PortwardenError `invalid-configuration` when the text is not a PostgreSQL URL; it is never repeated.
 */
export function openServerEngine(databaseUrl: string, log?: Logger): Engine {
  const secrets = passwordsOf(databaseUrl);
  const pool = new Pool({
    connectionString: databaseUrl,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'portwarden',
  });
  // The pool listens only to clients that are idle; one that is in use when its connection breaks would end the process.
  pool.on('connect', (client) =>
    client.on('error', (error) =>
      log?.warn({ reason: storeFailure(error, secrets).message }, 'a database connection was lost'),
    ),
  );
  pool.on('error', () => undefined);
  let ending: Promise<void> | undefined;
  return {
    database: drizzle({ client: pool }),
    secrets,
    close() {
      ending ??= pool.end();
      return ending;
    },
  };
}

function passwordsOf(databaseUrl: string): readonly string[] {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new PortwardenError(
      'invalid-configuration',
      'DATABASE_URL must be a PostgreSQL URL such as postgres://user:password@host:5432/portwarden',
      { details: { field: 'DATABASE_URL' } },
    );
  }
  const raw = [url.password, url.searchParams.get('password') ?? ''].filter((password) => password !== '');
  return [...new Set(raw.flatMap((password) => [password, decoded(password)]))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

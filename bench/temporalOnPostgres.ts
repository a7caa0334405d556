import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { Client } from 'pg';
import { stringify } from 'yaml';
import { pickPort } from '../src/temporal/embedded/ports';
import { waitForTemporal } from '../src/temporal/embedded/readiness';
import { NotHere } from './benchCase';

const RELEASE = 'v1.31.2';
const NAMESPACE = 'default';
const RETENTION = '1 day';
const READY_MS = 120_000;
const STEP_MS = 120_000;
const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;

const run = promisify(execFile);

/** A Temporal server as a site runs it, with PostgreSQL below it. */
export interface TemporalOnPostgres {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Programs {
  readonly server: string;
  readonly sqlTool: string;
  readonly schema: string;
}

/**
 * Starts Temporal's server on a PostgreSQL server, in databases of its own there.
 * @param directory for its configuration and log
 * @throws NotHere when the programs were not built
 */
export async function startTemporalOnPostgres(postgresUrl: string, directory: string): Promise<TemporalOnPostgres> {
  const { server, sqlTool, schema } = await programs();
  const { hostname, port } = new URL(postgresUrl);
  const login = await ownLogin(postgresUrl);
  for (const [name, folder] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const) {
    const reach = ['--plugin', 'postgres12', '--ep', hostname, '-p', port, '-u', login.user, '--pw', login.password];
    const tool = (...args: readonly string[]): Promise<unknown> =>
      run(sqlTool, [...reach, '--db', name, ...args], { timeout: STEP_MS });
    await tool('create');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '-d', join(schema, folder, 'versioned'));
  }
  const ports = await freePorts(SERVICES.length * 2);
  const configuration = join(directory, 'temporal-server.yaml');
  mkdirSync(directory, { recursive: true });
  writeFileSync(configuration, stringify(sections(ports, `${hostname}:${port}`, login)), { mode: 0o600 });
  const child = spawn(server, ['--allow-no-auth', '--config-file', configuration, 'start'], {
    cwd: directory,
    stdio: 'ignore',
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = `127.0.0.1:${ports[0] ?? 0}`;
  await register(address);
  const failure = await waitForTemporal(address, NAMESPACE, READY_MS, () =>
    child.exitCode === null ? undefined : 'it ended',
  );
  if (failure !== undefined) throw new Error(`Temporal on PostgreSQL did not start: ${failure}`);
  return {
    address,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, 10_000);
      await ended;
      clearTimeout(timer);
      process.off('exit', kill);
    },
  };
}

/** Temporal's programs do not write every password into their connection strings rightly: they get a plain one. */
async function ownLogin(postgresUrl: string): Promise<{ readonly user: string; readonly password: string }> {
  const login = { user: 'temporal', password: randomBytes(16).toString('hex') };
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(`CREATE ROLE ${login.user} LOGIN CREATEDB PASSWORD '${login.password}'`);
  } finally {
    await client.end();
  }
  return login;
}

/** Where they were built to, and the schema that belongs to them. @throws NotHere */
async function programs(): Promise<Programs> {
  const folder = join(homedir(), '.cache', 'portwarden', 'temporal-server', RELEASE);
  const found = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  const module = `go.temporal.io/server@${RELEASE}`;
  const modules = await run('go', ['env', 'GOMODCACHE']).catch(() => ({ stdout: '' }));
  const schema = join(modules.stdout.trim(), module, 'schema', 'postgresql', 'v12');
  if (existsSync(found.server) && existsSync(found.sqlTool) && existsSync(schema)) return { ...found, schema };
  throw new NotHere(
    `it needs Temporal's server, which Go builds in about ten minutes: GOBIN=${folder} go install ` +
      `go.temporal.io/server/cmd/server@${RELEASE} go.temporal.io/server/cmd/tools/sql@${RELEASE}`,
  );
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let n = 0; n < count; n += 1) {
    ports.push(await pickPort({ preferred: 0, exact: false, except: ports, purpose: 'a Temporal server' }));
  }
  return ports;
}

function sections(
  ports: readonly number[],
  connectAddr: string,
  login: { readonly user: string; readonly password: string },
): object {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      ...{ pluginName: 'postgres12', databaseName, connectAddr, connectProtocol: 'tcp', ...login },
      ...{ maxConns, maxIdleConns: maxConns, maxConnLifetime: '1h' },
    },
  });
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      ...{ defaultStore: 'default', visibilityStore: 'visibility', numHistoryShards: 4 },
      datastores: { default: store('temporal', 20), visibility: store('temporal_visibility', 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(
      SERVICES.map((name, n) => [
        name,
        { rpc: { grpcPort: ports[2 * n], membershipPort: ports[2 * n + 1], bindOnLocalHost: true } },
      ]),
    ),
    clusterMetadata: {
      ...{ enableGlobalNamespace: false, failoverVersionIncrement: 10 },
      ...{ masterClusterName: 'active', currentClusterName: 'active' },
      clusterInformation: {
        active: {
          ...{ enabled: true, initialFailoverVersion: 1, rpcName: 'frontend' },
          rpcAddress: `127.0.0.1:${ports[0] ?? 0}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  };
}

/** Makes the namespace as soon as the server answers. @throws Error when it does not in time */
async function register(address: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await Connection.connect({ address, connectTimeout: 5_000 });
      await connection.workflowService.registerNamespace({
        namespace: NAMESPACE,
        workflowExecutionRetentionPeriod: msToTs(RETENTION),
      });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    } finally {
      await connection?.close();
    }
  }
}

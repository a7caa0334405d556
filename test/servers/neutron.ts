import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingPackages, takeLock } from './shared';

/** A user of the cloud, in the default domain. */
export interface CloudUser {
  readonly name: string;
  readonly password: string;
  readonly project: string;
}

/** A running Keystone and Neutron. `stop` must be called, else the next test waits for it. */
export interface RealCloud {
  /** `OS_AUTH_URL`. */
  readonly authUrl: string;
  readonly networkUrl: string;
  /** An application credential of the operator, a member of the project. */
  readonly credential: { readonly id: string; readonly secret: string };
  readonly operator: CloudUser;
  /** A member of another project. */
  readonly tenant: CloudUser;
  readonly admin: CloudUser;
  readonly projectId: string;
  /** A token of `operator`, or of another identity of the script. */
  token(of?: string): Promise<string>;
  /** Requests that write, with what Neutron answered since the start: `PUT /v2.0/ports/3f1c… 200`, oldest first. */
  writes(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What keeps the cloud's data. SQLite takes one request at a time; only PostgreSQL shows what writers of one moment do to each other. */
export type CloudDatabase = 'sqlite' | 'postgres';

const SCRIPT = join(__dirname, 'neutron.sh');
/** One cloud of each kind on a machine: one test at a time uses it. */
const CLOUDS: Readonly<
  Record<CloudDatabase, { readonly lock: string; readonly directory: string; readonly variables: NodeJS.ProcessEnv }>
> = {
  sqlite: { lock: '/var/tmp/portwarden-neutron.lock', directory: '/var/tmp/portwarden-neutron', variables: {} },
  postgres: {
    lock: '/var/tmp/portwarden-neutron-postgres.lock',
    directory: '/var/tmp/portwarden-neutron-postgres',
    variables: {
      LAB_DB: 'postgres',
      LAB_NEUTRON_PORT: '19697',
      LAB_KEYSTONE_PORT: '15001',
      LAB_PG_PORT: '15433',
    },
  },
};
const SCRIPT_TIMEOUT_MS = 600_000;
const PACKAGES = [
  'neutron-common',
  'python3-neutron',
  'python3-keystone',
  'python3-keystonemiddleware',
  'python3-waitress',
];
const run = promisify(execFile);

/** Why it cannot be had on this machine; undefined when it can. Missing packages are only installed when PORTWARDEN_INSTALL_SERVERS=1. */
function cloudUnavailable(database: CloudDatabase): string | undefined {
  if (process.platform !== 'linux') return 'Neutron needs Linux';
  if (!missingPackages(database === 'postgres' ? [...PACKAGES, 'python3-psycopg2', 'postgresql'] : PACKAGES))
    return undefined;
  if (process.env['PORTWARDEN_INSTALL_SERVERS'] !== '1')
    return "Debian's packages of Neutron are not installed, and PORTWARDEN_INSTALL_SERVERS is not 1";
  if (process.getuid?.() !== 0) return 'only root can install Neutron';
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no apt-get to install Neutron with';
  }
}

/**
 * Runs tests when the cloud can be had, else skips them; the reason is printed and stands in the title.
 * @param unavailable why something else that the tests need cannot be had.
 */
export function describeRealCloud(
  title: string,
  tests: (title: string) => void,
  {
    database = 'sqlite',
    unavailable,
  }: { readonly database?: CloudDatabase; readonly unavailable?: string | undefined } = {},
): void {
  const reason = cloudUnavailable(database) ?? unavailable;
  if (reason === undefined) return tests(title);
  process.stderr.write(`Skipped: ${title}: ${reason}.\n`);
  describe.skip(`${title} (skipped: ${reason})`, () => {
    tests(title);
  });
}

/** Starts it, waiting for other tests of this machine that use it. What is made in it stays until the tests take it away. */
export async function startRealCloud(database: CloudDatabase = 'sqlite'): Promise<RealCloud> {
  const { lock, directory, variables } = CLOUDS[database];
  const release = await takeLock(lock);
  const env = { ...process.env, ...variables, LAB_DIR: directory };
  const log = (): Promise<string> => readFile(join(directory, 'log', 'neutron.log'), 'utf8');
  const script = async (...args: readonly string[]): Promise<string> =>
    (await run('bash', [SCRIPT, ...args], { env, timeout: SCRIPT_TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 })).stdout;
  try {
    await script('start');
    const values = new Map(
      [...(await script('env')).matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value] as const),
    );
    const read = (name: string): string => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`neutron.sh printed no ${name}`);
      return value;
    };
    const before = (await log()).length;
    return {
      authUrl: read('OS_AUTH_URL'),
      networkUrl: read('LAB_NEUTRON_URL'),
      credential: { id: read('LAB_APPCRED_ID'), secret: read('LAB_APPCRED_SECRET') },
      operator: { name: 'operator', password: read('LAB_OPERATOR_PASSWORD'), project: read('LAB_OPERATOR_PROJECT') },
      tenant: { name: 'tenant', password: read('LAB_TENANT_PASSWORD'), project: read('LAB_TENANT_PROJECT') },
      admin: { name: 'admin', password: read('OS_PASSWORD'), project: 'admin' },
      projectId: read('LAB_OPERATOR_PROJECT_ID'),
      token: async (of = 'operator') => (await script('token', of)).trim(),
      writes: async () => {
        const seen = (await log()).slice(before);
        return [...seen.matchAll(/"((?:PUT|POST|DELETE) \S+) HTTP\/1\.1" status: (\d+)/g)].map(
          ([, request = '', status = '']) => `${request} ${status}`,
        );
      },
      stop: async () => {
        try {
          await script('stop');
        } finally {
          await release();
        }
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { takeLock } from './shared';

/** What became of a command. */
export interface OpenstackAnswer {
  readonly status: number;
  /** The end of what it says of an error. */
  readonly error: string;
  readonly output: string;
}

/** OpenStack's own client in a process of its own, with one login. */
export interface OpenstackClient {
  /** Carries out one command, as `openstack <words>`. */
  run(...words: readonly string[]): Promise<OpenstackAnswer>;
  stop(): Promise<void>;
}

const VERSION = '10.5.0';
const FOLDER = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'portwarden',
  'openstackclient',
  VERSION,
);
const PYTHON = join(FOLDER, 'bin', 'python');
const INSTALLED = join(FOLDER, 'installed');
const INSTALL_TIMEOUT_MS = 600_000;
const run = promisify(execFile);

/** Why it cannot be had on this machine; undefined when it can. It is only installed when PORTWARDEN_INSTALL_SERVERS=1. */
export function openstackClientUnavailable(): string | undefined {
  if (existsSync(INSTALLED)) return undefined;
  if (process.env['PORTWARDEN_INSTALL_SERVERS'] !== '1')
    return 'python-openstackclient is not installed, and PORTWARDEN_INSTALL_SERVERS is not 1';
  try {
    execFileSync('python3', ['-c', 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))']);
    return undefined;
  } catch {
    return 'there is no Python 3.10 with venv to install python-openstackclient with';
  }
}

/** Installs it from PyPI, once for all tests of this machine. */
async function install(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const release = await takeLock(`${FOLDER}.lock`);
  try {
    if (existsSync(INSTALLED)) return;
    await run('python3', ['-m', 'venv', '--clear', FOLDER], { timeout: INSTALL_TIMEOUT_MS });
    const packages = [`python-openstackclient==${VERSION}`];
    await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    writeFileSync(INSTALLED, VERSION);
  } finally {
    await release();
  }
}

/** Starts it for a user. */
export async function startOpenstackClient(
  authUrl: string,
  user: { readonly name: string; readonly password: string; readonly project: string },
): Promise<OpenstackClient> {
  await install();
  const child = spawn(PYTHON, [join(__dirname, 'openstack_client.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOME: FOLDER,
      no_proxy: '127.0.0.1',
      OS_AUTH_URL: authUrl,
      OS_IDENTITY_API_VERSION: '3',
      OS_USERNAME: user.name,
      OS_PASSWORD: user.password,
      OS_PROJECT_NAME: user.project,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
    },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
  void ended.then(() => waiting.splice(0).forEach(({ reject }) => reject(new Error('the client has ended'))));
  const answer = async (): Promise<OpenstackAnswer> =>
    JSON.parse(
      await new Promise<string>((resolve, reject) => void waiting.push({ resolve, reject })),
    ) as OpenstackAnswer;
  const login = await answer();
  if (login.status !== 0) throw new Error(`the client cannot log in: ${login.error}`);
  return {
    run: (...words) => {
      child.stdin.write(`${JSON.stringify(words)}\n`);
      return answer();
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

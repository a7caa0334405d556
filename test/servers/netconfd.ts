import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingPackages, takeLock } from './shared';

/** How the server behaves; what is left out has the first value. */
export interface NetconfdOptions {
  /** Base versions that the hello offers. */
  readonly proto?: 'both' | '1.0' | '1.1';
  /** Which of the two binding hierarchies the device knows. */
  readonly family?: 'both' | 'els' | 'non-els';
  /** False brings back netconfd's own bug: a commit behind a validate says ok and loses changes. */
  readonly validateFix?: boolean;
  /** `legacy`: only group14-sha1, ssh-rsa, CBC ciphers and hmac-sha1. */
  readonly ssh?: 'modern' | 'legacy';
}

/** A running server. `stop` must be called, else the next test waits for it. */
export interface NetconfdHandle {
  readonly host: string;
  readonly port: number;
  /** May do everything. */
  readonly user: string;
  /** Of both users. */
  readonly password: string;
  /** May read, lock and commit, but not edit. */
  readonly readonlyUser: string;
  /** Private key of both users, PEM. */
  readonly key: string;
  /** `SHA256:…` of the key that clients prefer. */
  readonly hostKey: string;
  /** All host keys of the server. */
  readonly hostKeys: Readonly<Record<'ed25519' | 'rsa' | 'ecdsa', string>>;
  /** Namespace of the configuration. */
  readonly namespace: string;
  /** Puts the seed configuration back, possibly with other options. The port stays. */
  reset(options?: NetconfdOptions): Promise<void>;
  /** The device hangs: SSH works, NETCONF does not answer until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The device dies: sessions drop. `start` brings it back with what was committed. */
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SCRIPT = join(__dirname, 'netconfd.sh');
const LOCK_FILE = '/var/tmp/portwarden-netconfd.lock';
const SCRIPT_TIMEOUT_MS = 300_000;
const PACKAGES = ['netconfd', 'openssh-server', 'libyuma-dev', 'libxml2-dev', 'gcc', 'libc6-dev'];
const run = promisify(execFile);

/**
 * Why the server cannot be had on this machine; undefined when it can. It needs root and Debian's packages; missing
 * ones are only installed when PORTWARDEN_INSTALL_SERVERS=1.
 */
function netconfdAvailable(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'netconfd needs root on Linux';
  if (!missingPackages(PACKAGES)) return undefined;
  if (process.env['PORTWARDEN_INSTALL_SERVERS'] !== '1') {
    return 'Debian package netconfd is not installed, and PORTWARDEN_INSTALL_SERVERS is not 1';
  }
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no apt-get to install netconfd with';
  }
}

/** `describe` when the server can be had, else `describe.skip`; the reason is printed and stands in the title. */
export function describeNetconfd(title: string, tests: () => void): void {
  const reason = netconfdAvailable();
  if (reason === undefined) describe(title, tests);
  else {
    process.stderr.write(`Skipped: ${title}: ${reason}.\n`);
    describe.skip(`${title} (skipped: ${reason})`, tests);
  }
}

/** Starts the server with its seed configuration, waiting for other tests of this machine that use it. */
export async function startNetconfd(options: NetconfdOptions = {}): Promise<NetconfdHandle> {
  const release = await takeLock(LOCK_FILE);
  try {
    const port = await freePort();
    let settings = environment(options, port);
    const script = async (command: string): Promise<string> => {
      const { stdout } = await run('bash', [SCRIPT, command], {
        env: { ...process.env, ...settings },
        timeout: SCRIPT_TIMEOUT_MS,
      });
      return stdout;
    };
    const values = parse(await script('reset'));
    const read = (name: string): string => values.get(name) ?? fail(`netconfd.sh did not print ${name}`);
    const keyFile = read('NETCONF_KEY');
    const fingerprint = (type: string): string =>
      execFileSync('ssh-keygen', ['-lf', keyFile.replace(/client_key$/, `host_${type}.pub`)], {
        encoding: 'utf8',
      }).split(' ')[1] ?? fail('ssh-keygen printed no fingerprint');
    return {
      host: read('NETCONF_HOST'),
      port,
      user: read('NETCONF_USER'),
      password: read('NETCONF_PASSWORD'),
      readonlyUser: read('NETCONF_READONLY_USER'),
      key: readFileSync(keyFile, 'utf8'),
      hostKey: read('NETCONF_HOSTKEY'),
      hostKeys: { ed25519: fingerprint('ed25519'), rsa: fingerprint('rsa'), ecdsa: fingerprint('ecdsa') },
      namespace: read('NETCONF_NAMESPACE'),
      reset: async (changed) => {
        if (changed !== undefined) settings = environment(changed, port);
        await script('reset');
      },
      pause: () => script('pause').then(ignore),
      resume: () => script('resume').then(ignore),
      crash: () => script('crash').then(ignore),
      start: () => script('start').then(ignore),
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

function environment(options: NetconfdOptions, port: number): Record<string, string> {
  return {
    NETCONFD_PORT: String(port),
    NETCONFD_PROTO: options.proto ?? 'both',
    NETCONFD_FAMILY: options.family ?? 'both',
    NETCONFD_VALIDATE_FIX: options.validateFix === false ? '0' : '1',
    NETCONFD_SSH: options.ssh ?? 'modern',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : fail('no free port');
}

function parse(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function ignore(): void {
  // What the script printed is of no interest.
}

function fail(message: string): never {
  throw new Error(message);
}

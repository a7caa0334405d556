import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './lock.mjs';
import { binaryName, probe, sha256 } from './temporal-ways.mjs';

const DRAFT = /^\.draft-(\d+)-/;

/**
 * Looks for a usable CLI in the cache: complete by its recorded SHA-256, and running. What is broken is removed.
 * @param {string} root the folder with one sub-folder per version
 * @param {string} version
 * @param {string} platform
 * @returns {Promise<{path: string, version: string, from: string} | {reason: string}>}
 */
export async function lookInCache(root, version, platform) {
  const directory = join(root, version);
  const path = join(directory, binaryName(platform));
  const reason = async (text) => {
    await rm(directory, { recursive: true, force: true });
    return { reason: `${path}: ${text}; removed` };
  };
  let binary;
  try {
    binary = await readFile(path);
  } catch (error) {
    if (error.code === 'ENOENT') return { reason: `${path} does not exist` };
    return { reason: `${path} cannot be read: ${error.code}` };
  }
  const origin = await readOrigin(join(directory, 'origin.json'));
  if (origin === undefined) return reason('nothing says where it is from');
  if (sha256(binary) !== origin.sha256) return reason('its SHA-256 is not the recorded one');
  const probed = await probe(path);
  if (!probed.ok) return reason(probed.reason);
  return { path, version, from: origin.from };
}

async function readOrigin(file) {
  try {
    const origin = JSON.parse(await readFile(file, 'utf8'));
    return typeof origin.sha256 === 'string'
      ? { sha256: origin.sha256, from: String(origin.from ?? 'unknown') }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A folder beside the cached versions, on the same file system, so that a finished version can be renamed into place.
 * Folders of processes that have died are removed first.
 */
export async function createDraft(root) {
  await mkdir(root, { recursive: true });
  for (const entry of await readdir(root)) {
    const pid = DRAFT.exec(entry)?.[1];
    if (pid !== undefined && !isAlive({ pid: Number(pid), started: '' })) {
      await rm(join(root, entry), { recursive: true, force: true });
    }
  }
  return mkdtemp(join(root, `.draft-${process.pid}-`));
}

/**
 * Puts a checked binary into the cache: written whole beside it, then renamed, so that nobody ever sees half of it.
 * When another process was faster, its result stays.
 */
export async function installIntoCache(root, { file, version, from, platform }) {
  const final = join(root, version);
  const draft = await createDraft(root);
  try {
    await rename(file, join(draft, binaryName(platform)));
    const binary = await readFile(join(draft, binaryName(platform)));
    await writeFile(join(draft, 'origin.json'), `${JSON.stringify({ from, sha256: sha256(binary) }, null, 2)}\n`);
    try {
      await rename(draft, final);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) throw error;
      const present = await lookInCache(root, version, platform);
      if (!('path' in present)) await rename(draft, final);
    }
    return join(final, binaryName(platform));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

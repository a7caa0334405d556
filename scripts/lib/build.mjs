import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from './exec.mjs';
import { withLock } from './lock.mjs';
import { withProgress } from './output.mjs';
import { LOCKS, requireFromProject, ROOT } from './project.mjs';

const BUILD_MS = 10 * 60_000;
const DIST = join(ROOT, 'dist');
const STAMP = join(DIST, '.build.json');
const CONFIGURATION = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/lib/build.mjs'];
const WORKFLOWS = join(DIST, 'src', 'workflows', 'index.js');
/** Where the worker finds the bundled workflow code. */
const BUNDLE = join(DIST, 'workflow-bundle.js');

/**
 * Compiles TypeScript to dist/ and bundles the workflow code, when the sources have changed since the last time.
 * @param {{log: (line: string) => void}} options
 * @returns {Promise<boolean>} whether something was built
 */
export async function ensureBuild({ log }) {
  if (await isUpToDate()) return false;
  return withLock(
    join(LOCKS, 'build.lock'),
    async () => {
      if (await isUpToDate()) return false;
      const started = Date.now();
      log('building …');
      const fingerprint = await fingerprintOfSources();
      await rm(STAMP, { force: true });
      await removeOrphans(DIST);
      await compile(log);
      await copyAssets();
      await bundleWorkflows();
      await writeAtomically(STAMP, `${JSON.stringify({ fingerprint })}\n`);
      log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      return true;
    },
    { waitMs: BUILD_MS, log, what: 'building' },
  );
}

async function isUpToDate() {
  try {
    const { fingerprint } = JSON.parse(await readFile(STAMP, 'utf8'));
    return existsSync(BUNDLE) && fingerprint === (await fingerprintOfSources());
  } catch {
    return false;
  }
}

async function sourceFolders() {
  return JSON.parse(await readFile(join(ROOT, 'tsconfig.build.json'), 'utf8')).include;
}

/** Names, sizes and times of all sources: what changes them changes this. */
async function fingerprintOfSources() {
  const hash = createHash('sha256');
  for (const name of CONFIGURATION) hash.update(await readFile(join(ROOT, name)));
  for (const folder of await sourceFolders()) {
    for (const file of await listFiles(join(ROOT, folder))) {
      const { size, mtimeMs } = await stat(file);
      hash.update(`${relative(ROOT, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

async function listFiles(folder) {
  let entries;
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Removes compiled files whose source is gone, so that nothing runs that is not in the sources. */
async function removeOrphans(dist) {
  if (!existsSync(dist)) return;
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || file === BUNDLE || !/\.js(\.map)?$/.test(entry.name)) continue;
    const source = join(ROOT, relative(dist, file).replace(/\.js(\.map)?$/, '.ts'));
    if (!existsSync(source)) await rm(file, { force: true });
  }
}

/** By TypeScript's native compiler, which takes a third of the computing; what is in JavaScript only serves typescript-eslint. */
async function compile(log) {
  const tsc = join(dirname(requireFromProject.resolve('typescript-native/package.json')), 'bin', 'tsc');
  const result = await withProgress(log, 'compiling', () =>
    run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { timeoutMs: BUILD_MS, cwd: ROOT }),
  );
  if (!result.ok) throw new Error(`TypeScript does not compile:\n${result.stdout.trim() || result.reason}`);
}

/** Files that programs read at run time stand beside them, as in the sources. */
async function copyAssets() {
  for (const folder of await sourceFolders()) {
    for (const file of await listFiles(join(ROOT, folder))) {
      if (file.endsWith('.ts')) continue;
      const copy = join(DIST, relative(ROOT, file));
      await mkdir(dirname(copy), { recursive: true });
      await copyFile(file, copy);
    }
  }
}

/** Temporal runs workflow code from one bundle, made at build time so that no worker has to bundle at its start. */
async function bundleWorkflows() {
  if (!existsSync(WORKFLOWS)) throw new Error(`${relative(ROOT, WORKFLOWS)} was not built`);
  const { bundleWorkflowCode, DefaultLogger } = requireFromProject('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('WARN') });
  await writeAtomically(BUNDLE, code);
}

async function writeAtomically(file, content) {
  await mkdir(DIST, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, file);
}

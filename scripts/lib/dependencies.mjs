import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './exec.mjs';
import { withLock } from './lock.mjs';
import { withProgress } from './output.mjs';
import { LOCKS, ROOT } from './project.mjs';

const INSTALL_MS = 15 * 60_000;

/**
 * Installs the npm packages of package-lock.json when they are missing or not these versions.
 * @param {{log: (line: string) => void, root?: string, locks?: string, env?: NodeJS.ProcessEnv}} options
 * @returns {Promise<boolean>} whether something was installed
 */
export async function ensureDependencies({ log, root = ROOT, locks = LOCKS, env = process.env }) {
  if ((await staleness(root)) === undefined) return false;
  return withLock(
    join(locks, 'dependencies.lock'),
    async () => {
      const why = await staleness(root);
      if (why === undefined) return false;
      await refuseSymlink(join(root, 'node_modules'), why);
      log(`installing npm packages (${why}) …`);
      const [command, args] = npmCommand(env);
      const started = Date.now();
      const result = await withProgress(log, 'installing npm packages', () =>
        run(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
          timeoutMs: INSTALL_MS,
          cwd: root,
          env,
        }),
      );
      if (!result.ok)
        throw new Error(`npm ci failed:\n${result.stderr.trim().split('\n').slice(0, 15).join('\n') || result.reason}`);
      log(`npm packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
      return true;
    },
    { waitMs: INSTALL_MS, log, what: 'installing npm packages' },
  );
}

/**
 * `npm ci` empties node_modules before it installs. Through a symlink that would be the packages of another checkout,
 * so nothing is installed there; a symlinked folder that has what package-lock.json says is used as it is.
 */
async function refuseSymlink(folder, why) {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isSymbolicLink() !== true) return;
  throw new Error(
    `${folder} is a symlink to ${await readlink(folder)}, and its packages are not those of package-lock.json (${why}). ` +
      'Installing through it would empty the folder of another checkout. Remove the symlink and start again: the packages are then installed here.',
  );
}

/**
 * Why node_modules is not what package-lock.json says; undefined when it is. npm records what it installed in
 * node_modules/.package-lock.json.
 */
async function staleness(root) {
  const wanted = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
  let present;
  try {
    present = JSON.parse(await readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch (error) {
    return error.code === 'ENOENT' ? 'there are none yet' : 'node_modules is unreadable';
  }
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const installed = present[path];
    if (installed === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${path} is missing`;
    }
    if (installed.version !== entry.version) return `${path} is ${installed.version} instead of ${entry.version}`;
  }
  return undefined;
}

/** The npm that runs us, else the one on PATH. */
function npmCommand(env) {
  return env.npm_execpath?.endsWith('.js') ? [process.execPath, [env.npm_execpath]] : ['npm', []];
}

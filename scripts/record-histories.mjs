#!/usr/bin/env node
import { ROOT, requireFromProject, requireNode } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { runProgram } = await import('./lib/run-program.mjs');
const { ensureTemporalCli } = await import('./temporal-cli.mjs');

/** Records the workflow histories that test/replay replays, on a real Temporal server; see docs/testing.md. */
const log = createLog();
try {
  await ensureDependencies({ log });
  process.env.TEMPORAL_CLI_PATH = (await ensureTemporalCli({ log })).path;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

process.chdir(ROOT);
runProgram(requireFromProject.resolve('jest/bin/jest'), ['--testMatch', '**/test/replay/record.ts', '--runInBand']);

#!/usr/bin/env node
import { requireNode } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { ensureTemporalCli } = await import('./temporal-cli.mjs');

/** Gets everything that building and testing need: the npm packages and the Temporal CLI. */
const log = createLog();
try {
  if (!(await ensureDependencies({ log }))) log('npm packages are up to date');
  await ensureTemporalCli({ log });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

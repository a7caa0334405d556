#!/usr/bin/env node
import { requireNode } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { ensureBuild } = await import('./lib/build.mjs');

const log = createLog();
try {
  await ensureDependencies({ log });
  if (!(await ensureBuild({ log }))) log('dist/ is up to date');
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { ROOT, requireNode } from './lib/project.mjs';

requireNode();
const { createLog, messageOf } = await import('./lib/output.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');

/**
 * What is checked before a change is shown to others, in under two minutes: no server, no build. The steps run beside
 * each other, the longest first, as many as there are processors; each says how long it took, and what it printed when
 * it failed. Types are lint's, which reads them anyway. Arguments name steps: `npm run check -- lint format`. Exit code 1 when one failed.
 */
const PROCESSORS = availableParallelism();
const STEPS = [
  {
    name: 'unit tests',
    command: ['npm', 'run', '--silent', 'test:unit', '--', '--silent', ...(PROCESSORS > 2 ? [] : ['--maxWorkers=2'])],
  },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'format', command: ['npm', 'run', '--silent', 'format'] },
  { name: 'knip', command: ['npm', 'run', '--silent', 'knip'] },
];

const log = createLog('check');
const given = process.argv.slice(2);
const unknown = given.filter((name) => !STEPS.some((step) => step.name.startsWith(name)));
if (unknown.length > 0) {
  process.stderr.write(`There is no step "${unknown.join('", "')}": ${STEPS.map(({ name }) => name).join(', ')}.\n`);
  process.exit(2);
}
const steps = STEPS.filter(({ name }) => given.length === 0 || given.some((start) => name.startsWith(start)));

try {
  await ensureDependencies({ log });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

const began = Date.now();
const waiting = [...steps];
const failed = [];
const takeSteps = async () => {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await take(step);
};
await Promise.all(Array.from({ length: Math.min(PROCESSORS, steps.length) }, takeSteps));
log(
  `${steps.length - failed.length} of ${steps.length} steps passed in ${secondsSince(began)} s${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs one step and says how it went. */
async function take({ name, command: [program, ...args] }) {
  const started = Date.now();
  log(`${name}: ${[program, ...args].join(' ')}`);
  const { code, output } = await run(program, args);
  log(`${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${secondsSince(started)} s`);
  if (code === 0) return;
  failed.push(name);
  process.stdout.write(`${output.trimEnd()}\n`);
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 1, output: messageOf(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function secondsSince(time) {
  return ((Date.now() - time) / 1000).toFixed(1);
}

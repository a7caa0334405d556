#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';
import { requireNode, ROOT } from './lib/project.mjs';
import { blocksOf } from './lib/page-blocks.mjs';
import { PageShell } from './lib/page-shell.mjs';
import { createLog, messageOf } from './lib/output.mjs';
import { ensureTemporalCli } from './temporal-cli.mjs';

/**
 * Runs the shell commands that the pages show, in the order in which they are shown: what a page starts in the
 * background is what its later commands talk to. What may stand above a block: lib/page-blocks.mjs.
 *
 *     node scripts/check-readme.mjs [PAGE...]      default: README.md CONTRIBUTING.md docs/operations.md
 *
 * `tctl` is the file that TCTL_PATH names; `temporal` is the CLI that portwarden itself uses. The last line is
 * `N passed, N failed, N skipped`; PORTWARDEN_TEST_SUMMARY names a file for these numbers as JSON. Exit code 1 when
 * a block failed.
 */
const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/operations.md'];
const BLOCK_MS = 180_000;
const START_MS = 400_000;

requireNode();
const log = createLog('pages');
const counts = { passed: 0, failed: 0, skipped: 0 };
const work = mkdtempSync(join(tmpdir(), 'portwarden-pages-'));
const running = [];

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void finish(`ended by ${signal}`));

try {
  const given = process.argv.slice(2);
  const pages = given.length > 0 ? given.map((page) => resolve(page)) : PAGES.map((page) => join(ROOT, page));
  const blocks = pages.flatMap((page) => blocksOf(relative(process.cwd(), page), readFileSync(page, 'utf8')));
  const env = await environment(blocks);
  const adapt = await adaptation();
  const setups = new Map();
  for (const block of blocks) await check(block, env, adapt, setups);
  await finish();
} catch (error) {
  await finish(messageOf(error));
}

/** Runs one block and counts it. */
async function check(block, env, adapt, setups) {
  const where = `${block.page}:${block.line}`;
  const title = block.commands.trim().split('\n')[0] ?? '';
  const missing =
    block.needs === undefined || has(block.needs, env)
      ? undefined
      : `${block.needs} is not there (set ${block.needs.toUpperCase()}_PATH)`;
  const reason = block.notRun ?? missing;
  if (reason !== undefined) {
    counts.skipped += 1;
    log(`skipped ${where} ${title} (${reason})`);
    return;
  }
  const before = setups.get(block.page) ?? '';
  const commands = adapt(`${before}${block.commands}\n`);
  const started = Date.now();
  const shell = new PageShell(commands, { cwd: ROOT, env });
  running.push(shell);
  const problem = await judge(block, shell, adapt);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (problem === undefined) {
    counts.passed += 1;
    log(`passed  ${where} ${title} (${seconds} s)`);
    if (block.setup) setups.set(block.page, `${before}${block.commands}\n`);
  } else {
    counts.failed += 1;
    log(
      `FAILED  ${where} ${title} (${seconds} s): ${problem}\n${indented(commands)}\n  printed:\n${indented(shell.output.split('\n').slice(-40).join('\n'))}`,
    );
  }
}

/** @returns what is wrong, undefined when the block did what its page says */
async function judge(block, shell, adapt) {
  const until = block.backgroundUntil ?? block.runUntil;
  if (until !== undefined) {
    const problem = await shell.printed(adapt(until), START_MS);
    if (problem !== undefined || block.backgroundUntil !== undefined) return problem;
    return (await shell.interrupt()) ? undefined : 'Ctrl-C did not end it';
  }
  const end = await shell.end(BLOCK_MS);
  if (end === undefined) {
    await shell.interrupt();
    return `did not end within ${BLOCK_MS / 1000} s`;
  }
  if (end.code !== block.exitCode) return `ended with ${end.how} instead of exit code ${block.exitCode}`;
  const absent = block.prints.find((text) => !shell.output.includes(adapt(text)));
  return absent === undefined ? undefined : `did not print "${adapt(absent)}"`;
}

/** The environment of the blocks: `temporal` and `tctl` are on PATH, nothing points at another installation. */
async function environment(blocks) {
  const env = { ...process.env };
  for (const name of [
    'PORTWARDEN_CONFIG',
    'TEMPORAL_ADDRESS',
    'DATABASE_URL',
    'PORT_SECURITY_EVENT_API_BEARER_TOKEN',
    'TENANTOS_API_KEY',
  ])
    delete env[name];
  const bin = mkdtempSync(join(work, 'bin-'));
  if (blocks.some((block) => block.notRun === undefined && /(^|\s)temporal\s/m.test(block.commands))) {
    env.TEMPORAL_CLI_PATH = (await ensureTemporalCli({ log })).path;
    symlinkSync(env.TEMPORAL_CLI_PATH, join(bin, 'temporal'));
  }
  if (env.TCTL_PATH) symlinkSync(resolve(env.TCTL_PATH), join(bin, 'tctl'));
  env.PATH = `${bin}${delimiter}${env.PATH ?? ''}`;
  return env;
}

function has(program, env) {
  try {
    execFileSync('bash', ['-c', 'command -v "$0"', program], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The pages use the default ports and a fixed folder; here others are taken, so that nothing that runs is disturbed. */
async function adaptation() {
  const [api, temporal, ui] = await freePorts(3);
  const replacements = [
    ['npm run lab -- --site', `npm run lab -- --api-port ${api} --temporal-port ${temporal} --ui-port ${ui} --site`],
    ['/tmp/portwarden-site', join(work, 'site')],
    ['127.0.0.1:8080', `127.0.0.1:${api}`],
    ['127.0.0.1:7233', `127.0.0.1:${temporal}`],
    ['127.0.0.1:8233', `127.0.0.1:${ui}`],
  ];
  return (text) => replacements.reduce((adapted, [from, to]) => adapted.replaceAll(from, to), text);
}

async function freePorts(count) {
  const servers = [];
  for (let i = 0; i < count; i += 1) {
    const server = createServer();
    await new Promise((listening, fail) => server.once('error', fail).listen(0, '127.0.0.1', listening));
    servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function indented(text) {
  return text.replace(/^/gm, '    ');
}

/** Ends what runs, newest first, prints the counts and ends the process. */
async function finish(problem) {
  if (problem !== undefined) {
    counts.failed += 1;
    log(`FAILED  ${problem}`);
  }
  for (const shell of running.reverse()) await shell.interrupt();
  rmSync(work, { recursive: true, force: true });
  const summary = process.env.PORTWARDEN_TEST_SUMMARY;
  if (summary) writeFileSync(summary, `${JSON.stringify(counts)}\n`);
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  process.exit(counts.failed === 0 ? 0 : 1);
}

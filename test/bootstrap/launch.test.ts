import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPTS = join(__dirname, '..', '..', 'scripts');

/** Runs a few lines as an ES module beside the scripts, as jest itself cannot load them. */
function evaluate(
  code: string,
  env: NodeJS.ProcessEnv = process.env,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: SCRIPTS,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('the launcher', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portwarden-launch-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test('names what can be launched when asked for something else', () => {
    const result = spawnSync(process.execPath, [join(SCRIPTS, 'launch.mjs'), 'nonsense'], { encoding: 'utf8' });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('demo|start|api|worker|lab|cli|chaos|bench');
  });

  test('refuses a Node that is too old in words', () => {
    const result = evaluate(
      "import { requireNode } from './lib/project.mjs'; requireNode('18.20.4'); console.log('went on');",
    );
    expect(result.status).toBe(1);
    expect(result.stderr).toBe('portwarden needs Node 20 or newer; this is 18.20.4.\n');
    expect(result.stdout).toBe('');
  });

  test('a program gets its arguments, is the main module, and its exit code is kept', () => {
    const program = join(directory, 'program.js');
    writeFileSync(
      program,
      'console.log(JSON.stringify([process.argv.slice(1), require.main === module])); process.exitCode = 7;',
    );
    const result = evaluate(
      `import { runProgram } from './lib/run-program.mjs'; runProgram(${JSON.stringify(program)}, ['--once', 'a b']);`,
    );
    expect(result.status).toBe(7);
    expect(JSON.parse(result.stdout)).toEqual([[program, '--once', 'a b'], true]);
  });

  test('a signal reaches the program', async () => {
    const program = join(directory, 'program.js');
    writeFileSync(
      program,
      "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready');",
    );
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { runProgram } from './lib/run-program.mjs'; runProgram(${JSON.stringify(program)}, []);`,
      ],
      {
        cwd: SCRIPTS,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(9);
  });

  describe('npm packages', () => {
    const LOCK = {
      packages: {
        '': { name: 'x' },
        'node_modules/a': { version: '1.0.0' },
        'node_modules/for-another-machine': { version: '1.0.0', optional: true },
      },
    };

    function checkout(installed: unknown): void {
      writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(LOCK));
      if (installed === undefined) return;
      mkdirSync(join(directory, 'node_modules'));
      writeFileSync(
        join(directory, 'node_modules', '.package-lock.json'),
        typeof installed === 'string' ? installed : JSON.stringify(installed),
      );
    }

    /** A stand-in for npm that installs what the lock says, taking a while, and counts its runs. */
    function ensure(times: number): { status: number | null; stdout: string; stderr: string } {
      const npm = join(directory, 'npm.js');
      writeFileSync(
        npm,
        `const fs = require('fs'); fs.appendFileSync('npm-runs', process.argv.slice(2).join(' ') + '\\n');
         setTimeout(() => { fs.mkdirSync('node_modules', { recursive: true });
           fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } })); }, 300);`,
      );
      return evaluate(
        `import { ensureDependencies } from './lib/dependencies.mjs';
         const options = { log: console.error, root: ${JSON.stringify(directory)}, locks: ${JSON.stringify(join(directory, 'locks'))} };
         console.log(JSON.stringify(await Promise.all(Array.from({ length: ${times} }, () => ensureDependencies(options)))));`,
        { ...process.env, npm_execpath: npm },
      );
    }

    const runs = (): string[] => readFileSync(join(directory, 'npm-runs'), 'utf8').trim().split('\n');

    test.each([
      ['are missing', undefined, 'there are none yet'],
      ['lack one', { packages: {} }, 'node_modules/a is missing'],
      [
        'are of another version',
        { packages: { 'node_modules/a': { version: '0.9.0' } } },
        'node_modules/a is 0.9.0 instead of 1.0.0',
      ],
      ['are half written', '{"packages": {', 'node_modules is unreadable'],
    ])('that %s are installed, once, however many ask', (_name, installed, why) => {
      checkout(installed);
      const result = ensure(3);
      expect(result.stderr).toContain(why);
      expect(result.status).toBe(0);
      expect((JSON.parse(result.stdout) as boolean[]).filter(Boolean)).toHaveLength(1);
      expect(runs()).toEqual([expect.stringMatching(/^ci --include=dev/)]);
    });

    test('behind a symlink are never installed: npm ci would empty the folder of another checkout', () => {
      const other = join(directory, 'other', 'node_modules');
      mkdirSync(other, { recursive: true });
      writeFileSync(join(other, '.package-lock.json'), JSON.stringify({ packages: {} }));
      checkout(undefined);
      symlinkSync(other, join(directory, 'node_modules'));
      const result = ensure(1);
      expect(result.status).toBe(1);
      expect(result.stderr).toContain(
        `${join(directory, 'node_modules')} is a symlink to ${other}, and its packages are not those of package-lock.json`,
      );
      expect(result.stderr).toContain('Remove the symlink and start again');
      expect(runs).toThrow('ENOENT');
      writeFileSync(
        join(other, '.package-lock.json'),
        JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
      );
      expect(JSON.parse(ensure(1).stdout)).toEqual([false]);
    });

    test('that are complete but for those of other machines are left alone', () => {
      checkout({ packages: { 'node_modules/a': { version: '1.0.0' } } });
      const result = ensure(1);
      expect(JSON.parse(result.stdout)).toEqual([false]);
      expect(runs).toThrow('ENOENT');
    });
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../projectRoot';

const ROOT = projectRoot();
const gitMissing = spawnSync('git', ['--version']).status === 0 ? undefined : 'git is not installed';
if (gitMissing !== undefined) process.stderr.write(`skipped: ${gitMissing}\n`);

/** What the hook reads, and enough of the sources for the type-aware rules of lint. */
const NEEDED = [
  ...['package.json', '.husky/pre-commit', '.prettierrc.json', '.prettierignore', '.gitignore'],
  ...['.oxlintrc.json', 'eslint.config.mjs', 'tsconfig.json', 'src/domain/values'],
];

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'portwarden-hook-'));
});
afterEach(() => {
  rmSync(checkout, { recursive: true, force: true });
});

/** The environment of a person at a terminal: nothing of a hook or a CI run in which these tests may run. */
function environment(path = process.env.PATH ?? ''): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(GIT_|HUSKY|npm_|CI$)/.test(name));
  return { ...Object.fromEntries(own), PATH: path, HOME: checkout, XDG_CONFIG_HOME: checkout };
}

function prepare(path?: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'prepare'], {
    cwd: checkout,
    encoding: 'utf8',
    env: environment(path),
  });
  return { status, output: `${stdout}${stderr}` };
}

function git(...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: checkout, encoding: 'utf8', env: environment() });
  return { status, output: `${stdout}${stderr}` };
}

(gitMissing === undefined ? describe : describe.skip)('a commit', () => {
  const file = 'src/domain/values/added.ts';

  beforeEach(() => {
    for (const name of NEEDED) {
      mkdirSync(dirname(join(checkout, name)), { recursive: true });
      cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    for (const args of [
      ['init', '--quiet', '--initial-branch=main'],
      ['config', 'user.name', 'A newcomer'],
      ['config', 'user.email', 'newcomer@example.com'],
    ])
      expect(git(...args)).toMatchObject({ status: 0 });
    writeFileSync(join(checkout, '.git', 'info', 'exclude'), 'node_modules\n.npm\n');
    expect(prepare()).toMatchObject({ status: 0 });
    expect(git('add', '.')).toMatchObject({ status: 0 });
    expect(git('commit', '--quiet', '--no-verify', '--message', 'The beginning')).toMatchObject({ status: 0 });
  });

  const commit = (text: string): { status: number | null; output: string } => {
    writeFileSync(join(checkout, file), text);
    expect(git('add', file)).toMatchObject({ status: 0 });
    return git('commit', '--message', 'Something new');
  };

  test('of a badly formatted file has it formatted', () => {
    expect(commit('export const   rack = {"row" : 1,\n}\n')).toMatchObject({ status: 0 });
    expect(git('show', `HEAD:${file}`).output).toBe('export const rack = { row: 1 };\n');
    expect(git('status', '--porcelain').output).toBe('');
  });

  test('of what lint refuses is refused', () => {
    const { status, output } = commit('export const first = (list: any): string => String(list);\n');
    expect(status).not.toBe(0);
    expect(output).toContain('no-explicit-any');
    expect(git('log', '--format=%s').output).toBe('The beginning\n');
  });
});

describe('npm run prepare', () => {
  beforeEach(() => cpSync(join(ROOT, 'package.json'), join(checkout, 'package.json')));

  test('does nothing where there are no development packages (npm ci --omit=dev)', () => {
    const npm = dirname(execFileSync('/bin/sh', ['-c', 'command -v npm'], { encoding: 'utf8' }));
    expect(prepare(`${npm}:/usr/bin:/bin`)).toMatchObject({ status: 0 });
  });

  test('does nothing in a tree without .git (an image, an archive)', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    expect(prepare()).toMatchObject({ status: 0 });
    expect(existsSync(join(checkout, '.husky'))).toBe(false);
  });

  test('is what npm runs after an installation', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts.prepare).toBe('husky || exit 0');
  });
});

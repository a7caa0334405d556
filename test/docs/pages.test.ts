import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createMetrics } from '../../src/telemetry/metrics';
import { QUERIES, SEARCH_ATTRIBUTES, SIGNALS } from '../../src/protocol/names';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'check-readme.mjs');

/** Folders with pages, and the first parts of the paths that pages name. */
const FOLDERS = ['docs', 'src', 'test', 'lab', 'bench', 'scripts', 'deploy'];
/** What is made when it is needed for the first time. */
const LATER = ['test/replay/released/RETIRED'];

interface Checked {
  readonly code: number | null;
  readonly lastLine: string;
  readonly said: string;
}

describe('check-readme', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'portwarden-pages-test-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function check(page: readonly string[], env: Record<string, string> = {}): Promise<Checked> {
    const file = join(directory, 'page.md');
    writeFileSync(file, page.join('\n'));
    const child = spawn(process.execPath, [SCRIPT, file], {
      cwd: directory,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    return new Promise((settled) => {
      child.once('close', (code) => {
        settled({ code, lastLine: stdout.trim().split('\n').at(-1) ?? '', said });
      });
    });
  }

  test('runs shell blocks only, and counts them', async () => {
    const summary = join(directory, 'summary.json');
    const page = [
      '```sh',
      'true',
      '```',
      '',
      '```ini',
      'false',
      '```',
      '',
      '- in a list',
      '  ```sh',
      '  echo "  kept"',
      '  ```',
    ];
    expect(await check(page, { PORTWARDEN_TEST_SUMMARY: summary })).toMatchObject({
      code: 0,
      lastLine: '2 passed, 0 failed, 0 skipped',
    });
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual({ passed: 2, failed: 0, skipped: 0 });
  });

  test('a command that fails fails, in the middle and in a pipe too, and is named by page and line', async () => {
    const checked = await check([
      '# Title',
      '',
      '```sh',
      'false',
      'true',
      '```',
      '```sh',
      'false | cat',
      '```',
      '```sh',
      'true',
      '```',
    ]);
    expect(checked).toMatchObject({ code: 1, lastLine: '1 passed, 2 failed, 0 skipped' });
    expect(checked.said).toMatch(/FAILED {2}page\.md:4 false .*ended with exit code 1/);
    expect(checked.said).toMatch(/FAILED {2}page\.md:8 /);
  });

  test('what a block must print and how it must end is checked', async () => {
    const page = (text: string, code: number): string[] => [
      `<!-- prints: ${text} -->`,
      `<!-- exit code: ${code} -->`,
      '',
      '```sh',
      'echo found',
      'exit 4',
      '```',
    ];
    expect((await check(page('found', 4))).lastLine).toBe('1 passed, 0 failed, 0 skipped');
    expect((await check(page('lost', 4))).lastLine).toBe('0 passed, 1 failed, 0 skipped');
    expect((await check(page('found', 0))).lastLine).toBe('0 passed, 1 failed, 0 skipped');
  });

  test('what is skipped says why', async () => {
    const checked = await check([
      '<!-- not run: needs a moon -->',
      '```sh',
      'false',
      '```',
      '<!-- needs: no-such-program -->',
      '```sh',
      'no-such-program',
      '```',
    ]);
    expect(checked).toMatchObject({ code: 0, lastLine: '0 passed, 0 failed, 2 skipped' });
    expect(checked.said).toContain('needs a moon');
    expect(checked.said).toContain('no-such-program is not there');
  });

  test('setup holds for the later blocks of the page', async () => {
    const checked = await check([
      '<!-- setup -->',
      '```sh',
      'greet() { echo "hello $1"; }',
      '```',
      '<!-- prints: hello world -->',
      '```sh',
      'greet world',
      '```',
    ]);
    expect(checked.lastLine).toBe('2 passed, 0 failed, 0 skipped');
  });

  test('what a page starts in the background is there for the later blocks, and ended afterwards', async () => {
    const pid = join(directory, 'pid');
    const page = [
      '<!-- background until: ready -->',
      '```sh',
      `echo $$ > ${pid}; echo ready`,
      'sleep 300',
      '```',
      '<!-- run until: on -->',
      '```sh',
      `kill -0 "$(cat ${pid})"`,
      'echo on; sleep 300',
      '```',
    ];
    expect((await check(page)).lastLine).toBe('2 passed, 0 failed, 0 skipped');
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  });

  test('a background that ends early fails', async () => {
    const checked = await check(['<!-- background until: ready -->', '```sh', 'exit 3', '```']);
    expect(checked).toMatchObject({ code: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
    expect(checked.said).toContain('ended (exit code 3) before it printed "ready"');
  });

  test.each([
    ['a comment above no shell block', ['<!-- setup -->', 'text']],
    ['a block that is not closed', ['```sh', 'true']],
  ])('%s fails', async (_what, page) => {
    expect(await check(page)).toMatchObject({ code: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
  });
});

describe('the pages', () => {
  const operations = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const pages = [
    ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
    ...FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
  ];

  test('the pages are there', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/operations.md', 'src/devices/junos/README.md']),
    );
  });

  test.each(pages)('every link of %s leads somewhere', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '');
    const lost = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
      if (!existsSync(file)) return [target];
      return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor) ? [] : [target];
    });
    expect(lost).toEqual([]);
  });

  test.each(pages)('every path that %s names exists', (page) => {
    const named = pathsOf(readFileSync(join(ROOT, page), 'utf8'));
    expect(named.filter((path) => !LATER.includes(path) && !isThere(path))).toEqual([]);
  });

  test('a path that does not exist is seen: in a span, in a command, behind a placeholder, cut off or not', () => {
    const page = [
      'See `src/nowhere`, `npx jest test/docs/nothing` and `src/nowhere/<kind>/driver.ts` (`lab/none.ts`).',
      '```sh',
      'npx jest test/docs/pag test/docs/nil',
      '```',
      '`src/devices/<kind>/driver.ts`, `test/replay/released/<version>`, `/src/rooted` and src/unmarked are none.',
    ].join('\n');
    expect(pathsOf(page).filter((path) => !isThere(path))).toEqual([
      'src/nowhere',
      'test/docs/nothing',
      'src/nowhere',
      'lab/none.ts',
      'test/docs/nil',
    ]);
  });

  test('operations.md names every figure, and none that does not exist', async () => {
    const own = [...(await createMetrics().text()).matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name).sort();
    const named = [...operations.matchAll(/^\| `(portwarden_[a-z_]+)` \|/gm)].map(([, name]) => name).sort();
    expect(named).toEqual(own);
  });

  test('operations.md names every signal and query of operators, and the search attributes', () => {
    const internal: readonly string[] = [SIGNALS.portOutcome, SIGNALS.portProgress];
    const forOperators = Object.values(SIGNALS).filter((signal) => !internal.includes(signal));
    for (const name of [
      ...forOperators.map((signal) => `signal \`${signal}\``),
      ...Object.values(QUERIES).map((query) => `query \`${query}\``),
    ])
      expect(operations).toContain(name);
    for (const name of Object.keys(SEARCH_ATTRIBUTES)) expect(operations).toContain(`\`${name}\``);
  });
});

/** The anchors that a page's headings get on GitHub. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The project's paths in a page's code, in spans and blocks: up to the first placeholder (`src/devices/<kind>`). */
function pathsOf(markdown: string): string[] {
  const code = [...markdown.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text).join('\n');
  const paths = new RegExp(`(?<![\\w/.-])(?:${FOLDERS.join('|')})/[\\w./<-]*[\\w<]`, 'g');
  return [...code.matchAll(paths)].map(([path]) => path.replace(/\/<.*$/, ''));
}

/** Whether there is such a file or folder; tests may be named by how their files begin, as jest takes them. */
function isThere(path: string): boolean {
  if (existsSync(join(ROOT, path))) return true;
  const folder = join(ROOT, dirname(path));
  return (
    path.startsWith('test/') && existsSync(folder) && readdirSync(folder).some((n) => n.startsWith(basename(path)))
  );
}

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { phpMissing } from '../../../lab/tenantos/phpPanel';
import { projectRoot } from '../../projectRoot';

const missing = phpMissing();
if (missing !== undefined) process.stderr.write(`skipped: the PHP of the Tenantos listener: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

const root = join(projectRoot(), 'integrations', 'tenantos');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.php'))
  .map((name) => join(root, name));

/** For each source what it has that PHP 8.1 has not. */
function newer(sources: readonly string[]): string[][] {
  const { status, stdout, stderr } = spawnSync('php', [join(__dirname, 'php', 'newerThan81.php')], {
    input: JSON.stringify(sources),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr + stdout);
  return JSON.parse(stdout) as string[][];
}

suite('the PHP of the Tenantos listener', () => {
  test.each(files.map((file) => [relative(root, file), file]))('%s is correct and strict', (_, file) => {
    const lint = spawnSync('php', ['-d', 'display_errors=1', '-d', 'error_reporting=-1', '-l', file], {
      encoding: 'utf8',
    });
    expect(lint.stdout.trim()).toBe(`No syntax errors detected in ${file}`);
    const source = readFileSync(file, 'utf8');
    expect(source).toMatch(/^<\?php\n\ndeclare\(strict_types=1\);\n/);
    expect(source).not.toMatch(
      /\b(eval|exec|shell_exec|system|passthru|proc_open|popen|unserialize|var_dump|print_r|die)\s*\(/,
    );
  });

  test('is PHP 8.1', () => {
    const found = newer(files.map((file) => readFileSync(file, 'utf8')));
    expect(files.filter((_, index) => found[index]?.length !== 0)).toEqual([]);
  });

  test('declares in each file the class of its name, as the panel’s autoloader expects, or nothing', () => {
    for (const file of files) {
      const [, declared] = /^(?:final )?(?:class|enum) (\w+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
      expect(declared ?? 'nothing').toBe(
        /(autoload|drain)\.php$/.test(file) ? 'nothing' : /(\w+)\.php$/.exec(file)?.[1],
      );
    }
  });

  const snippets: readonly (readonly [what: string, source: string])[] = [
    ['8.2: a readonly class', 'final readonly class A {}'],
    ['8.2: a readonly class', 'readonly final class A {}'],
    ['8.2: a disjunctive type', 'function f((A&B)|null $x) {}'],
    ['8.2: a type of one value', 'function f(): false { return false; }'],
    ['8.2: a type of one value', '$f = static fn (null $x): int => 1;'],
    ['8.2: a trait', 'trait A {}'],
    ['8.3: a typed constant', 'class A { const string B = "c"; }'],
    ['8.3: a constant by a computed name', 'echo A::{$name};'],
    ['8.4: a visibility of its own', 'class A { public private(set) int $x; }'],
    ['8.4: a property with hooks', 'class A { public int $x { get => 1; } }'],
    ['8.4: new without parentheses', 'echo new A()->b();'],
    ['8.4 deprecates', 'function f(array $x = null) {}'],
    ['8.5: the pipe operator', 'echo $x |> strlen(...);'],
    ['newer: json_validate()', 'echo json_validate($x);'],
    ['newer: \\Random\\Randomizer', 'echo (new \\Random\\Randomizer())->getInt(1, 2);'],
    ['newer: CURLOPT_QUICK_EXIT', 'echo CURLOPT_QUICK_EXIT;'],
  ];
  test('what is newer would be found', () => {
    const found = newer(snippets.map(([, source]) => `<?php ${source}`));
    for (const [index, [what]] of snippets.entries())
      expect(found[index]).toContainEqual(expect.stringContaining(what));
  });
});

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporalCliForTests, temporalUnavailable } from '../servers/temporal';
import { projectRoot } from '../projectRoot';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const CASES = ['lone', 'gather', 'lists'];

const PROGRAM = join(projectRoot(), 'dist', 'bench', 'main.js');

interface Written {
  readonly cases: readonly {
    readonly name: string;
    readonly failed?: string;
    readonly figures: readonly {
      readonly what: string;
      readonly values: readonly number[];
      readonly ratio?: { readonly median: number };
    }[];
  }[];
}

test('every case of the benchmark is explained in docs/performance.md', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, '--list']);
  const names = stdout.split('\n').flatMap((line) => /^[a-z]+/.exec(line)?.[0] ?? []);
  const page = readFileSync(join(projectRoot(), 'docs', 'performance.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !rows.some((row) => row.split('|')[1]?.includes(`\`${name}\``)))).toEqual([]);
});

suite('the benchmark', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-test-'));
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test('measures the product and readings of sources, and writes every figure', async () => {
    const file = join(directory, 'figures.json');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [PROGRAM, '--quick', '--only', CASES.join(','), '--json', file],
      { env: { ...process.env, TEMPORAL_CLI_PATH: temporalCliForTests() }, timeout: 240_000 },
    );
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Written;
    expect(cases.map(({ name, failed }) => ({ name, failed }))).toEqual(
      CASES.map((name) => ({ name, failed: undefined })),
    );
    const figures = cases.flatMap((one) => one.figures);
    expect(figures.length).toBeGreaterThanOrEqual(8);
    for (const { what, values, ratio } of figures) {
      expect({ what, positive: values.every((value) => value > 0) }).toEqual({ what, positive: true });
      expect({ what, ratio: ratio === undefined || ratio.median > 0 }).toEqual({ what, ratio: true });
      expect(stdout).toContain(what);
    }
  }, 250_000);
});

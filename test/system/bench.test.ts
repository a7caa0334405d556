import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporalCliForTests, temporalUnavailable } from '../servers/temporal';
import { projectRoot } from '../projectRoot';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;
const CASES = ['lone', 'gather', 'lists'];

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

suite('the benchmark', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-test-'));
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test('measures the product and readings of sources, and writes every figure', async () => {
    const file = join(directory, 'figures.json');
    const program = join(projectRoot(), 'dist', 'bench', 'main.js');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, '--quick', '--only', CASES.join(','), '--json', file],
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

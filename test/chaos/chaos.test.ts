import { temporalUnavailable } from '../servers/temporal';
import { postgresMissing } from '../store/postgresServer';
import { runChaos, type ChaosOptions } from './run';

/** The long version with as many seeds as wanted: npm run chaos -- --runs 200 --seed N */
const STEPS = 18;
const RUN_MS = 7 * 60_000;
/** The same decisions on every run, so that a red test means a changed product; other seeds are for `npm run chaos`. */
const SEED = Number(process.env['PORTWARDEN_CHAOS_SEED'] ?? 4001);

const noServer = temporalUnavailable();
const suite = noServer === undefined ? describe : describe.skip;
const noPostgres = postgresMissing();
const withPostgres = noPostgres === undefined ? test : test.skip;
if (noPostgres !== undefined) process.stderr.write(`skipped: the chaos run with several processes: ${noPostgres}\n`);

suite('under random events and faults the switches end as the panel says, and nothing else is touched', () => {
  const holds = async (options: Pick<ChaosOptions, 'seed' | 'layout'>): Promise<void> => {
    process.stderr.write(
      `chaos: seed ${options.seed}, layout ${options.layout ?? 'drawn'} (again: npm run chaos -- --runs 1 --steps ${STEPS} --seed ${options.seed} --layout ${options.layout ?? 'all'})\n`,
    );
    const report = await runChaos({ ...options, steps: STEPS, canSplit: noPostgres === undefined });
    if (report.problems.length > 0) throw new Error(`${report.log.join('\n')}\nsite and logs: ${report.directory}`);
    expect(report.events).toBeGreaterThan(0);
  };

  test('one process with embedded servers', () => holds({ seed: SEED, layout: 'all' }), RUN_MS);
  withPostgres(
    'an API, two workers, PostgreSQL and Temporal',
    () => holds({ seed: SEED + 1, layout: 'split' }),
    RUN_MS,
  );
});

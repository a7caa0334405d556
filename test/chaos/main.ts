import { parseArgs } from 'node:util';
import { postgresMissing } from '../store/postgresServer';
import { runChaos, type ChaosReport } from './run';

const USAGE = 'npm run chaos -- [--runs N] [--seed N] [--steps N] [--layout all|split] [--parallel N]';

/** Runs the chaos suite: run i has the seed `seed + i`, so that `--runs 1 --seed S` repeats one run alone. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20' },
      seed: { type: 'string' },
      steps: { type: 'string', default: '40' },
      layout: { type: 'string' },
      parallel: { type: 'string', default: '1' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'runs' | 'seed' | 'steps' | 'parallel', fallback: number): number => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new RangeError(`--${name} must be a whole number\n${USAGE}`);
    return value;
  };
  const { layout } = values;
  if (layout !== undefined && layout !== 'all' && layout !== 'split')
    throw new RangeError(`--layout must be all or split\n${USAGE}`);
  const seed = number('seed', Date.now() % 1_000_000_000);
  const [runs, steps, parallel] = [number('runs', 20), number('steps', 40), number('parallel', 1)];
  const missing = postgresMissing();
  if (missing !== undefined) say(`no run has several processes: ${missing}`);
  say(`chaos: ${runs} runs of ${steps} steps, --seed ${seed}`);
  const failed: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < runs; index = next++) {
      const runSeed = seed + index;
      try {
        const report = await runChaos({
          seed: runSeed,
          steps,
          canSplit: missing === undefined,
          ...(layout === undefined ? {} : { layout }),
        });
        if (values.verbose) say(report.log.join('\n'));
        if (!tell(report, steps)) failed.push(runSeed);
      } catch (error) {
        failed.push(runSeed);
        say(
          `seed ${runSeed}: the run broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, lane));
  say(
    `${runs - failed.length} runs passed, ${failed.length} failed${failed.length === 0 ? '' : `: seeds ${failed.sort((a, b) => a - b).join(', ')}`}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function tell(report: ChaosReport, steps: number): boolean {
  const { seed, layout, problems, events, commits, statuses, seconds } = report;
  const counts = Object.entries(statuses)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
  say(
    `seed ${seed} ${layout} ${problems.length === 0 ? 'ok' : 'FAILED'} in ${seconds.toFixed(0)} s: ${events} events (${counts}), ${commits} commits`,
  );
  if (problems.length === 0) return true;
  say(report.log.join('\n'));
  say(
    `site and logs: ${report.directory}\nagain: npm run chaos -- --runs 1 --seed ${seed} --steps ${steps} --layout ${layout}`,
  );
  return false;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);

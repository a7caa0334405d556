import { campaign } from '../support/campaign';
import { runChaos, type ChaosOptions } from './run';

/** The long version with as many seeds as wanted: npm run chaos -- --runs 200 --seed N */
const { runs: STEPS, seed: SEED } = campaign({
  name: 'steps of a chaos run',
  whole: 18,
  usualSeed: 4001,
  runsVariable: 'PORTWARDEN_CHAOS_STEPS',
  seedVariable: 'PORTWARDEN_CHAOS_SEED',
});

/** How long a short run may take, in milliseconds. */
export const RUN_MS = 7 * 60_000;

/** One short run, whose promises have to hold. @param offset added to the usual seed */
export async function expectToHold(options: Pick<ChaosOptions, 'layout' | 'canSplit'>, offset: number): Promise<void> {
  const seed = SEED + offset;
  process.stderr.write(
    `chaos: seed ${seed}, layout ${options.layout ?? 'drawn'} (again: npm run chaos -- --runs 1 --steps ${STEPS} --seed ${seed} --layout ${options.layout ?? 'all'})\n`,
  );
  const report = await runChaos({ ...options, seed, steps: STEPS });
  if (report.problems.length > 0) throw new Error(`${report.log.join('\n')}\nsite and logs: ${report.directory}`);
  if (report.events === 0) throw new Error('no event was accepted');
}

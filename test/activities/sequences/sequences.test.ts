import fc from 'fast-check';
import { campaign } from '../../support/campaign';
import { anyHappening, type Happening } from './anyHappening';
import { fakeDate, play, step } from './play';

/**
 * Whatever happens one after the other at a site of several switches, every binding that goes was justified as DESIGN.md says: named
 * by an event, of a server whose deletion was told and confirmed, by a person, by confirmed absence within the guards, replaced
 * by what the sources say, or moved and bound there. And nothing that is to be added waits for a removal.
 */

const { runs: RUNS, seed: SEED } = campaign({
  name: 'sequences at a site of three switches and a cluster',
  sample: 30,
  whole: 200,
  usualSeed: 1,
  runsVariable: 'PORTWARDEN_SEQUENCES',
  seedVariable: 'PORTWARDEN_SEQUENCES_SEED',
});

fakeDate();

it.each<readonly [string, readonly Happening[]]>([
  ['a guest on its way to a node with a LAG over two switches', [step('setOut', 0, 1), step('look', 0, 0)]],
  [
    'two guests on their ways to where the other one is',
    [step('setOut', 0, 2), step('setOut', 2, 0), step('look', 0, 0)],
  ],
  ['a guest on its way nobody knows where to', [step('setOut', 0, 9), step('look', 0, 0)]],
  ['two guests that changed places, while the grace time lasts', [step('migrate', 0, 2), step('migrate', 2, 0)]],
])('the coordinators come to rest: %s', async (_name, happenings) => {
  const { judge } = await play(happenings);
  expect(judge.problems).toEqual([]);
});

it('over any sequence of faults, events, moves and configurations, every removal was justified and no addition waited', async () => {
  const reasons = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(anyHappening, { minLength: 1, maxLength: 7 }), async (happenings) => {
      const { judge } = await play(happenings);
      for (const [reason, count] of judge.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
      expect(judge.problems).toEqual([]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  process.stderr.write(`${JSON.stringify(Object.fromEntries(reasons))}\n`);
});

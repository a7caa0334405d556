import fc from 'fast-check';
import { differenceDigest, keptText, PlanHash, settledByPlan } from '../../../src/domain/applyAll/plan';
import { countsText, doneOf, expectedSeconds, NOTHING_DONE, remainingMs } from '../../../src/domain/applyAll/progress';
import { planRow } from './planRow';

const keys = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 6 });
const statements = (some: readonly string[]) => some.map((key) => ({ key }));

test('the digest of a difference is the same in whatever order, and another one for every other difference', () => {
  fc.assert(
    fc.property(keys, keys, fc.string({ minLength: 1 }), (added, removed, other) => {
      const digest = differenceDigest(statements(added), statements(removed));
      expect(differenceDigest(statements([...added].reverse()), statements([...removed].reverse()))).toBe(digest);
      fc.pre(!added.includes(other) && !removed.includes(other));
      expect(differenceDigest(statements([...added, other]), statements(removed))).not.toBe(digest);
      expect(differenceDigest(statements(added), statements([...removed, other]))).not.toBe(digest);
    }),
  );
});

test('what is added is not what is removed', () => {
  expect(differenceDigest([{ key: 'a' }], [])).not.toBe(differenceDigest([], [{ key: 'a' }]));
});

test('the hash of a plan is that of its ports, and of no other plan', () => {
  const of = (plan: string, ...digests: readonly string[]): string => {
    const hash = new PlanHash();
    for (const digest of digests) hash.add(planRow({ digest }));
    return hash.of(plan);
  };
  expect(of('p', 'a', 'b')).toBe(of('p', 'a', 'b'));
  for (const other of [of('p', 'b', 'a'), of('p', 'a'), of('q', 'a', 'b')]) expect(other).not.toBe(of('p', 'a', 'b'));
});

test('what the plan could not look at, or must leave alone, is settled with it', () => {
  expect(settledByPlan(planRow({ status: 'failed', summary: 'unread' }))).toMatchObject({
    outcome: 'failed',
    said: 'unread',
  });
  expect(settledByPlan(planRow({ status: 'skipped' }))).toMatchObject({ outcome: 'skipped' });
  expect(settledByPlan(planRow({ status: 'parked' }))).not.toHaveProperty('outcome');
});

test('texts are kept up to a length', () => {
  expect(keptText('x'.repeat(300))).toHaveLength(300);
  expect(keptText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
});

describe('what a run still takes', () => {
  const pace = { total: 100, done: 0, doneBefore: 0, ranMs: 0, expectedMs: 60_000 };
  test('by its plan at first, by what it did later, and nothing when nothing is left', () => {
    expect(remainingMs(pace)).toBe(60_000);
    expect(remainingMs({ ...pace, done: 50, ranMs: 10_000 })).toBe(10_000);
    expect(remainingMs({ ...pace, done: 100 })).toBeUndefined();
    expect(remainingMs({ ...pace, done: 60, doneBefore: 20, ranMs: 8_000 })).toBe(8_000);
  });
  test('is never less than nothing', () => {
    const count = fc.nat(1_000);
    fc.assert(
      fc.property(count, count, count, fc.nat(), fc.nat(), (total, done, doneBefore, ranMs, expectedMs) => {
        const left = remainingMs({ total, done, doneBefore: Math.min(doneBefore, done), ranMs, expectedMs });
        expect(left ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
  test('devices side by side, but none longer than it takes itself', () => {
    expect(expectedSeconds([10, 10, 10, 10], 2)).toBe(20);
    expect(expectedSeconds([50, 1], 8)).toBe(50);
    expect(expectedSeconds([], 8)).toBe(0);
  });
});

test('counts are summed up and said', () => {
  const counts = { ...NOTHING_DONE, applied: 2, differs: 1 };
  expect([doneOf(counts), countsText(counts), countsText(NOTHING_DONE)]).toEqual([
    3,
    '2 applied, 1 differs',
    'none done',
  ]);
});

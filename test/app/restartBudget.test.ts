import { RestartBudget } from '../../src/app/restartBudget';

const MINUTE = 60_000;

describe('the restarts of something that ends', () => {
  let now: number;
  let budget: RestartBudget;

  beforeEach(() => {
    now = 0;
    budget = new RestartBudget({ restarts: 20, quietMs: 10 * MINUTE }, () => now);
  });

  const takeMany = (count: number, everyMs: number): boolean[] =>
    Array.from({ length: count }, () => {
      now += everyMs;
      return budget.take();
    });

  test('are used up by something that keeps ending', () => {
    expect(takeMany(20, 1_000)).toEqual(Array.from({ length: 20 }, () => true));
    expect(budget.inARow).toBe(20);
    expect(takeMany(3, 1_000)).toEqual([false, false, false]);
  });

  test('never end for something that crashes once in a while, however often in a lifetime', () => {
    expect(takeMany(1_000, 11 * MINUTE)).toEqual(Array.from({ length: 1_000 }, () => true));
    expect(budget.inARow).toBe(1);
  });

  test('come back in full after a quiet time, not bit by bit', () => {
    takeMany(19, 1_000);
    now += 10 * MINUTE - 1;
    expect(budget.take()).toBe(true);
    expect(budget.take()).toBe(false);
    now += 10 * MINUTE;
    expect(takeMany(20, 1_000).every(Boolean)).toBe(true);
    expect(budget.take()).toBe(false);
  });
});

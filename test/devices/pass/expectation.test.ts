import fc from 'fast-check';
import { expectationOf } from '../../../src/devices/pass/expectation';
import type { PortPlan } from '../../../src/domain/change/plan';
import { port } from '../../activities/fakes/values';

const PLAN: PortPlan = {
  port: port('ge-0/0/1.0'),
  remove: [],
  because: new Map(),
  add: [],
  actualCount: 0,
  keptIps: [],
};
/** Of each plan a commit. */
const state = { assumedCommitSeconds: 20, commitsFor: (plans: readonly PortPlan[]) => plans.length };

test('before a commit was measured, what is assumed of such devices, and it says so', () => {
  expect(expectationOf(state, [PLAN, PLAN], [])).toEqual({ seconds: 40, measuredCommits: 0 });
});

test('then the median of those that were, for each commit that it takes', () => {
  expect(expectationOf(state, [PLAN], [300, 18, 22])).toEqual({ seconds: 22, measuredCommits: 3 });
  expect(expectationOf(state, [PLAN, PLAN], [18, 22])).toEqual({ seconds: 40, measuredCommits: 2 });
  expect(expectationOf(state, [PLAN], [0.001])).toEqual({ seconds: 0.1, measuredCommits: 1 });
});

test('nothing to commit takes no time', () => {
  expect(expectationOf(state, [], [18]).seconds).toBe(0);
});

test('it lies within what was measured', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 3600, noNaN: true }), { minLength: 1, maxLength: 9 }), (measured) => {
      const { seconds } = expectationOf(state, [PLAN], measured);
      expect(seconds).toBeGreaterThanOrEqual(Math.min(...measured) - 0.1);
      expect(seconds).toBeLessThanOrEqual(Math.max(...measured) + 0.1);
    }),
  );
});

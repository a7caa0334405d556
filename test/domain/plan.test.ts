import fc from 'fast-check';
import { compareBindings, sameBinding, type EnforcedBinding } from '../../src/domain/binding';
import { judgePlan, type GuardLimits } from '../../src/domain/guards';
import { applyPlan, isEmptyPlan, lostIps, planFingerprint, planPort } from '../../src/domain/plan';
import { mergeRemovals, NO_REMOVALS, type JustifiedRemovals } from '../../src/domain/removals';
import { ip, mac, port } from '../activities/fakes/values';
import { anyActual, anyDesired, anyIp, anyPort } from './arbitraries';

const PORT = port('ge-0/0/1.0');
const naming = (named: JustifiedRemovals['named']): JustifiedRemovals => ({ named, absent: [] });
const sorted = (bindings: readonly EnforcedBinding[]): EnforcedBinding[] => [...bindings].sort(compareBindings);
const held = (address: string, extra: Partial<EnforcedBinding> = {}): EnforcedBinding => ({ ip: ip(address), mac: mac('00:50:56:00:00:01'), vlanName: 'VLAN.13', ...extra });

describe('plans', () => {
  it('apply(plan(a, b), a) = b', () => {
    fc.assert(fc.property(anyActual, anyDesired, (actual, desired) => {
      expect(applyPlan(actual, planPort(PORT, actual, desired))).toEqual(sorted(desired));
    }));
  });

  it('and back again', () => {
    fc.assert(fc.property(anyDesired, anyDesired, (a, b) => {
      const there = applyPlan(a, planPort(PORT, a, b));
      expect(applyPlan(there, planPort(PORT, there, a))).toEqual(sorted(a));
    }));
  });

  it('with retained addresses: the desired ones, and of the retained what was there', () => {
    fc.assert(fc.property(anyActual, anyDesired, fc.array(anyIp), (actual, desired, retain) => {
      const after = applyPlan(actual, planPort(PORT, actual, desired, retain));
      const wanted = new Set(desired.map((binding) => binding.ip));
      const kept = actual.filter((binding) => retain.includes(binding.ip) && !wanted.has(binding.ip));
      expect(after).toEqual(sorted([...desired, ...kept]));
    }));
  });

  it('are minimal: nothing is removed and added again, nothing removed that is desired, nothing added that is there', () => {
    fc.assert(fc.property(anyActual, anyDesired, fc.array(anyIp), (actual, desired, retain) => {
      const { remove, add, actualCount } = planPort(PORT, actual, desired, retain);
      expect(remove.some((gone) => add.some((added) => sameBinding(gone, added)))).toBe(false);
      expect(remove.some((gone) => desired.some((want) => sameBinding(gone, want)))).toBe(false);
      expect(add.some((added) => actual.some((have) => sameBinding(added, have)))).toBe(false);
      expect(remove.every((gone) => actual.some((have) => sameBinding(gone, have)))).toBe(true);
      expect(actualCount).toBe(actual.length);
    }));
  });

  it('are empty once carried out', () => {
    fc.assert(fc.property(anyActual, anyDesired, fc.array(anyIp), (actual, desired, retain) => {
      const after = applyPlan(actual, planPort(PORT, actual, desired, retain));
      expect(isEmptyPlan(planPort(PORT, after, desired, retain))).toBe(true);
    }));
  });

  it('do not depend on the order of what is there or desired', () => {
    fc.assert(fc.property(anyActual, anyDesired, (actual, desired) => {
      expect(planPort(PORT, [...actual].reverse(), [...desired].reverse())).toEqual(planPort(PORT, actual, desired));
    }));
  });

  it('replace a changed MAC or VLAN, and lose no address by it', () => {
    const plan = planPort(PORT, [held('10.0.0.1'), held('10.0.0.2')], [held('10.0.0.1', { vlanName: 'VLAN.100' })]);
    expect([plan.remove.length, plan.add.length, lostIps(plan)]).toEqual([2, 1, ['10.0.0.2']]);
  });

  it('have a fingerprint that tells any two different plans apart, and nothing else', () => {
    fc.assert(fc.property(anyPort, anyActual, anyDesired, anyPort, anyActual, anyDesired, (port1, actual1, desired1, port2, actual2, desired2) => {
      const [a, b] = [planPort(port1, actual1, desired1), planPort(port2, actual2, desired2)];
      const same = a.port === b.port && JSON.stringify([a.remove, a.add]) === JSON.stringify([b.remove, b.add]);
      expect(planFingerprint(a) === planFingerprint(b)).toBe(same);
      expect(planFingerprint(planPort(port1, [...actual1].reverse(), desired1))).toBe(planFingerprint(a));
      expect(planFingerprint(a)).toMatch(/^[0-9a-f]{16}$/);
    }));
  });
});

describe('guards', () => {
  const limits: GuardLimits = { maxRemovedBindings: 3, maxRemovedShare: 0.5 };
  const of = (have: number, keep: number): ReturnType<typeof planPort> => {
    const actual = Array.from({ length: have }, (_, i) => held(`10.0.0.${i + 1}`));
    return planPort(PORT, actual, actual.slice(0, keep));
  };

  it.each([
    ['nothing removed', 4, 4, undefined],
    ['one of many', 10, 9, undefined],
    ['the limit exactly', 10, 7, undefined],
    ['one more than the limit', 10, 6, 'too-many-removals'],
    ['half exactly', 4, 2, undefined],
    ['more than half', 3, 1, 'too-large-share'],
    ['one of two', 2, 1, undefined],
    ['all', 2, 0, 'empty-answer'],
    ['the only one', 1, 0, 'empty-answer'],
  ])('%s', (_name, have, keep, rule) => {
    expect(judgePlan(of(have, keep), keep, NO_REMOVALS, limits)?.rule).toBe(rule);
  });

  it('do not count what is explained', () => {
    const plan = of(10, 5);
    const lost = lostIps(plan);
    expect(judgePlan(plan, 5, naming(lost.slice(0, 2)), limits)).toBeUndefined();
    expect(judgePlan(plan, 5, naming(lost.slice(0, 1)), limits)?.message).toContain('4 of 10 bindings');
    expect(judgePlan(of(5, 0), 0, naming(lostIps(of(5, 0))), limits)).toBeUndefined();
  });

  it('let pass the very plan that a person approved, and no other', () => {
    const plan = of(5, 0);
    expect(judgePlan(plan, 0, NO_REMOVALS, limits, planFingerprint(plan))).toBeUndefined();
    expect(judgePlan(of(6, 0), 0, NO_REMOVALS, limits, planFingerprint(plan))?.rule).toBe('empty-answer');
  });

  const anyRemovals: fc.Arbitrary<JustifiedRemovals> = fc.record({ named: fc.array(anyIp), absent: fc.array(anyIp) });
  it('an empty answer never removes a binding that nothing explains', () => {
    fc.assert(fc.property(anyActual, fc.array(anyIp), fc.array(anyIp), fc.record({ maxRemovedBindings: fc.nat(100), maxRemovedShare: fc.double({ min: 0, max: 1, noNaN: true }) }), (actual, explained, retain, anyLimits) => {
      const plan = planPort(PORT, actual, [], retain);
      const unexplained = plan.remove.filter((binding) => !explained.includes(binding.ip));
      if (judgePlan(plan, 0, naming(explained), anyLimits) === undefined) expect(unexplained).toEqual([]);
    }));
  });

  it('explaining more never parks more', () => {
    fc.assert(fc.property(anyActual, anyDesired, anyRemovals, anyRemovals, (actual, desired, a, b) => {
      const plan = planPort(PORT, actual, desired);
      if (judgePlan(plan, desired.length, a, limits) === undefined) expect(judgePlan(plan, desired.length, mergeRemovals(a, b), limits)).toBeUndefined();
    }));
  });

  it('a stale statement of an address that stays is no loss', () => {
    const plan = planPort(PORT, [held('10.0.0.1'), held('10.0.0.1', { vlanName: 'VLAN.100' })], [held('10.0.0.1')]);
    expect([plan.remove.length, plan.keptIps, lostIps(plan)]).toEqual([1, ['10.0.0.1'], []]);
  });

  it('additions and replacements are never parked', () => {
    fc.assert(fc.property(anyActual, anyDesired, (actual, desired) => {
      const wanted = new Set(desired.map((binding) => binding.ip));
      const covered = actual.filter((binding) => wanted.has(binding.ip));
      expect(judgePlan(planPort(PORT, covered, desired), desired.length, NO_REMOVALS, { maxRemovedBindings: 0, maxRemovedShare: 0 })).toBeUndefined();
    }));
  });
});

import fc from 'fast-check';
import { addressesOf, compareStatements, sameStatement, type Statement } from '../../../src/domain/change/statement';
import { howToDecide, judgeAbsence, type GuardLimits } from '../../../src/domain/change/guards';
import { compareIps, type IpAddress } from '../../../src/domain/values/ip';
import { applyPlan, isEmptyPlan, lostIps } from '../../../src/domain/change/plan';
import { planPort, type PlanInput, type PortDecision } from '../../../src/domain/change/planPort';
import {
  mergeRemovals,
  NO_REMOVALS,
  removalFingerprint,
  type JustifiedRemovals,
} from '../../../src/domain/change/removals';
import { ip, junos, port, statement } from '../../activities/fakes/values';
import { anyActual, anyDesired, anyIp, anyMixed, anyPort } from '../arbitraries';

const PORT = port('ge-0/0/1.0');
const NO_LIMITS: GuardLimits = { maxRemovedBindings: 1_000, maxRemovedShare: 1 };
const STRICTEST: GuardLimits = { maxRemovedBindings: 0, maxRemovedShare: 0 };

const sorted = (bindings: readonly Statement[]): Statement[] => [...bindings].sort(compareStatements);
const held = (address: string, { mac, vlanName }: { mac?: string; vlanName?: string } = {}): Statement =>
  statement(address, mac, vlanName);
const naming = (named: readonly IpAddress[]): JustifiedRemovals => ({ named, absent: [] });
const ipsOf = (statements: readonly Statement[]): IpAddress[] => [...addressesOf(statements)].sort(compareIps);
const decide = (
  actual: readonly Statement[],
  desired: readonly Statement[],
  more: Partial<PlanInput> = {},
): PortDecision =>
  planPort({
    port: PORT,
    actual,
    desired,
    retainIps: [],
    removals: NO_REMOVALS,
    limits: NO_LIMITS,
    approved: [],
    ...more,
  });
/** As if everything that is there were named by an event. */
const planAll = (
  actual: readonly Statement[],
  desired: readonly Statement[],
  more: Partial<PlanInput> = {},
): PortDecision['plan'] => decide(actual, desired, { removals: naming(ipsOf(actual)), ...more }).plan;

const anyLimits: fc.Arbitrary<GuardLimits> = fc.record({
  maxRemovedBindings: fc.nat(12),
  maxRemovedShare: fc.double({ min: 0, max: 1, noNaN: true }),
});
const anyRemovals: fc.Arbitrary<JustifiedRemovals> = fc.record({ named: fc.array(anyIp), absent: fc.array(anyIp) });
const anyInput: fc.Arbitrary<PlanInput> = fc.record({
  port: anyPort,
  actual: anyMixed,
  desired: anyDesired,
  retainIps: fc.array(anyIp),
  removals: anyRemovals,
  limits: anyLimits,
  approved: fc.constant([]),
});

describe('plans', () => {
  it('with every removal named: apply(plan(a, b), a) = b, and back again', () => {
    fc.assert(
      fc.property(anyActual, anyDesired, (actual, desired) => {
        const there = applyPlan(actual, planAll(actual, desired));
        expect(there).toEqual(sorted(desired));
        const unique = actual.filter((have) => actual.filter((other) => other.ip === have.ip).length === 1);
        expect(applyPlan(there, planAll(there, unique))).toEqual(sorted(unique));
      }),
    );
  });

  it('never remove anything that is not justified: another statement of a desired address, named, or absent and nothing else', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const desiredIps = new Set<IpAddress | undefined>(addressesOf(input.desired));
        for (const gone of planPort(input).plan.remove) {
          expect(input.desired.some((want) => sameStatement(want, gone))).toBe(false);
          if (desiredIps.has(gone.ip)) continue;
          expect([...input.removals.named, ...input.removals.absent]).toContain(gone.ip);
          expect(input.retainIps).not.toContain(gone.ip);
        }
      }),
    );
  });

  it('account for every binding: it is desired, replaced, retained, removed or parked, and never two of them', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { plan, parked } = planPort(input);
        const desiredIps = new Set<IpAddress | undefined>(addressesOf(input.desired));
        for (const have of input.actual) {
          const stays =
            input.desired.some((want) => sameStatement(want, have)) ||
            (have.ip !== undefined && !desiredIps.has(have.ip) && input.retainIps.includes(have.ip));
          const fates = [stays, plan.remove.includes(have), parked?.remove.includes(have) === true];
          expect(fates.filter((fate) => fate)).toHaveLength(1);
        }
        for (const waiting of parked?.remove ?? []) expect(input.actual).toContain(waiting);
      }),
    );
  });

  it('are never held up by what is parked: all that is desired is there afterwards, and all that an event names is gone', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { plan } = planPort(input);
        const after = applyPlan(input.actual, plan);
        for (const want of input.desired) expect(after).toContainEqual(want);
        const certain = input.removals.named.filter(
          (named) => !input.retainIps.includes(named) && !input.desired.some((want) => want.ip === named),
        );
        for (const gone of certain) expect(ipsOf(after)).not.toContain(gone);
        expect(plan).toMatchObject({ add: planPort({ ...input, removals: NO_REMOVALS, limits: STRICTEST }).plan.add });
      }),
    );
  });

  it('with retained addresses: the desired ones, and of the retained what was there', () => {
    fc.assert(
      fc.property(anyActual, anyDesired, fc.array(anyIp), (actual, desired, retain) => {
        const after = applyPlan(actual, planAll(actual, desired, { retainIps: retain }));
        const wanted = new Set(desired.map((binding) => binding.ip));
        const kept = actual.filter(({ ip }) => ip !== undefined && retain.includes(ip) && !wanted.has(ip));
        expect(after).toEqual(sorted([...desired, ...kept]));
      }),
    );
  });

  it('are minimal: nothing is removed and added again, nothing removed that is desired, nothing added that is there', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { actual, desired } = input;
        const { remove, add, actualCount } = planPort(input).plan;
        expect(remove.some((gone) => add.some((added) => sameStatement(gone, added)))).toBe(false);
        expect(remove.some((gone) => desired.some((want) => sameStatement(gone, want)))).toBe(false);
        expect(add.some((added) => actual.some((have) => sameStatement(added, have)))).toBe(false);
        expect(remove.every((gone) => actual.some((have) => sameStatement(gone, have)))).toBe(true);
        expect(actualCount).toBe(actual.length);
      }),
    );
  });

  it('are empty once carried out, and what is parked stays parked', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const first = planPort(input);
        const again = planPort({ ...input, actual: applyPlan(input.actual, first.plan), limits: STRICTEST });
        expect(isEmptyPlan(again.plan)).toBe(true);
        expect(again.parked?.fingerprint).toBe(first.parked?.fingerprint);
      }),
    );
  });

  it('do not depend on the order of what is there or desired', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(
          planPort({ ...input, actual: [...input.actual].reverse(), desired: [...input.desired].reverse() }),
        ).toEqual(planPort(input));
      }),
    );
  });

  it('replace a changed MAC or VLAN, and lose no address by it', () => {
    const plan = planAll([held('10.0.0.1'), held('10.0.0.2')], [held('10.0.0.1', { vlanName: 'VLAN.100' })]);
    expect([plan.remove.length, plan.add.length, lostIps(plan)]).toEqual([2, 1, ['10.0.0.2']]);
  });

  it('a stale statement of an address that stays is no loss', () => {
    const { plan, parked } = decide(
      [held('10.0.0.1'), held('10.0.0.1', { vlanName: 'VLAN.100' })],
      [held('10.0.0.1')],
      { limits: STRICTEST },
    );
    expect([plan.remove.length, plan.keptIps, lostIps(plan), parked]).toEqual([1, ['10.0.0.1'], [], undefined]);
  });
});

describe('bindings that nobody knows', () => {
  const byHand = [held('10.0.0.8'), held('10.0.0.9', { mac: '' })];

  it('stay and wait for a person, while a new address is bound', () => {
    const { plan, parked } = decide(byHand, [held('10.0.0.1')], { limits: NO_LIMITS });
    expect([plan.add, plan.remove]).toEqual([[held('10.0.0.1')], []]);
    expect(parked).toMatchObject({
      remove: byHand,
      guarded: false,
      reason: '2 of 2 bindings are assigned to no server behind the port and stay (10.0.0.8, 10.0.0.9)',
    });
  });

  it('wait beside a removal that a guard holds, together with it and for one decision', () => {
    const { parked } = decide([held('10.0.0.7'), ...byHand], [], { removals: { named: [], absent: [ip('10.0.0.7')] } });
    expect(parked).toMatchObject({ remove: [held('10.0.0.7'), ...byHand], guarded: true });
    expect(parked?.reason).toMatch(
      /^The sources name no binding .*\(10\.0\.0\.7\)\. 2 of 3 bindings are assigned to no server behind the port/,
    );
  });

  it('go once a person approved exactly them, whatever is added meanwhile', () => {
    const approved = [decide(byHand, []).parked?.fingerprint ?? ''];
    const { plan, parked } = decide(byHand, [held('10.0.0.1')], { approved, limits: STRICTEST });
    expect([plan.add, plan.remove, parked]).toEqual([[held('10.0.0.1')], byHand, undefined]);
    const third = [...byHand, held('10.0.0.10')];
    expect(decide(third, [], { approved })).toMatchObject({ plan: { remove: [] }, parked: { remove: third } });
  });

  it('an approval removes exactly what is parked, and nothing that is retained', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const before = planPort(input);
        fc.pre(before.parked !== undefined);
        const after = planPort({ ...input, approved: [before.parked.fingerprint] });
        expect(after.parked).toBeUndefined();
        expect(after.plan.remove).toEqual(sorted([...before.plan.remove, ...before.parked.remove]));
      }),
    );
  });

  it('are told apart by a fingerprint, and nothing else is', () => {
    fc.assert(
      fc.property(anyPort, anyActual, anyPort, anyActual, (port1, remove1, port2, remove2) => {
        const same = port1 === port2 && JSON.stringify(sorted(remove1)) === JSON.stringify(sorted(remove2));
        expect(removalFingerprint(port1, remove1) === removalFingerprint(port2, remove2)).toBe(same);
        expect(removalFingerprint(port1, [...remove1].reverse())).toBe(removalFingerprint(port1, remove1));
        expect(removalFingerprint(port1, remove1)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('a person is told what to do', () => {
    expect(howToDecide(junos(1), PORT)).toContain('portwarden port approve junos:1 ge-0/0/1.0');
  });
});

describe('guards', () => {
  const limits: GuardLimits = { maxRemovedBindings: 3, maxRemovedShare: 0.5 };
  const absentOf = (have: number, keep: number): PortDecision => {
    const actual = Array.from({ length: have }, (_, i) => held(`10.0.0.${i + 1}`));
    return decide(actual, actual.slice(0, keep), { limits, removals: { named: [], absent: ipsOf(actual) } });
  };

  it.each([
    ['nothing removed', 4, 4, undefined],
    ['one of many', 10, 9, undefined],
    ['the limit exactly', 10, 7, undefined],
    [
      'one more than the limit',
      10,
      6,
      '4 of 10 bindings would be removed and no event says why (10.0.0.7, 10.0.0.8, 10.0.0.9, 10.0.0.10); the limit is 3',
    ],
    ['half exactly', 4, 2, undefined],
    [
      'more than half',
      3,
      1,
      '2 of 3 bindings would be removed and no event says why (10.0.0.2, 10.0.0.3); the limit is 50 %',
    ],
    ['one of two', 2, 1, undefined],
    [
      'all',
      2,
      0,
      'The sources name no binding for this port: 2 of 2 bindings would be removed and no event says why (10.0.0.1, 10.0.0.2)',
    ],
    [
      'the only one',
      1,
      0,
      'The sources name no binding for this port: 1 of 1 bindings would be removed and no event says why (10.0.0.1)',
    ],
  ])('%s', (_name, have, keep, reason) => {
    const { plan, parked } = absentOf(have, keep);
    expect(parked?.reason).toBe(reason);
    expect([plan.remove.length, parked?.remove.length ?? 0, parked?.guarded ?? false]).toEqual(
      reason === undefined ? [have - keep, 0, false] : [0, have - keep, true],
    );
  });

  it('count addresses, also where a device needs several statements for one', () => {
    const actual = Array.from({ length: 4 }, (_, i) => i + 1).flatMap((last) =>
      ['in', 'out'].map((way) => ({ ...held(`10.0.0.${last}`), key: `${way} ${last}`, text: `${way} ${last}` })),
    );
    const removals = { named: [], absent: ipsOf(actual) };
    expect(decide(actual, actual.slice(4), { limits, removals })).toMatchObject({
      plan: { remove: actual.slice(0, 4), actualCount: 8 },
    });
    expect(decide(actual, actual.slice(6), { limits, removals }).parked?.reason).toBe(
      '3 of 4 bindings would be removed and no event says why (10.0.0.1, 10.0.0.2, 10.0.0.3); the limit is 50 %',
    );
  });

  it('hold back what is absent as a whole, and nothing that an event names', () => {
    const actual = Array.from({ length: 10 }, (_, i) => held(`10.0.0.${i + 1}`));
    const named = [ip('10.0.0.10'), ip('10.0.0.9')];
    const { plan, parked } = decide(actual, actual.slice(0, 4), { limits, removals: { named, absent: ipsOf(actual) } });
    expect([ipsOf(plan.remove), ipsOf(parked?.remove ?? [])]).toEqual([
      ['10.0.0.9', '10.0.0.10'],
      ['10.0.0.5', '10.0.0.6', '10.0.0.7', '10.0.0.8'],
    ]);
    expect(decide(actual, [], { limits: STRICTEST, removals: naming(ipsOf(actual)) })).toMatchObject({
      plan: { remove: actual },
    });
  });

  it('an empty answer never removes a binding that no event names', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { plan } = planPort({ ...input, desired: [] });
        for (const gone of plan.remove) expect(input.removals.named).toContain(gone.ip);
      }),
    );
  });

  it('never let more go than the limits say', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { plan } = planPort(input);
        const lost = lostIps(plan).filter((gone) => !input.removals.named.includes(gone));
        expect(lost.length).toBeLessThanOrEqual(input.limits.maxRemovedBindings);
        expect(
          judgeAbsence(
            { absent: lost, lostToday: [], actualCount: input.actual.length, desiredCount: input.desired.length },
            input.limits,
          ),
        ).toBeUndefined();
      }),
    );
  });

  it('naming more never parks more', () => {
    fc.assert(
      fc.property(anyInput, fc.array(anyIp), (input, more) => {
        const before = planPort(input).parked?.remove ?? [];
        const after =
          planPort({ ...input, removals: mergeRemovals(input.removals, naming(more)) }).parked?.remove ?? [];
        for (const waiting of after) expect(before).toContain(waiting);
      }),
    );
  });

  it('additions and replacements are never parked', () => {
    fc.assert(
      fc.property(anyActual, anyDesired, (actual, desired) => {
        const wanted = new Set(desired.map((binding) => binding.ip));
        const covered = actual.filter((binding) => wanted.has(binding.ip));
        expect(decide(covered, desired, { limits: STRICTEST }).parked).toBeUndefined();
      }),
    );
  });
});

describe('justifications of removals', () => {
  it('merge: an address that one of them names is named, and is listed once', () => {
    fc.assert(
      fc.property(anyRemovals, anyRemovals, (a, b) => {
        const { named, absent } = mergeRemovals(a, b);
        expect(new Set(named)).toEqual(new Set([...a.named, ...b.named]));
        expect(new Set([...named, ...absent])).toEqual(new Set([...a.named, ...b.named, ...a.absent, ...b.absent]));
        expect(new Set([...named, ...absent]).size).toBe(named.length + absent.length);
      }),
    );
  });
});

import fc from 'fast-check';
import { describeKeep, endsSoon, isInForce, isOf, type Keep } from '../../../src/domain/change/keep';
import type { GuardLimits } from '../../../src/domain/change/guards';
import { applyPlan } from '../../../src/domain/change/plan';
import { planPort, type PortDecision } from '../../../src/domain/change/planPort';
import { NO_REMOVALS, type JustifiedRemovals } from '../../../src/domain/change/removals';
import { settleKeeps, type KeepsOfPort } from '../../../src/domain/change/settleKeeps';
import { sameStatement, type Statement } from '../../../src/domain/change/statement';
import type { Binding } from '../../../src/domain/desired/binding';
import { ip, junos, port, statement, vlan } from '../../activities/fakes/values';
import { anyActual, anyDesired, anyIp, anyMixed, enforced } from '../arbitraries';

const PORT = port('ge-0/0/1.0');
const WIDE: GuardLimits = { maxRemovedBindings: 1_000, maxRemovedShare: 1 };
const ROUTER = statement('10.0.48.250', '02:00:00:00:00:fa');

const keep = (kept: Statement, extra: Partial<Keep> = {}): Keep => ({
  id: '7',
  device: junos(1),
  port: PORT,
  statement: kept,
  reason: 'router of the office',
  author: 'ada@ops1',
  createdAt: '2026-11-29T13:00:00.000Z',
  ...extra,
});
/** As a device that says which VLAN a statement is in. */
const whole = (address: string, of: string, id: number): Statement => ({
  ...statement(address, of, `VLAN.${id}`),
  vlan: vlan(id),
});
const translate = (binding: Binding): Statement[] => [{ ...enforced(binding), vlan: binding.vlan }];

interface Given {
  readonly actual?: readonly Statement[];
  readonly desired?: readonly Statement[];
  readonly keeps?: readonly Keep[];
  readonly removals?: JustifiedRemovals;
  readonly limits?: GuardLimits;
}

function pass({ actual = [], desired = [], keeps = [], removals = NO_REMOVALS, limits = WIDE }: Given): PortDecision & {
  readonly settled: KeepsOfPort;
} {
  const settled = settleKeeps({ actual, desired, keeps, named: removals.named, translate });
  const decision = planPort({
    port: PORT,
    actual,
    desired: settled.desired,
    kept: settled.kept,
    retainIps: settled.excluded.map((one) => one.ip),
    removals,
    limits,
    approved: [],
  });
  return { ...decision, settled };
}

const texts = (statements: readonly Statement[]): string[] => statements.map(({ text }) => text);

describe('a keep', () => {
  it('makes an unknown binding one that stays and waits for nobody', () => {
    expect(pass({ actual: [ROUTER] }).parked?.remove).toEqual([ROUTER]);
    const { plan, parked } = pass({ actual: [ROUTER], keeps: [keep(ROUTER)] });
    expect([plan.remove, plan.add, parked]).toEqual([[], [], undefined]);
  });

  it('leaves what is unknown beside it parked, also another statement of its address', () => {
    const other = statement('10.0.48.250', '02:00:00:00:00:fb', 'VLAN.100');
    const { plan, parked } = pass({ actual: [ROUTER, other], keeps: [keep(ROUTER)] });
    expect([plan.remove, parked?.remove]).toEqual([[], [other]]);
  });

  it('is put back when somebody took it away and all of it is known', () => {
    const kept = whole('10.0.48.250', '02:00:00:00:00:fa', 13);
    expect(texts(pass({ keeps: [keep(kept)] }).plan.add)).toEqual(['10.0.48.250 02:00:00:00:00:fa VLAN.13']);
  });

  it('is only held when its VLAN or MAC is not known, and says so when it is missing', () => {
    const { plan, settled } = pass({ keeps: [keep(ROUTER)] });
    expect(plan.add).toEqual([]);
    expect(settled.notes).toEqual([
      expect.stringMatching(/is missing though it is kept by ada@ops1 .*not enough is known of it to put it back/),
    ]);
  });

  it('takes nothing away to come back: what somebody put there for the address stays, parked', () => {
    const kept = whole('10.0.48.250', '02:00:00:00:00:fa', 13);
    const other = whole('10.0.48.250', '02:00:00:00:00:fb', 13);
    const { plan, parked, settled } = pass({ actual: [other], keeps: [keep(kept)] });
    expect([plan.add, plan.remove, parked?.remove]).toEqual([[], [], [other]]);
    expect(settled.notes[0]).toContain('the port has 10.0.48.250 02:00:00:00:00:fb VLAN.13 for the address');
  });

  it('follows a VLAN that the device renamed', () => {
    const kept = whole('10.0.48.250', '02:00:00:00:00:fa', 13);
    const renamed = { ...statement('10.0.48.250', '02:00:00:00:00:fa', 'office'), vlan: vlan(13) };
    expect(isOf(keep(kept), renamed)).toBe(true);
    const { plan, parked } = pass({ actual: [renamed], keeps: [keep(kept)] });
    expect([plan.add, plan.remove, parked]).toEqual([[], [], undefined]);
  });

  it('withstands an event that names its address, and the outcome is told', () => {
    const removals = { named: [ip('10.0.48.250')], absent: [] };
    const { plan, settled } = pass({ actual: [ROUTER], keeps: [keep(ROUTER)], removals });
    expect(plan.remove).toEqual([]);
    expect(settled.notes).toEqual([
      '10.0.48.250 is named for removal, but 10.0.48.250 02:00:00:00:00:fa VLAN.13 stays: it is kept by ada@ops1 because "router of the office" since 2026-11-29T13:00:00.000Z (keep 7)',
    ]);
  });

  it('is the earlier claim: what a source desires otherwise for the address waits and is reported', () => {
    const wanted = whole('10.0.48.250', '00:50:56:00:00:01', 13);
    const { plan, parked, settled } = pass({ actual: [ROUTER], desired: [wanted], keeps: [keep(ROUTER)] });
    expect([plan.add, plan.remove, parked]).toEqual([[], [], undefined]);
    expect(settled.excluded).toEqual([
      expect.objectContaining({
        ip: '10.0.48.250',
        rule: 'kept-otherwise',
        message: expect.stringContaining('until `portwarden keep remove 7`') as string,
      }),
    ]);
  });

  it('is no conflict with the very binding that a source desires, nor where the port has both already', () => {
    expect(pass({ actual: [ROUTER], desired: [ROUTER], keeps: [keep(ROUTER)] }).settled.excluded).toEqual([]);
    const inOther = statement('10.0.48.250', '00:50:56:00:00:01', 'VLAN.100');
    const both = pass({ actual: [ROUTER, inOther], desired: [inOther], keeps: [keep(ROUTER)] });
    expect([both.settled.excluded, both.plan.remove, both.parked]).toEqual([[], [], undefined]);
  });

  it('makes no loss look smaller: guards count what is not kept', () => {
    const kept = Array.from({ length: 10 }, (_, n) => statement(`10.0.49.${n + 1}`));
    const own = ['10.0.48.1', '10.0.48.2', '10.0.48.3'].map((address) => statement(address));
    const given: Given = {
      actual: [...kept, ...own],
      desired: own.slice(0, 1),
      keeps: kept.map((one, n) => keep(one, { id: String(n) })),
      removals: { named: [], absent: [ip('10.0.48.2'), ip('10.0.48.3')] },
      limits: { maxRemovedBindings: 10, maxRemovedShare: 0.5 },
    };
    expect(pass(given).parked?.reason).toContain('2 of 3 bindings would be removed');
  });

  it('ends at its time', () => {
    const until = { expiresAt: '2026-12-01T00:00:00.000Z' };
    const at = Date.parse(until.expiresAt);
    expect([isInForce(until, at - 1), isInForce(until, at), isInForce({}, at)]).toEqual([true, false, true]);
    expect([endsSoon(until, at - 86_400_000), endsSoon(until, at - 30 * 86_400_000), endsSoon({}, at)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(describeKeep(keep(ROUTER, until))).toContain('until 2026-12-01T00:00:00.000Z');
  });
});

describe('keeps, whatever the sources say', () => {
  const anyKeeps = (actual: readonly Statement[]): fc.Arbitrary<Keep[]> =>
    fc
      .tuple(fc.subarray([...actual]), anyDesired)
      .map(([present, others]) => [...present, ...others].map((one, index) => keep(one, { id: String(index) })));
  const anyGiven = fc
    .record({
      actual: anyMixed,
      desired: anyDesired,
      removals: fc.record({ named: fc.array(anyIp), absent: fc.array(anyIp) }),
    })
    .chain((given) => anyKeeps(given.actual).map((keeps) => ({ ...given, keeps })));

  it('are never in the removals of a plan, nor parked', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const { plan, parked } = pass(given);
        for (const gone of [...plan.remove, ...(parked?.remove ?? [])])
          expect(given.keeps.filter((one) => isOf(one, gone))).toEqual([]);
      }),
    );
  });

  it('add no address for which the port has another statement, and none twice', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const { plan, settled } = pass(given);
        const ofKeeps = plan.add.filter((one) => !settled.desired.some((want) => sameStatement(want, one)));
        for (const { ip: address } of ofKeeps) expect(given.actual.map((have) => have.ip)).not.toContain(address);
        expect(new Set(ofKeeps.map(({ ip: address }) => address)).size).toBe(ofKeeps.length);
        const after = applyPlan(given.actual, plan).map(({ key }) => key);
        expect(new Set(after).size).toBe(after.length);
      }),
    );
  });

  it('justify no removal: a pass with them removes nothing that it would not remove without them', () => {
    fc.assert(
      fc.property(anyGiven, (given) => {
        const without = pass({ ...given, keeps: [] }).plan.remove.map(({ key }) => key);
        for (const { key } of pass(given).plan.remove) expect(without).toContain(key);
      }),
    );
  });

  it('of everything that is unknown make a port without anything unknown, and when they end it is parked as before', () => {
    fc.assert(
      fc.property(anyActual, anyDesired, (actual, desired) => {
        const before = pass({ actual, desired });
        const keeps = (before.parked?.remove ?? []).map((one, index) => keep(one, { id: String(index) }));
        const adopted = pass({ actual, desired, keeps });
        expect(adopted.parked).toBeUndefined();
        expect(adopted.plan).toEqual(before.plan);
        const after = applyPlan(actual, adopted.plan);
        expect(pass({ actual: after, desired }).parked?.remove).toEqual(before.parked?.remove);
      }),
    );
  });
});

describe('removals that a person names one by one', () => {
  const actual = ['10.0.48.1', '10.0.48.2', '10.0.48.3'].map((address) => statement(address));
  const decide = (approvedKeys: readonly string[], more: Partial<Parameters<typeof planPort>[0]> = {}): PortDecision =>
    planPort({
      port: PORT,
      actual,
      desired: [],
      retainIps: [],
      removals: NO_REMOVALS,
      limits: WIDE,
      approved: [],
      approvedKeys,
      ...more,
    });

  it('go alone; the others stay parked', () => {
    const { plan, parked } = decide([actual[1]?.key ?? '']);
    expect([plan.remove, parked?.remove]).toEqual([[actual[1]], [actual[0], actual[2]]]);
  });

  it('are not judged by guards, and leave the rest to them', () => {
    const removals = { named: [], absent: actual.flatMap((one) => one.ip ?? []) };
    const limits = { maxRemovedBindings: 0, maxRemovedShare: 0 };
    const { plan, parked } = decide([actual[0]?.key ?? ''], { removals, limits });
    expect([plan.remove, parked?.remove, parked?.guarded]).toEqual([[actual[0]], actual.slice(1), true]);
  });

  it('never take what is desired, retained or kept', () => {
    const keys = actual.map(({ key }) => key);
    expect(decide(keys, { desired: actual }).plan.remove).toEqual([]);
    expect(decide(keys, { retainIps: actual.flatMap((one) => one.ip ?? []) }).plan.remove).toEqual([]);
    expect(decide(keys, { kept: actual }).plan.remove).toEqual([]);
  });
});

it('a MAC that is none keeps its statement from coming back', () => {
  const odd: Statement = { ...whole('10.0.48.9', '00:50:56:00:00:01', 13), mac: 'any' };
  expect(pass({ keeps: [keep(odd)] }).plan.add).toEqual([]);
});

import fc from 'fast-check';
import { isBrakeOver, judgeLosses, type BrakeLimits, type Loss } from '../../../src/domain/change/brake';
import { limitsOf } from '../../../src/domain/change/guardSettings';
import type { GuardLimits } from '../../../src/domain/change/guards';
import { guardsOf } from '../../../src/domain/change/heldBy';
import { absentIps, applyPlan, removedBy } from '../../../src/domain/change/plan';
import { planPort, type PortDecision } from '../../../src/domain/change/planPort';
import { judgePass, NOTHING_LATELY } from '../../../src/domain/change/passGuards';
import { addressesOf, type Statement } from '../../../src/domain/change/statement';
import { ip, junos, port, statement } from '../../activities/fakes/values';
import { anyDesired, anyIp, anyMixed } from '../arbitraries';

const PORT = port('ge-0/0/1.0');
const LIMITS: GuardLimits = { maxRemovedBindings: 10, maxRemovedShare: 0.5 };
const many = (count: number, from = 1): Statement[] =>
  Array.from({ length: count }, (_, i) => statement(`10.0.1.${from + i}`));

function decide(
  actual: readonly Statement[],
  desired: readonly Statement[],
  more: Partial<Parameters<typeof planPort>[0]> = {},
): PortDecision {
  const absent = addressesOf(actual);
  return planPort({
    port: PORT,
    actual,
    desired,
    retainIps: [],
    removals: { named: [], absent },
    limits: LIMITS,
    approved: [],
    ...more,
  });
}

describe('what went in the last 24 hours counts', () => {
  const lostToday = addressesOf(many(8, 101));

  it('eight now and eight at the next look are sixteen', () => {
    const first = decide(many(40), many(32));
    expect([first.plan.remove.length, first.parked]).toEqual([8, undefined]);
    const second = decide(many(32), many(24), { lostToday });
    expect(second.plan.remove).toEqual([]);
    expect(second.parked).toMatchObject({
      guards: ['port-shrink-day'],
      reason:
        '8 of 32 bindings would be removed and no event says why (10.0.1.25, 10.0.1.26, 10.0.1.27, 10.0.1.28, 10.0.1.29 and 3 more), after 8 in the last 24 hours; the limit is 10',
    });
  });

  it('also as a share of what the port had', () => {
    expect(decide(many(4), many(3), { lostToday: addressesOf(many(4, 101)) }).parked?.guards).toEqual([
      'port-shrink-day',
    ]);
    expect(decide(many(6), many(5), { lostToday: addressesOf(many(2, 101)) }).parked).toBeUndefined();
  });

  it('but not what is back on the port, nor what an event names', () => {
    const back = many(8);
    expect(decide(many(40), many(32), { lostToday: addressesOf(back) }).parked).toBeUndefined();
    const named = addressesOf(many(40));
    expect(decide(many(40), many(24), { lostToday, removals: { named, absent: [] } }).plan.remove).toHaveLength(16);
  });
});

describe('guards of a device and of the site', () => {
  const hold = { guard: 'site-brake', reason: 'The brake of the site is on' } as const;
  const actual = [statement('10.0.1.1'), statement('10.0.1.2', '00:50:56:00:00:02'), statement('10.0.1.3')];
  const desired = [statement('10.0.1.2', '00:50:56:00:00:99'), statement('10.0.1.4')];

  it('hold what nobody named: absence, and replacements with both halves; an addition goes on', () => {
    const { plan, parked } = decide(actual, desired, {
      holds: [hold],
      removals: { named: [ip('10.0.1.3')], absent: [ip('10.0.1.1')] },
    });
    expect([plan.add, removedBy(plan)]).toEqual([
      [statement('10.0.1.4')],
      [{ ...statement('10.0.1.3'), because: 'named' }],
    ]);
    expect(parked).toMatchObject({
      remove: actual.slice(0, 2),
      add: [statement('10.0.1.2', '00:50:56:00:00:99')],
      guards: ['site-brake'],
      reason: 'The brake of the site is on',
    });
  });

  it('let go what a person approved, with the additions that belong to it', () => {
    const approved = [decide(actual, desired, { holds: [hold] }).parked?.fingerprint ?? ''];
    const { plan, parked } = decide(actual, desired, { holds: [hold], approved });
    expect([applyPlan(actual, plan), parked]).toEqual([desired, undefined]);
    expect(removedBy(plan).map(({ because }) => because)).toEqual(['approved', 'approved', 'approved']);
  });

  it('a replacement of an address that an event names is named', () => {
    const { plan } = decide(actual, desired, { holds: [hold], removals: { named: [ip('10.0.1.2')], absent: [] } });
    expect(removedBy(plan)).toEqual([{ ...statement('10.0.1.2', '00:50:56:00:00:02'), because: 'named' }]);
  });

  it('never hold an address that is not let through yet, and nothing that is named', () => {
    fc.assert(
      fc.property(anyMixed, anyDesired, fc.array(anyIp), fc.array(anyIp), (have, want, named, absent) => {
        const removals = { named, absent };
        const { plan, parked } = decide(have, want, { holds: [hold], removals });
        const present = new Set(addressesOf(have));
        const after = applyPlan(have, plan);
        for (const one of want) if (one.ip !== undefined && !present.has(one.ip)) expect(after).toContainEqual(one);
        for (const gone of removedBy(plan)) expect(gone.because).toBe('named');
        for (const waiting of parked?.remove ?? []) expect(named).not.toContain(waiting.ip);
        // Whatever is let through stays let through, but for what is named.
        const left = new Set(addressesOf(after));
        for (const kept of present) if (!named.includes(kept)) expect(left.has(kept)).toBe(true);
      }),
    );
  });

  it('every removal says by what it is justified', () => {
    fc.assert(
      fc.property(anyMixed, anyDesired, fc.array(anyIp), fc.array(anyIp), (have, want, named, absent) => {
        const { plan } = decide(have, want, { removals: { named, absent } });
        for (const { because, ip: gone } of removedBy(plan)) {
          if (because === 'named') expect(named).toContain(gone);
          else if (because === 'absent') expect(absent).toContain(gone);
          else expect([because, addressesOf(want).includes(gone ?? ip('10.0.0.1'))]).toEqual(['replaced', true]);
        }
        expect(absentIps(plan).every((gone) => absent.includes(gone))).toBe(true);
      }),
    );
  });

  it.each([
    ['nothing', {}, NOTHING_LATELY, []],
    ['a commit that is as large as it may be', { maxChangesPerCommit: 8 }, NOTHING_LATELY, []],
    ['a larger commit', { maxChangesPerCommit: 7 }, NOTHING_LATELY, ['commit-maximum']],
    ['as many changes as an hour may have', { maxChangesPerHour: 10 }, { ...NOTHING_LATELY, changedLastHour: 2 }, []],
    ['more', { maxChangesPerHour: 10 }, { ...NOTHING_LATELY, changedLastHour: 3 }, ['device-rate']],
    ['a brake', {}, { ...NOTHING_LATELY, brake: { since: '2026-11-29T00:00:00.000Z', reason: 'x' } }, ['site-brake']],
  ])('%s', (_what, limits, facts, guards) => {
    const { plan } = decide(many(20), many(12));
    expect(judgePass([plan], { ...LIMITS, ...limits }, facts).map(({ guard }) => guard)).toEqual(guards);
  });

  it('without a change no rate is exceeded', () => {
    const { plan } = decide(many(2), many(2));
    expect(judgePass([plan], { ...LIMITS, maxChangesPerHour: 1 }, { ...NOTHING_LATELY, changedLastHour: 5 })).toEqual(
      [],
    );
  });

  it('a device may have limits of its own', () => {
    const devices = new Map([[junos(2), { maxRemovedBindings: 99 }]]);
    const settings = { ...LIMITS, brake: { ports: 1, bindings: 1, withinMinutes: 1 }, devices };
    expect([limitsOf(settings, junos(1)), limitsOf(settings, junos(2))]).toEqual([
      LIMITS,
      { ...LIMITS, maxRemovedBindings: 99 },
    ]);
  });
});

describe('the brake of the site', () => {
  const limits: BrakeLimits = { ports: 2, bindings: 4, withinMinutes: 60 };
  const loss = (device: number, last: number): Loss => ({
    device: junos(device),
    port: PORT,
    ip: ip(`10.0.0.${last}`),
  });

  it.each([
    ['four bindings of one port', [1, 2, 3, 4].map((last) => loss(1, last)), undefined],
    ['the same one again and again', [1, 1, 1, 1, 1].map((last) => loss(1, last)), undefined],
    [
      'five bindings',
      [1, 2, 3, 4, 5].map((last) => loss(1, last)),
      '5 bindings of 1 ports would be gone within 60 minutes and no event says why; the limit is 4 bindings',
    ],
    [
      'three ports',
      [1, 2, 3].map((device) => loss(device, 1)),
      '3 bindings of 3 ports would be gone within 60 minutes and no event says why; the limit is 2 ports',
    ],
  ])('%s', (_what, losses, reason) => {
    expect(judgeLosses(losses, limits)).toBe(reason);
  });

  it('ends by itself when nothing is held any more and its time is over', () => {
    const brake = { since: '2026-11-29T12:00:00.000Z', reason: 'x' };
    const at = (minutes: number): number => Date.parse(brake.since) + minutes * 60_000;
    expect([isBrakeOver(brake, 0, limits, at(59)), isBrakeOver(brake, 0, limits, at(60))]).toEqual([false, true]);
    expect(isBrakeOver(brake, 1, limits, at(600))).toBe(false);
  });
});

test('what is left out by a contradiction or a conflict counts as held', () => {
  const excluded = (['server-unreadable', 'duplicate-mac', 'duplicate-address', 'no-mac'] as const).map((rule) => ({
    ip: ip('10.0.0.1'),
    rule,
    message: '',
  }));
  const parked = { remove: [], add: [], reason: '', fingerprint: '', guards: ['port-shrink'] as const };
  expect(guardsOf({ excluded, parked })).toEqual(['port-shrink', 'contradiction', 'conflict']);
});

import fc from 'fast-check';
import {
  driftSince,
  judgeDifference,
  rememberDrift,
  type Difference,
  type Drift,
  type ParkedThere,
} from '../../../src/domain/drift/drift';
import { describeDrift } from '../../../src/domain/drift/driftWords';
import { tooManyVanished } from '../../../src/domain/drift/vanished';
import type { Origin } from '../../../src/domain/change/origin';
import { junos, port, server, statement } from '../../activities/fakes/values';

const PORT = port('ge-0/0/1.0');
const AT = '2026-11-30T06:00:00.000Z';
const difference = (missing: readonly number[], extra: readonly number[]): Difference => ({
  port: PORT,
  names: [PORT],
  statements: [
    ...missing.map((n) => ({ change: 'missing' as const, statement: statement(`10.0.48.${n}`) })),
    ...extra.map((n) => ({ change: 'extra' as const, statement: statement(`10.0.48.${n}`) })),
  ],
});
const parked = (added: readonly number[], removed: readonly number[]): ParkedThere => ({
  added: added.map((n) => statement(`10.0.48.${n}`)),
  removed: removed.map((n) => statement(`10.0.48.${n}`)),
  reason: 'nobody explains them',
  at: AT,
});
const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 });
const textsOf = (found: Pick<Difference, 'statements'> | undefined): string[] =>
  (found?.statements ?? []).map(({ change, statement: { key } }) => `${change} ${key}`);

describe('what differs', () => {
  it('is no drift while anything of ours is under way at the port', () => {
    fc.assert(
      fc.property(numbers, numbers, (missing, extra) => {
        const judged = judgeDifference(difference(missing, extra), ['a batch runs'], [], undefined);
        expect(judged).toEqual({ underWay: { port: PORT, why: 'a batch runs' } });
      }),
    );
  });

  it('is drift as far as a pass has not parked it; what was drift before stays drift, and nothing is lost or invented', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, numbers, numbers, (missing, extra, add, remove, known) => {
        const found = difference(
          missing,
          extra.filter((n) => !missing.includes(n)),
        );
        const open = rememberDrift(junos(1), difference([], known), undefined, AT);
        const { drift, underWay } = judgeDifference(found, [], [parked(add, remove)], open);
        const isParked = ({ change, statement: { key } }: Difference['statements'][number]): boolean =>
          (change === 'missing' ? add : remove).some((n) => statement(`10.0.48.${n}`).key === key);
        const isKnown = ({ change, statement: { key } }: Difference['statements'][number]): boolean =>
          change === 'extra' && known.some((n) => statement(`10.0.48.${n}`).key === key);
        const expected = found.statements.filter((one) => isKnown(one) || !isParked(one));
        expect(textsOf(drift)).toEqual(textsOf({ statements: expected }));
        expect(underWay === undefined).toBe(expected.length === found.statements.length);
      }),
    );
  });

  it('keeps what was found of a statement, and since when; what is gone of it goes', () => {
    const origin: Origin = { found: 'commit', commit: { user: 'ada', at: '2026-11-29T00:00:00.000Z' } };
    const first = rememberDrift(junos(1), difference([], [1, 2]), undefined, AT);
    const known: Drift = {
      ...first,
      action: 'rejected',
      fingerprint: 'f',
      statements: first.statements.map((one) => ({ ...one, origin })),
    };
    const later = '2026-11-30T07:00:00.000Z';
    const next = rememberDrift(junos(1), difference([3], [2]), known, later);
    expect(next).toMatchObject({ action: 'rejected', fingerprint: 'f', firstSeen: AT, lastSeen: later });
    expect(next.statements.map(({ firstSeen, origin: of }) => [firstSeen, of])).toEqual([
      [later, undefined],
      [AT, origin],
    ]);
    expect(driftSince(next)).toBe('2026-11-29T00:00:00.000Z');
    expect(driftSince(first)).toBe(AT);
  });
});

it('drift says who did it, and whose the change was when nobody touched the device', () => {
  const says = (change: 'missing' | 'extra', origin: Origin): string =>
    describeDrift({ statements: [{ change, statement: statement('10.0.48.1'), firstSeen: AT, origin }] });
  const ada = { user: 'ada', method: 'cli', at: AT, log: 'ticket 12' };
  const ours = { user: 'pw', log: 'portwarden device:junos:1 batch 7' };
  expect(says('extra', { found: 'commit', commit: ada })).toBe(
    'extra: 10.0.48.1 00:50:56:00:00:01 VLAN.13, brought by a commit of ada via cli at 2026-11-30T06:00:00.000Z, "ticket 12"',
  );
  expect(says('missing', { found: 'commit', commit: ada })).toMatch(/, taken by a commit of ada via cli at /);
  expect(says('missing', { found: 'commit', commit: ours })).toMatch(/taken by portwarden .* no event said so$/);
  expect(says('extra', { found: 'commit', commit: ours })).toMatch(/bound by portwarden .* no event said so$/);
  expect(says('missing', { found: 'older', than: ada, looked: 3 })).toMatch(
    /not there since before the last 3 commits/,
  );
  expect(says('extra', { found: 'older', than: ada, looked: 1 })).toMatch(
    /, older than the last commit, which is of ada/,
  );
  expect(says('extra', { found: 'nothing', why: 'no log' })).toMatch(/nobody can say who did it: no log$/);
  const many = Array.from({ length: 7 }, (_, n) => ({
    ...{ change: 'extra' as const, statement: statement(`10.0.48.${n}`), firstSeen: AT, because: 'gone' },
  }));
  expect(describeDrift({ statements: many })).toMatch(/; and 2 more$/);
});

it('more servers that are gone at once than guards let go are no intent', () => {
  const limits = { maxRemovedBindings: 10, maxRemovedShare: 0.5 };
  const gone = (count: number) => Array.from({ length: count }, (_, n) => server(n + 1));
  expect(tooManyVanished(gone(1), 1, limits)).toBeUndefined();
  expect(tooManyVanished(gone(2), 4, limits)).toBeUndefined();
  expect(tooManyVanished(gone(2), 3, limits)).toMatch(/the limit is 50 %/);
  expect(tooManyVanished(gone(11), 1_000, limits)).toMatch(/the limit is 10/);
});

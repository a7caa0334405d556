import fc from 'fast-check';
import { clockBetween, clockOf, refusalOf } from '../../src/clients/seenAnswer';

const SENT = Date.parse('2026-11-30T12:00:00.000Z');

it('the clock of an answer is compared in the middle of the exchange, to half a second and half of what it took', () => {
  const date = 'Mon, 30 Nov 2026 12:03:00 GMT';
  expect(clockOf({ date }, SENT, SENT + 2_000)).toEqual({ aheadMs: 179_500, withinMs: 1_500 });
});

it.each([
  ['none', {}],
  ['one that is none', { date: 'soon' }],
  ['an answer out of a cache', { date: 'Mon, 30 Nov 2026 12:03:00 GMT', age: '0' }],
])('%s says nothing of a clock', (_which, headers) => {
  expect(clockOf(headers, SENT, SENT)).toBeUndefined();
});

it('nothing is read while our own clock is put back', () => {
  expect(clockBetween(SENT, 0, SENT, SENT - 1)).toBeUndefined();
});

it('whenever between question and answer a clock is read, it is off by no more than is said', () => {
  const ms = fc.integer({ min: 0, max: 120_000 });
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), ms, ms, (ahead, before, after) => {
      const receivedAt = SENT + before + after;
      const date = new Date(SENT + before + ahead).toUTCString();
      const clock = clockOf({ date }, SENT, receivedAt);
      expect(clock).toBeDefined();
      const { aheadMs = Number.NaN, withinMs = Number.NaN } = clock ?? {};
      expect(Math.abs(aheadMs - ahead)).toBeLessThanOrEqual(withinMs);
    }),
  );
});

it('only 401 and 403 refuse', () => {
  expect([200, 401, 403, 404, 500].map(refusalOf)).toEqual([undefined, 'refused', 'forbidden', undefined, undefined]);
});

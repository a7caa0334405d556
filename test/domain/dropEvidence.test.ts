import fc from 'fast-check';
import { nextSample, refusedSince, sampleText, type DropSample } from '../../src/domain/dropEvidence';
import { parsePortName } from '../../src/domain/values/port';

const port = parsePortName('ge-0/0/1.0');
const at = (minutes: number): string =>
  new Date(Date.parse('2031-01-01T00:00:00.000Z') + minutes * 60_000).toISOString();
const read = (before: DropSample | undefined, refused: number, minutes: number, changed?: number): DropSample =>
  nextSample(
    before,
    { port, refused },
    changed === undefined ? undefined : { at: at(changed), commit: `commit ${changed}` },
    at(minutes),
  );

it('counts from the last change on, and begins anew with the next one', () => {
  const first = read(undefined, 100, 1, 0);
  expect([refusedSince(first), first.basis]).toEqual([0, 'change']);
  const second = read(first, 137, 30, 0);
  expect(sampleText(second)).toBe(`37 ARP frames refused since the last change (${at(0)}), counted at ${at(30)}`);
  const third = read(second, 140, 60, 59);
  expect([refusedSince(third), third.commit, third.since]).toEqual([0, 'commit 59', at(60)]);
  expect(refusedSince(read(third, 141, 90, 59))).toBe(1);
});

it('a port that was not looked at when it was changed is counted from the first look on', () => {
  const late = read(undefined, 100, 60, 0);
  expect(late.basis).toBe('first');
  const later = read(late, 105, 70, 0);
  expect(sampleText(later)).toBe(
    `5 ARP frames refused since ${at(60)}, when they were counted first, counted at ${at(70)}`,
  );
  expect(read(undefined, 5, 0).basis).toBe('first');
});

it('a counter that is smaller than it was began anew: what it has came since then', () => {
  const before = read(read(undefined, 100, 1, 0), 150, 10, 0);
  const reset = read(before, 7, 20, 0);
  expect(sampleText(reset)).toBe(
    `7 ARP frames refused since the device began to count anew (after ${at(10)}), counted at ${at(20)}`,
  );
  expect(reset.commit).toBe('commit 0');
  expect(refusedSince(read(reset, 9, 30, 0))).toBe(9);
  expect(refusedSince(read(reset, 9, 30, 29))).toBe(0);
});

it('whatever happens: nothing is counted that was not refused since then, and nothing twice', () => {
  const steps = fc.array(fc.record({ refused: fc.nat(50), restarts: fc.boolean(), changes: fc.boolean() }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, (happenings) => {
      let counter = 0;
      let sample: DropSample | undefined;
      let changed: number | undefined;
      const log: { minute: number; refused: number }[] = [];
      happenings.forEach(({ refused, restarts, changes }, index) => {
        const minute = index * 10;
        if (restarts) counter = 0;
        counter += refused;
        log.push({ minute, refused });
        if (changes) changed = minute;
        sample = read(sample, counter, minute, changed);
        const since = Date.parse(sample.since);
        const truly = log
          .filter((one) => Date.parse(at(one.minute)) > since)
          .reduce((sum, one) => sum + one.refused, 0);
        expect(refusedSince(sample)).toBeGreaterThanOrEqual(0);
        // A restart may hide frames; none is invented.
        expect(refusedSince(sample)).toBeLessThanOrEqual(truly);
        if (!happenings.some((one) => one.restarts)) expect(refusedSince(sample)).toBe(truly);
      });
    }),
  );
});

import fc from 'fast-check';
import { deviceId } from '../../src/domain/values/device';
import { parseSiteName, type Sites } from '../../src/domain/values/scope';
import { ALWAYS, windowDeferral, type ChangeWindows, type WindowTime } from '../../src/domain/windows/changeWindow';
import { dayAfter, instantOf, localTime, parseTimeZone, type TimeZone } from '../../src/domain/windows/zonedTime';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const sites: Sites = new Map([[parseSiteName('fra1'), [first]]]);
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'].map(parseTimeZone);
const BERLIN = parseTimeZone('Europe/Berlin');
const HOUR = 3_600_000;

const anyZone = fc.constantFrom(...ZONES);
/** Of the years 2025 to 2027: each has every change of clocks. */
const anyInstant = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2027, 11, 31) });
const anyTime: fc.Arbitrary<WindowTime> = fc.record({
  kind: fc.constant('weekly' as const),
  zone: anyZone,
  lastsMs: fc.integer({ min: 1, max: 168 * 12 }).map((n) => n * 300_000),
  days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
});
const anyFreeze = fc
  .record({ from: anyInstant, lasts: fc.integer({ min: 1, max: 40 * 24 * HOUR }) })
  .map(({ from, lasts }) => ({ devices: [], sites: [], reason: 'r', from, to: from + lasts }));
const anyWindows: fc.Arbitrary<ChangeWindows> = fc.record({
  windows: fc.array(
    fc.record({ devices: fc.constant([]), sites: fc.constant([]), times: fc.array(anyTime, { maxLength: 2 }) }),
    {
      maxLength: 2,
    },
  ),
  freezes: fc.array(anyFreeze, { maxLength: 2 }),
});

/** Whether some window is open, found minute by minute from clocks alone: it began that many minutes ago. */
function isOpenByClocks(time: WindowTime, at: number): boolean {
  if (time.kind === 'once') return false;
  for (let began = Math.floor(at / 60_000) * 60_000; began > at - time.lastsMs; began -= 60_000) {
    const local = localTime(time.zone, began);
    const { weekday } = dayAfter(local, 0);
    const shows = local.hour === time.hour && local.minute === time.minute && time.days.includes(weekday);
    // Of a time that comes twice the first one counts.
    if (shows && instantOf(time.zone, local) === began) return true;
  }
  return false;
}

test('the instant of a local time shows that time, and is the first such; one that never comes is moved on by the gap', () => {
  fc.assert(
    fc.property(anyZone, anyInstant, (zone, at) => {
      const local = localTime(zone, at);
      const instant = instantOf(zone, local);
      expect(localTime(zone, instant)).toEqual(local);
      expect(instant).toBeLessThanOrEqual(at);
      expect(at - instant).toBeLessThan(2 * HOUR);
    }),
  );
  const day = { year: 2026, month: 3, day: 29, minute: 30 };
  expect(new Date(instantOf(BERLIN, { ...day, hour: 1 })).toISOString()).toBe('2026-03-29T00:30:00.000Z');
  // Clocks go from 02:00 to 03:00: RFC 5545 reads 02:30 with the offset before, which is 03:30.
  expect(localTime(BERLIN, instantOf(BERLIN, { ...day, hour: 2 }))).toMatchObject({ hour: 3, minute: 30 });
  // 02:30 comes twice on 25 October: the first one is still summer time.
  const back = instantOf(BERLIN, { year: 2026, month: 10, day: 25, hour: 2, minute: 30 });
  expect(new Date(back).toISOString()).toBe('2026-10-25T00:30:00.000Z');
});

test('a window is open exactly when clocks showed its time so long ago', () => {
  fc.assert(
    fc.property(anyTime, anyInstant, (time, at) => {
      const inGap = isMovedByGap(time, at);
      fc.pre(!inGap);
      const windows = { windows: [{ devices: [], sites: [], times: [time] }], freezes: [] };
      expect(windowDeferral(windows, first, sites, at) === undefined).toBe(isOpenByClocks(time, at));
    }),
    { numRuns: 60 },
  );
});

/** Whether the clocks of the zone skip the window's time somewhere around, which the slow way above cannot see. */
function isMovedByGap(time: WindowTime, at: number): boolean {
  if (time.kind === 'once') return false;
  for (let offset = -10; offset <= 1; offset += 1) {
    const { weekday, ...day } = dayAfter(localTime(time.zone, at), offset);
    const wanted = { ...day, hour: time.hour, minute: time.minute };
    const shown = localTime(time.zone, instantOf(time.zone, wanted));
    if (time.days.includes(weekday) && (shown.hour !== wanted.hour || shown.minute !== wanted.minute)) return true;
  }
  return false;
}

test('what is deferred may be changed at its end, and at no time before', () => {
  fc.assert(
    fc.property(anyWindows, anyInstant, fc.double({ min: 0, max: 1, noNaN: true }), (windows, at, share) => {
      const found = windowDeferral(windows, first, sites, at);
      if (found?.until === undefined) return;
      expect(found.until).toBeGreaterThan(at);
      expect(windowDeferral(windows, first, sites, found.until)).toBeUndefined();
      const between = Math.floor(at + (found.until - 1 - at) * share);
      expect(windowDeferral(windows, first, sites, between)?.until).toBe(found.until);
    }),
    { numRuns: 60 },
  );
});

test('it says why, and only a window that never comes again has no end', () => {
  const once = (year: number): WindowTime => ({
    kind: 'once',
    zone: BERLIN,
    lastsMs: 2 * HOUR,
    from: { year, month: 7, day: 1, hour: 22, minute: 0 },
  });
  const at = Date.UTC(2026, 6, 1, 12);
  const ofWindows = (...times: WindowTime[]) =>
    windowDeferral({ windows: [{ devices: [first], sites: [], times }], freezes: [] }, first, sites, at);
  expect(ofWindows(once(2026))).toMatchObject({
    until: Date.UTC(2026, 6, 1, 20),
    error: { code: 'outside-change-window' },
  });
  expect(ofWindows(once(2025))).not.toHaveProperty('until');
  const frozen = { devices: [], sites: [parseSiteName('fra1')], reason: 'end of year', from: at - 1, to: at + HOUR };
  expect(windowDeferral({ windows: [], freezes: [frozen] }, first, sites, at)).toMatchObject({
    until: at + HOUR,
    error: { code: 'change-freeze', message: expect.stringContaining('end of year') as unknown },
  });
});

test('devices that no window names may be changed at any time; without any all may', () => {
  const never = (zone: TimeZone): WindowTime => ({ kind: 'weekly', zone, lastsMs: 1, days: [], hour: 0, minute: 0 });
  const windows: ChangeWindows = {
    windows: [{ devices: [], sites: [parseSiteName('fra1')], times: [never(BERLIN)] }],
    freezes: [],
  };
  expect(windowDeferral(windows, first, sites, 0)).toBeDefined();
  expect(windowDeferral(windows, second, sites, 0)).toBeUndefined();
  expect(windowDeferral(ALWAYS, first, sites, 0)).toBeUndefined();
});

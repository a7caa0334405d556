import fc from 'fast-check';
import { backupRuleOf, dueDevices, isAnyScheduled, type BackupRules } from '../../../src/domain/backups/backupRules';
import { deviceId } from '../../../src/domain/values/device';

const HOUR = 3_600_000;
const DAILY: BackupRules = { all: { everyMs: 24 * HOUR }, devices: new Map([[deviceId('junos', 9), {}]]) };
const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const ago = (hours: number): string => new Date(NOW - hours * HOUR).toISOString();

test('a device is due when its rule says so, those that waited longest first; one without a rule is never', () => {
  const runs = [
    { device: deviceId('junos', 1), succeededAt: ago(23) },
    { device: deviceId('junos', 2), succeededAt: ago(25) },
    { device: deviceId('junos', 3), succeededAt: ago(23.9) },
  ];
  const known = [1, 2, 3, 4, 9].map((key) => deviceId('junos', key));
  expect(dueDevices(known, runs, DAILY, NOW)).toEqual(['junos:4', 'junos:2', 'junos:3']);
});

test('hourly looks keep a daily backup daily: it is never later than a day and half an hour, and never twice within 23 hours', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -600_000, max: 600_000 }), { minLength: 80, maxLength: 80 }), (jitters) => {
      const device = deviceId('junos', 1);
      let last: number | undefined;
      for (const [hour, jitter] of jitters.entries()) {
        const now = NOW + hour * HOUR + jitter;
        const runs = last === undefined ? [] : [{ device, succeededAt: new Date(last).toISOString() }];
        if (dueDevices([device], runs, DAILY, now).length === 0) {
          expect(now - (last ?? 0)).toBeLessThan(24.5 * HOUR);
          continue;
        }
        if (last !== undefined) expect(now - last).toBeGreaterThan(23 * HOUR);
        last = now;
      }
    }),
  );
});

test('a device that is configured by itself has a rule of its own', () => {
  expect(backupRuleOf(DAILY, deviceId('junos', 9))).toEqual({});
  expect(isAnyScheduled(DAILY)).toBe(true);
  expect(isAnyScheduled({ all: {}, devices: new Map() })).toBe(false);
  expect(isAnyScheduled({ all: {}, devices: new Map([[deviceId('junos', 1), { everyMs: 1 }]]) })).toBe(true);
});

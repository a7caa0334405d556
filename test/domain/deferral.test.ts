import fc from 'fast-check';
import { deferralOf, deferralOfNames, isDeferred, type Deferral } from '../../src/domain/change/deferral';
import { errorReport } from '../../src/domain/errors';
import { concernsDevice, deferralByPause, pauseText, type Pause } from '../../src/domain/pauses/pause';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { exceptPorts } from '../../src/domain/windows/windowException';
import { isInScope, parseScope, parseSiteName, type Scope, type Sites } from '../../src/domain/values/scope';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const ports = ['ge-0/0/1.0', 'ge-0/0/2.0'].map(parsePortName);
const sites: Sites = new Map([[parseSiteName('fra1'), [first]]]);

const anyDeferral: fc.Arbitrary<Deferral> = fc
  .record({
    some: fc.option(fc.subarray(ports, { minLength: 1 }), { nil: undefined }),
    except: fc.option(fc.subarray(ports, { minLength: 1 }), { nil: undefined }),
    until: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  })
  .map(({ some, except, until }) => ({
    error: errorReport('paused', 'x'),
    ...(some === undefined ? {} : { ports: some }),
    ...(except === undefined ? {} : { except }),
    ...(until === undefined ? {} : { until }),
  }));

test('a port waits exactly while something that names it, or all, is not over, and for the longest of it', () => {
  fc.assert(
    fc.property(fc.array(anyDeferral), fc.constantFrom(...ports), fc.integer({ min: 0, max: 25 }), (all, port, now) => {
      const found = deferralOf(all, port, now);
      const holding = all.filter(
        ({ ports: some, except, until }) =>
          (some?.includes(port) ?? true) && except?.includes(port) !== true && (until === undefined || until > now),
      );
      expect(found !== undefined).toBe(holding.length > 0);
      if (found === undefined) return;
      expect(holding).toContain(found);
      const ends = holding.map(({ until }) => until ?? Infinity);
      expect(found.until ?? Infinity).toBe(Math.max(...ends));
      // As soon as that is over, nothing holds the port any more.
      if (found.until !== undefined) expect(deferralOf(all, port, found.until)).toBeUndefined();
    }),
  );
});

test('a pause defers exactly the ports that are in its scope', () => {
  const scopes: Scope[] = [
    { kind: 'all' },
    parseScope({ site: 'fra1' }),
    parseScope({ device: 'junos:1' }),
    parseScope({ device: 'junos:2' }),
    parseScope({ device: 'junos:1', port: 'ge-0/0/1.0' }),
  ];
  for (const scope of scopes)
    for (const device of [first, second])
      for (const port of ports) {
        const pause = { id: '1', scope, reason: 'r', author: 'a', since: '2026-01-01T00:00:00.000Z' };
        const deferrals = concernsDevice(pause, device, sites) ? [deferralByPause(pause, (name) => name)] : [];
        expect(deferralOf(deferrals, port, 0) !== undefined).toBe(isInScope({ device, port }, scope, sites));
      }
});

test('what was in a site when it was paused stays paused though the site changes', () => {
  const pause = { scope: parseScope({ site: 'fra1' }), devices: [first] };
  expect(concernsDevice(pause, first, new Map())).toBe(true);
  expect(concernsDevice(pause, second, new Map([[parseSiteName('fra1'), [second]]]))).toBe(true);
  expect(concernsDevice(pause, second, sites)).toBe(false);
});

test('it says who paused what, until when and why, and names ports as the device does', () => {
  const pause: Pause = {
    id: '1',
    scope: parseScope({ device: 'junos:1', port: 'ge-0/0/1' }),
    author: 'alice',
    reason: 'new line card',
    since: '2026-11-29T12:00:00.000Z',
    expiresAt: '2026-11-29T14:00:00.000Z',
  };
  const deferral = deferralByPause(pause, (port) => parsePortName(`${port}.0`));
  expect(deferral).toEqual({
    ports: ['ge-0/0/1.0'],
    until: Date.parse('2026-11-29T14:00:00.000Z'),
    error: errorReport(
      'paused',
      'alice paused port junos:1 ge-0/0/1 at 2026-11-29T12:00:00.000Z, until 2026-11-29T14:00:00.000Z: new line card',
    ),
  });
  const { author, reason, since } = pause;
  expect(pauseText({ author, reason, since, scope: { kind: 'all' } })).toBe(
    'alice paused everything at 2026-11-29T12:00:00.000Z, until somebody resumes: new line card',
  );
  expect([isDeferred(deferral.error), isDeferred(undefined), isDeferred(errorReport('internal', ''))]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a port that goes by two names waits when either is named, and passes when either may', () => {
  const [own = parsePortName('x'), member = parsePortName('y')] = ports;
  const closed = { error: errorReport('outside-change-window', 'closed') };
  const names = [own, member];
  expect(deferralOfNames([closed], names, 0)).toBe(closed);
  expect(deferralOfNames([{ ...closed, except: [member] }], names, 0)).toBeUndefined();
  expect(deferralOfNames([{ ...closed, except: [member] }], [own], 0)).toBeDefined();
  const paused = { error: errorReport('paused', 'x'), ports: [member] };
  expect(deferralOfNames([paused], names, 0)).toBe(paused);
  expect(deferralOfNames([paused], [own], 0)).toBeUndefined();
});

test('a closed window lets through who may pass it; a freeze and a pause let nobody', () => {
  for (const [code, passes] of [
    ['outside-change-window', true],
    ['change-freeze', false],
    ['paused', false],
  ] as const) {
    const deferral = { error: errorReport(code, 'x') };
    expect(exceptPorts(deferral, [])).toBe(deferral);
    expect(exceptPorts(deferral, ports)).toEqual(passes ? { ...deferral, except: ports } : deferral);
  }
});

import pino from 'pino';
import { SourceReports } from '../../src/app/sourceReports';
import { deviceId } from '../../src/domain/values/device';
import { MemorySourceStates } from '../activities/fakes/memorySourceStates';

const cloud = deviceId('neutron', 'lab');
const panel = { name: 'panel' } as const;
const log = pino({ level: 'silent' });
const SECOND = 1_000;

let sourceStates: MemorySourceStates;
let reports: SourceReports;
let now: number;
let put: jest.SpyInstance;
const iso = (): string => new Date(now).toISOString();
const clock = (aheadMs: number, withinMs = 600) => ({ aheadMs, withinMs });

beforeEach(() => {
  now = Date.parse('2026-11-30T12:00:00.000Z');
  sourceStates = new MemorySourceStates();
  put = jest.spyOn(sourceStates, 'put');
  const configured = { names: ['panel', 'pve'], devices: [cloud], kinds: ['neutron'] };
  reports = new SourceReports({ store: { sourceStates }, configured, log, everyMs: 3_600_000, now: () => now });
});
afterEach(() => reports.stop());

it('writes at once what is new, and the same again once a minute only', async () => {
  const observe = reports.of(panel);
  observe({ login: 'accepted', clock: clock(10) });
  await reports.round();
  expect(await sourceStates.list()).toEqual([
    { subject: panel, acceptedAt: iso(), clock: { ...clock(10), at: iso() } },
  ]);
  for (let second = 1; second < 60; second += 1) {
    now += SECOND;
    observe({ login: 'accepted', clock: clock(-300) });
    await reports.round();
  }
  expect(put).toHaveBeenCalledTimes(1);
  now += SECOND;
  await reports.round();
  expect(put).toHaveBeenCalledTimes(2);
  now += 120 * SECOND;
  await reports.round();
  // Nothing was heard since.
  expect(put).toHaveBeenCalledTimes(2);
});

it.each([
  ['a login that is refused', { login: 'refused' }],
  ['a right that is lacking', { login: 'forbidden' }],
  ['a clock that was set', { clock: clock(60_000) }],
] as const)('writes %s at once', async (_what, answer) => {
  const observe = reports.of(panel);
  observe({ login: 'accepted', clock: clock(0) });
  await reports.round();
  now += SECOND;
  observe(answer);
  await reports.round();
  expect(put).toHaveBeenCalledTimes(2);
});

it('writes at once that a refused login is accepted again, but not each of the refusals', async () => {
  const observe = reports.of({ device: cloud });
  observe({ login: 'refused' });
  await reports.round();
  now += SECOND;
  observe({ login: 'refused' });
  await reports.round();
  expect(put).toHaveBeenCalledTimes(1);
  now += SECOND;
  observe({ login: 'accepted' });
  await reports.round();
  expect(await sourceStates.list()).toMatchObject([{ subject: { device: cloud }, acceptedAt: iso() }]);
});

it('of clocks read since the last writing the most exact one counts', async () => {
  const observe = reports.of(panel);
  observe({ clock: clock(5, 600) });
  observe({ login: 'accepted', clock: clock(30_000, 40_000) });
  await reports.round();
  expect(await sourceStates.list()).toMatchObject([{ acceptedAt: iso(), clock: clock(5, 600) }]);
});

it('tries again what the store did not take, with what was heard meanwhile', async () => {
  put.mockRejectedValueOnce(new Error('away'));
  const observe = reports.of(panel);
  observe({ login: 'refused' });
  const refusedAt = iso();
  await reports.round();
  expect(await sourceStates.list()).toEqual([]);
  now += SECOND;
  observe({ clock: clock(3) });
  await reports.round();
  expect(await sourceStates.list()).toEqual([{ subject: panel, refusedAt, clock: { ...clock(3), at: iso() } }]);
});

it('writes at its end what was not due yet', async () => {
  const observe = reports.of(panel);
  observe({ login: 'accepted' });
  await reports.round();
  now += SECOND;
  observe({ login: 'accepted' });
  await reports.stop();
  expect(await sourceStates.list()).toEqual([{ subject: panel, acceptedAt: iso() }]);
});

it('forgets what is no longer configured, and nothing of devices that only the panel lists', async () => {
  const [gone, kept] = [deviceId('neutron', 'gone'), deviceId('junos', 7)];
  const subjects = [{ name: 'pve-old' }, { device: gone }, panel, { device: cloud }, { device: kept }];
  for (const subject of subjects) await sourceStates.put({ subject, refusedAt: iso() });
  await reports.round();
  expect((await sourceStates.list()).map(({ subject }) => subject)).toEqual(subjects.slice(2));
});

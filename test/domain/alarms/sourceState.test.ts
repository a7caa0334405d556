import fc from 'fast-check';
import { alarmsOf } from '../../../src/domain/alarms/alarmsOf';
import { alarmKey, type FoundAlarm } from '../../../src/domain/alarms/alarm';
import type { AlarmFacts } from '../../../src/domain/alarms/facts';
import { reconcileAlarms } from '../../../src/domain/alarms/reconcile';
import { afterAnswer, isConfigured, isRefused, type SourceState } from '../../../src/domain/alarms/sourceState';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';

const NOW = Date.parse('2026-11-30T12:00:00.000Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();
const cloud = deviceId('neutron', 'lab');
const LIMITS = {
  ...{ manyAttempts: 10, staleAfterMs: 300_000, unboundMs: 86_400_000, notificationsFailingMs: 600_000 },
  ...{ clockSkewMs: 10_000, sourceClockSkewMs: 120_000 },
};
const CONFIGURED = { names: ['panel', 'pve'], devices: [cloud], kinds: ['neutron'] };
const NOTHING: AlarmFacts = {
  coordinators: { value: { states: [], stuck: [], silent: [], unasked: 0, areAllListed: true } },
  devices: { value: [cloud] },
  ...{ parked: { value: [] }, standing: { value: [] }, brake: { value: undefined }, endingPolicies: { value: [] } },
  ...{ watches: { value: [] }, waitingEvents: { value: { count: 0 } }, openCommits: { value: [] } },
  clocks: { value: [] },
};
const facts = (...states: readonly SourceState[]): AlarmFacts => ({
  ...NOTHING,
  sources: { value: { states, configured: CONFIGURED } },
});
const failedWith = (code: string): AlarmFacts => {
  const port = parsePortName('p');
  const lastOutcomes = [{ port, status: 'failed', summary: 'as it ended', code, at: ago(30) }];
  const states = [{ device: cloud, pending: [], lastOutcomes }];
  return {
    ...facts(),
    coordinators: { value: { states, stuck: [], silent: [], unasked: 0, areAllListed: true } },
  };
};

/** The open alarms about tokens and clocks after each of these, judged one after the other. */
function judge(...steps: readonly AlarmFacts[]): readonly (readonly string[])[] {
  let open: readonly FoundAlarm[] = [];
  return steps.map((step) => {
    const { raise, clear } = reconcileAlarms(open, alarmsOf(step, LIMITS, NOW));
    open = [...open.filter((alarm) => !clear.includes(alarm)), ...raise];
    return open.filter(({ id }) => id === 'token-rejected' || id === 'clock-skew').map(alarmKey);
  });
}

it('says who refuses, and names no address', () => {
  const { found } = alarmsOf(
    facts(
      { subject: { name: 'panel' }, refusedAt: ago(9) },
      { subject: { name: 'pve' }, forbiddenAt: ago(9), acceptedAt: ago(1) },
      { subject: { device: cloud }, refusedAt: ago(9), clock: { aheadMs: -200_000, withinMs: 500, at: ago(9) } },
    ),
    LIMITS,
    NOW,
  );
  expect(found.map(({ text, ...subject }) => `${alarmKey(subject)}| ${text}`)).toEqual([
    'token-rejected   panel| panel-unauthorized: the token or login of the panel is refused, and nothing was let in with it since',
    'token-rejected   pve| proxmox-forbidden: the token of the cluster pve lacks a right; what it is for is in the log and at the port that needs it',
    'token-rejected neutron:lab  | device-authentication: the token or login of neutron:lab is refused, and nothing was let in with it since',
    "clock-skew neutron:lab  | The clock of neutron:lab is 200 s behind the worker's",
  ]);
});

it('a cloud that does not answer all that is asked of it is no alarm', () => {
  expect(judge(facts({ subject: { device: cloud }, forbiddenAt: ago(1), acceptedAt: ago(2) }))).toEqual([[]]);
});

it('a look that said the same is the same alarm, and tells more of it', () => {
  const looked = failedWith('device-authentication');
  const both = {
    ...looked,
    ...facts({ subject: { device: cloud }, refusedAt: ago(31) }),
    coordinators: looked.coordinators,
  };
  const found = alarmsOf(both, LIMITS, NOW).found.filter(({ id }) => id === 'token-rejected');
  expect(found).toMatchObject([{ device: cloud, text: 'device-authentication: as it ended' }]);
});

it('a login that is accepted again ends what a look said of it, though the coordinator has ended', () => {
  const subject = { device: cloud };
  const key = 'token-rejected neutron:lab  ';
  const accepted = { subject, refusedAt: ago(31), acceptedAt: ago(10) };
  expect(judge(failedWith('device-authentication'), facts(), facts(accepted))).toEqual([[key], [key], []]);
  // Accepted before it failed, or never refused: the look has the word, a right may be lacking.
  const before = { ...accepted, acceptedAt: ago(40) };
  expect(judge(failedWith('device-permission'), facts(before))[1]).toEqual([key]);
  expect(judge(failedWith('device-permission'), facts({ subject, acceptedAt: ago(1) }))[1]).toEqual([key]);
  expect(judge(failedWith('device-permission'), facts({ ...accepted, forbiddenAt: ago(30) }))[1]).toEqual([key]);
});

it('sources that are no longer configured have no alarms', () => {
  const states: readonly SourceState[] = [
    { subject: { name: 'pve' }, refusedAt: ago(9), clock: { aheadMs: 1e9, withinMs: 500, at: ago(9) } },
    { subject: { device: cloud }, refusedAt: ago(9) },
  ];
  const without = { value: { states, configured: { ...CONFIGURED, names: ['panel'], devices: [] } } };
  const [raised, left] = judge(facts(...states), { ...facts(), sources: without });
  expect(raised).toHaveLength(3);
  expect(left).toEqual([]);
});

it('whatever answers come: the login is refused exactly when the last one that says anything of it refused', () => {
  const words = fc.constantFrom('accepted' as const, 'refused' as const, 'forbidden' as const, undefined);
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), (answers) => {
      const start: SourceState = { subject: { name: 'panel' } };
      const state = answers.reduce<SourceState>(
        (known, login, at) => afterAnswer(known, login === undefined ? {} : { login }, NOW + at),
        start,
      );
      expect(isRefused(state)).toBe(answers.filter((word) => word !== undefined).at(-1) === 'refused');
    }),
  );
});

it('any device may be there whose kind does not list its devices', () => {
  const known = (device: ReturnType<typeof deviceId>): boolean => isConfigured({ device }, CONFIGURED);
  expect([deviceId('junos', 9), cloud, deviceId('neutron', 'x')].map(known)).toEqual([true, true, false]);
  expect(isConfigured({ name: 'hypervisors' }, { ...CONFIGURED, names: ['panel'] })).toBe(false);
});

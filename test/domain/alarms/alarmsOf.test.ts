import fc from 'fast-check';
import { alarmKey, subjectText, type FoundAlarm } from '../../../src/domain/alarms/alarm';
import { alarmsOf } from '../../../src/domain/alarms/alarmsOf';
import type { AlarmFacts, CoordinatorFacts } from '../../../src/domain/alarms/facts';
import type { SourceState } from '../../../src/domain/alarms/sourceState';
import { reconcileAlarms } from '../../../src/domain/alarms/reconcile';
import { ALARM_IDS, type AlarmId } from '../../../src/domain/alarms/registry';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';

const NOW = Date.parse('2026-11-30T12:00:00.000Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();
const LIMITS = {
  manyAttempts: 10,
  staleAfterMs: 300_000,
  unboundMs: 86_400_000,
  clockSkewMs: 10_000,
  sourceClockSkewMs: 120_000,
  notificationsFailingMs: 600_000,
};
const device = deviceId('junos', 3);
const port = parsePortName('ge-0/0/1.0');
const cluster = { cluster: 'pve', guests: 5, readUpTo: 0, changes: [] };

const CONFIGURED = { names: ['panel', 'pve'], devices: [], kinds: ['neutron'] };
const ALL = { unasked: 0, areAllListed: true };

/** An installation in which everything is well. */
const WELL: AlarmFacts = {
  coordinators: { value: { states: [], stuck: [], silent: [], ...ALL } },
  devices: { value: [device] },
  parked: { value: [] },
  standing: { value: [] },
  brake: { value: undefined },
  endingPolicies: { value: [] },
  watches: { value: [{ ...cluster, lookedAt: ago(5) }] },
  waitingEvents: { value: { count: 0 } },
  openCommits: { value: [] },
  clocks: { value: [{ name: 'the database', aheadMs: 40 }] },
  backups: { value: [{ device }] },
  drift: { value: [] },
  sources: { value: { states: [], configured: CONFIGURED } },
  endpoints: { value: [{ id: 'ops' }, { id: 'chat', failingSince: ago(599), lastError: 'notification-refused: 500' }] },
};

const coordinator = (state: Partial<CoordinatorFacts>): Pick<AlarmFacts, 'coordinators'> => ({
  coordinators: {
    value: { states: [{ device, pending: [], lastOutcomes: [], ...state }], stuck: [], silent: [], ...ALL },
  },
});
const waiting = (reason: string, attempts = 1): Pick<AlarmFacts, 'coordinators'> =>
  coordinator({ pending: [{ port, since: ago(60), attempts, reason }] });
const ended = (status: string, code?: string, at = ago(20)): CoordinatorFacts['lastOutcomes'][number] => ({
  port,
  status,
  summary: 'as it ended',
  at,
  ...(code === undefined ? {} : { code }),
});
const looked = (...lastOutcomes: CoordinatorFacts['lastOutcomes']): Pick<AlarmFacts, 'coordinators'> =>
  coordinator({ lastOutcomes });
const answers = (state: Partial<SourceState>, name = 'panel'): Pick<AlarmFacts, 'sources'> => ({
  sources: { value: { states: [{ subject: { name }, ...state }], configured: CONFIGURED } },
});
const clock = (aheadMs: number, seconds = 5): Partial<SourceState> => ({
  clock: { aheadMs, withinMs: 600, at: ago(seconds) },
});
const unbound = (rule: string, seconds: number): Pick<AlarmFacts, 'standing'> => ({
  standing: { value: [{ list: 'unbound', device, port, rule, count: 1, since: ago(seconds), message: 'why' }] },
});

/** For each alarm, the faults that raise it, and what mends each. */
const FAULTS: Readonly<Record<AlarmId, readonly (readonly [Partial<AlarmFacts>, Partial<AlarmFacts>?])[]>> = {
  'device-unreachable': [
    [waiting('device-unreachable: refused')],
    [coordinator({ deviceError: { code: 'device-timeout', message: 'late' } }), waiting('paused: by ada')],
  ],
  'lock-held': [[waiting('device-busy: bob has it'), looked(ended('applied'))], [waiting('device-foreign-edits: bob')]],
  'commit-unknown': [
    [waiting('device-unknown-outcome: lost')],
    [{ openCommits: { value: [{ device, since: ago(121) }] } }],
  ],
  'coordinator-stuck': [
    [{ coordinators: { value: { states: [], stuck: [{ device, cause: '[TMPRL1100]' }], silent: [], ...ALL } } }],
  ],
  'out-of-sync': [
    [looked(ended('failed', 'device-rejected')), looked(ended('unchanged'))],
    [looked(ended('failed')), looked(ended('parked'))],
    [looked(ended('failed')), { devices: { value: [] } }],
    [
      { drift: { value: [{ device, port, firstSeen: ago(9), summary: '1 binding is missing' }] } },
      looked(ended('unchanged')),
    ],
  ],
  parked: [[{ parked: { value: [{ device, port, reason: 'unknown bindings', guards: [], at: ago(5) }] } }]],
  'guard-tripped': [
    [{ parked: { value: [{ device, port, reason: 'too many', guards: ['port-shrink'], at: ago(5) }] } }],
  ],
  'site-brake': [[{ brake: { value: { since: ago(5), reason: 'too much' } } }]],
  'stale-source': [
    [{ watches: { value: [{ ...cluster, lookedAt: ago(301) }] } }],
    [{ watches: { value: [{ ...cluster, error: { code: 'proxmox-unreachable', message: 'no', since: ago(301) } }] } }],
    [{ waitingEvents: { value: { count: 2 } } }],
    [waiting('panel-unreachable: refused')],
    [waiting('proxmox-no-quorum: pve')],
  ],
  'source-contradiction': [
    [unbound('guest-still-runs', 5)],
    [unbound('duplicate-address', 5)],
    [waiting('panel-contradiction: two answers')],
    [{ standing: { value: [{ ...read(unbound('kept-elsewhere', 5)), list: 'conflicting' }] } }],
  ],
  'token-rejected': [
    [looked(ended('failed', 'device-authentication')), looked(ended('unchanged'))],
    [looked(ended('failed', 'panel-unauthorized')), looked(ended('applied'))],
    [waiting('proxmox-forbidden: role'), looked(ended('applied'))],
    [{ watches: { value: [{ ...cluster, error: { code: 'proxmox-unauthorized', message: 'no', since: ago(9) } }] } }],
    [answers({ refusedAt: ago(9) }), answers({ refusedAt: ago(9), acceptedAt: ago(8) })],
    [answers({ forbiddenAt: ago(599), acceptedAt: ago(1) }), answers({ forbiddenAt: ago(600), acceptedAt: ago(1) })],
  ],
  'many-retries': [[waiting('panel-failed: 500', 10), waiting('panel-failed: 500', 9)]],
  'policy-expiring': [[{ endingPolicies: { value: [{ scope: 'server 7', expiresAt: ago(-60), says: 'off' }] } }]],
  'unbound-old': [[unbound('no-mac', 86_400), unbound('no-mac', 86_399)]],
  'clock-skew': [
    [{ clocks: { value: [{ name: 'the database', aheadMs: 10_001 }] } }],
    [{ clocks: { value: [{ name: 'the database', aheadMs: -10_001 }] } }],
    [answers(clock(120_601)), answers(clock(120_600))],
    [answers(clock(-120_601, 86_399)), answers(clock(-120_601, 86_400))],
  ],
  'notification-failing': [
    [{ endpoints: { value: [{ id: 'ops', failingSince: ago(600), lastError: 'notification-unreachable: away' }] } }],
    [{ endpoints: { value: [{ id: 'ops', failingSince: ago(5), disabledAt: ago(5) }] } }, { endpoints: { value: [] } }],
  ],
  'backup-failing': [
    [{ backups: { value: [{ device, failing: { since: ago(9), code: 'device-timeout', message: 'late' } }] } }],
  ],
};

function read({ standing }: Pick<AlarmFacts, 'standing'>) {
  if ('unread' in standing || standing.value[0] === undefined) throw new Error('nothing stands');
  return standing.value[0];
}

/** Judges these facts after each other, as the store does. @returns the open alarms after each. */
function judge(...happenings: readonly Partial<AlarmFacts>[]): readonly (readonly FoundAlarm[])[] {
  let open: readonly FoundAlarm[] = [];
  return happenings.map((happening) => {
    const { raise, clear } = reconcileAlarms(open, alarmsOf({ ...WELL, ...happening }, LIMITS, NOW));
    open = [...open.filter((alarm) => !clear.includes(alarm)), ...raise];
    return open;
  });
}

const cases = ALARM_IDS.flatMap((id) => FAULTS[id].map((fault, index) => [id, index, fault] as const));

it('everything is well without an alarm', () => {
  expect(alarmsOf(WELL, LIMITS, NOW)).toMatchObject({ found: [], unread: [] });
});

it.each(cases)('%s (fault %d) is raised once by its fault and cleared by its repair', (id, _index, [fault, repair]) => {
  const [before, raised, again, mended, after] = judge({}, fault, fault, repair ?? {}, {}).map((open) =>
    open.filter((alarm) => alarm.id === id),
  );
  expect(before).toEqual([]);
  expect(raised).toHaveLength(1);
  expect(raised?.[0]?.text).not.toBe('');
  expect(new Date(raised?.[0]?.since ?? '').getTime()).toBeLessThanOrEqual(NOW);
  expect(again).toEqual(raised);
  expect(mended).toEqual([]);
  expect(after).toEqual([]);
});

it.each(cases)('%s (fault %d) stays while what it is judged by cannot be read', (id, _index, [fault]) => {
  const unread = Object.fromEntries(Object.keys(WELL).map((name) => [name, { unread: 'the store is away' }]));
  const [raised, kept] = judge(fault, unread).map((open) => open.filter((alarm) => alarm.id === id));
  expect(kept).toEqual(raised);
  const judged = alarmsOf({ ...WELL, ...unread }, LIMITS, NOW);
  expect(judged.unread).toHaveLength(Object.keys(WELL).length);
  expect(judged.found).toEqual([]);
});

it('a coordinator that does not answer in time clears nothing of its device; one that has ended does', () => {
  const silent: AlarmFacts['coordinators'] = { value: { states: [], stuck: [], silent: [device], ...ALL } };
  const fault = waiting('device-unreachable: refused', 12);
  const ids = judge(fault, { coordinators: silent }, {}).map((open) => open.map(({ id }) => id).sort());
  expect(ids).toEqual([['device-unreachable', 'many-retries'], ['device-unreachable', 'many-retries'], []]);
});

it.each([
  ['too many to be asked in time', { silent: [device], unasked: 1, areAllListed: true }, /1 of 1 were not asked/],
  ['too many to be listed', { silent: [], unasked: 0, areAllListed: false }, /more run than are listed/],
])('of coordinators that are %s nothing is over, and it is said', (_why, some, said) => {
  const coordinators: AlarmFacts['coordinators'] = { value: { states: [], stuck: [], ...some } };
  const faults = [
    waiting('device-unreachable: refused', 12),
    waiting('panel-failed: 500'),
    looked(ended('failed', 'device-authentication')),
    { coordinators: { value: { states: [], stuck: [{ device, cause: 'why' }], silent: [], ...ALL } } },
  ];
  for (const fault of faults) {
    const [raised, kept] = judge(fault, { coordinators });
    expect(raised).not.toEqual([]);
    expect(kept).toEqual(raised);
  }
  expect(alarmsOf({ ...WELL, coordinators }, LIMITS, NOW).unread).toEqual([expect.stringMatching(said)]);
  // A pass may run of which nothing was heard.
  expect(judge({ coordinators, openCommits: { value: [{ device, since: ago(900) }] } })).toEqual([[]]);
});

it('what the last look raised stays when the coordinator ends and forgets it, until another look says otherwise', () => {
  const failed = looked(ended('failed', 'device-authentication'));
  const other = looked({ ...ended('failed'), port: parsePortName('ge-0/0/9.0') });
  const ids = judge(failed, {}, other, looked(ended('unchanged')), {}).map((open) => open.map(alarmKey).sort());
  const sync = 'out-of-sync junos:3 ge-0/0/1.0 ';
  const token = 'token-rejected junos:3  ';
  expect(ids).toEqual([
    [sync, token],
    [sync, token],
    ['out-of-sync junos:3 ge-0/0/9.0 ', sync, token].sort(),
    ['out-of-sync junos:3 ge-0/0/9.0 '],
    ['out-of-sync junos:3 ge-0/0/9.0 '],
  ]);
});

it('drift that was cleared is over though the coordinator has ended and says nothing of the port', () => {
  const drifted = { device, port, firstSeen: ago(90), summary: '1 binding is missing' };
  const facts = (clearedAt?: string): Pick<AlarmFacts, 'drift'> => ({
    drift: { value: [{ ...drifted, ...(clearedAt === undefined ? {} : { clearedAt }) }] },
  });
  const ids = judge(facts(), {}, facts(ago(10))).map((open) => open.map(({ id }) => id));
  expect(ids).toEqual([['out-of-sync'], ['out-of-sync'], []]);
  // What was cleared before says nothing of a look that failed since.
  expect(judge(looked(ended('failed')), facts(ago(60))).at(-1)).toMatchObject([{ id: 'out-of-sync' }]);
});

it('a refusal counts that is newer than the last look that came through', () => {
  const older = looked(ended('failed', 'panel-unauthorized', ago(50)), {
    ...ended('applied', undefined, ago(20)),
    port: parsePortName('ge-0/0/2.0'),
  });
  expect(judge(older)[0]?.map(({ id }) => id)).toEqual(['out-of-sync']);
});

it('a commit is unknown until it was read what became of it, whatever the port waits for meanwhile', () => {
  const openCommits: AlarmFacts['openCommits'] = { value: [{ device, since: ago(20) }] };
  const ids = judge(
    { ...waiting('device-unknown-outcome: lost'), openCommits },
    { ...waiting('device-unreachable: refused'), openCommits },
    { ...waiting('device-unreachable: refused') },
  ).map((open) => open.map(({ id }) => id).sort());
  expect(ids).toEqual([['commit-unknown'], ['commit-unknown', 'device-unreachable'], ['device-unreachable']]);
});

it('a pass that runs has a commit that nobody knows of yet', () => {
  const running = coordinator({ running: { step: 'commitToSwitch' } });
  expect(judge({ ...running, openCommits: { value: [{ device, since: ago(900) }] } })).toEqual([[]]);
  expect(judge({ openCommits: { value: [{ device, since: ago(119) }] } })).toEqual([[]]);
});

it('a guard is one alarm for a device, and says how many ports it holds', () => {
  const change = { device, reason: 'too many', guards: ['device-rate' as const, 'port-shrink' as const], at: ago(5) };
  const parked = ['ge-0/0/1.0', 'ge-0/0/2.0'].map((name) => ({ ...change, port: parsePortName(name) }));
  const tripped = (judge({ parked: { value: parked } })[0] ?? []).filter(({ id }) => id === 'guard-tripped');
  expect(tripped.map(({ name, text }) => [name, text])).toEqual([
    ['device-rate', 'It holds changes of 2 ports; on ge-0/0/1.0: too many'],
    ['port-shrink', 'It holds changes of 2 ports; on ge-0/0/1.0: too many'],
  ]);
});

it('subjects in words', () => {
  expect([subjectText({}), subjectText({ name: 'panel' }), subjectText({ device, port })]).toEqual([
    'the whole site',
    'panel',
    'junos:3 ge-0/0/1.0',
  ]);
});

it('whatever happens: no alarm twice, and all are cleared once everything is seen to be well', () => {
  const faults = cases.map(([, , [fault]]) => fault);
  const well = { ...looked(ended('unchanged')), devices: { value: [] } };
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...faults), { maxLength: 8 }), (happenings) => {
      const steps = judge(...happenings, well, {});
      for (const open of steps) expect(new Set(open.map(alarmKey)).size).toBe(open.length);
      expect(steps.at(-1)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

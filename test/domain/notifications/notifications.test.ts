import fc from 'fast-check';
import { ALARM_IDS, SEVERITIES } from '../../../src/domain/alarms/registry';
import { admitted } from '../../../src/domain/notifications/admission';
import {
  NOTIFICATION_TYPES,
  ofAlarm,
  ofDrift,
  ofExpiringPolicy,
  ofJournal,
  testAnnouncement,
  type Announcement,
} from '../../../src/domain/notifications/announcement';
import { readAnswer } from '../../../src/domain/notifications/answer';
import { bodyOf, groupBodyOf } from '../../../src/domain/notifications/body';
import { wants } from '../../../src/domain/notifications/endpoint';
import {
  LONGEST_RETRY_AFTER_MS,
  pauseAfter,
  readRetryAfter,
  RECOMMENDED_PAUSES_SECONDS,
} from '../../../src/domain/notifications/retries';
import { secretKey } from '../../../src/domain/notifications/secret';
import { isGroupDue } from '../../../src/domain/notifications/grouping';
import { slackGroupMessage } from '../../../src/domain/notifications/slackGroup';
import { slackMessage } from '../../../src/domain/notifications/slackMessage';
import type { StoredPolicy } from '../../../src/domain/policies/storedPolicy';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName } from '../../../src/domain/values/port';
import { anyText } from '../../support/anyText';

const device = deviceId('junos', 3);
const port = parsePortName('ge-0/0/1.0');
const at = '2026-11-30T12:00:00.000Z';
const statement = (text: string) => ({ key: text, text });
const entry = {
  ...{ id: '7', at, device, port, workflowId: 'device:junos:3', summary: '1 added' },
  ...{ added: [statement('10.0.48.10 vlan 13')], removed: [], commit: 'pw-1' },
};
const alarm: Parameters<typeof ofAlarm>[0] = {
  ...{ number: '4', device, port, text: 'too many', since: at, raisedAt: at },
  id: 'parked',
  severity: 'major',
};
const applied = ofJournal({ ...entry, status: 'applied' });

describe('what is told', () => {
  test('of the journal: what was changed, or waits, or failed; nothing of the rest', () => {
    const types = (['applied', 'parked', 'failed', 'unchanged', 'skipped'] as const).map(
      (status) => ofJournal({ ...entry, status })?.type,
    );
    expect(types).toEqual(['port.applied', 'port.parked', 'port.failed', undefined, undefined]);
    expect(applied).toEqual({
      ...{ type: 'port.applied', at, device, port, text: '1 added' },
      data: {
        ...{ journalId: '7', device, port, workflowId: 'device:junos:3', summary: '1 added' },
        ...{ added: ['10.0.48.10 vlan 13'], removed: [], commit: 'pw-1' },
      },
    });
  });

  test('is bounded, whatever happened', () => {
    const many = Array.from({ length: 60 }, (_, n) => statement(`${n} ${'x'.repeat(5_000)}`));
    const told = ofJournal({ ...entry, status: 'applied', added: many, summary: '😀'.repeat(5_000) });
    expect(told?.data['addedInAll']).toBe(60);
    expect(told?.data['added']).toHaveLength(50);
    expect(Array.from(told?.text ?? '')).toHaveLength(500);
    expect(JSON.stringify(told).length).toBeLessThan(40_000);
  });

  test('of drift, alarms and policies', () => {
    const statements = [
      { change: 'missing', statement: statement('a'), firstSeen: at },
      { change: 'extra', statement: statement('b'), firstSeen: at },
    ] as const;
    const drift = { device, port, names: [port], statements, action: 'reported', firstSeen: at, lastSeen: at } as const;
    expect(ofDrift(drift)).toMatchObject({ type: 'drift.found', device, data: { missing: ['a'], extra: ['b'] } });
    expect(ofAlarm(alarm)).toMatchObject({ type: 'alarm.raised', at, data: { alarm: 'parked', severity: 'major' } });
    const clearedAt = '2026-11-30T13:00:00.000Z';
    expect(ofAlarm({ ...alarm, clearedAt })).toMatchObject({
      type: 'alarm.cleared',
      at: clearedAt,
      data: { clearedAt },
    });
    const policy: StoredPolicy = {
      scope: { kind: 'port', device, port },
      portSecurity: 'off',
      ...{ version: '9', createdAt: at, expiresAt: clearedAt, author: 'ada', reason: 'a test' },
    };
    expect(ofExpiringPolicy(policy, new Date(at))).toMatchObject({
      ...{ type: 'policy.expiring', at, device, port, text: expect.stringContaining('port security off') as unknown },
      data: { version: '9', expiresAt: clearedAt, author: 'ada', reason: 'a test' },
    });
  });

  test('of an endpoint that takes nothing is told to all others', () => {
    const about = ofAlarm({ ...alarm, id: 'notification-failing', name: 'ops' });
    const all = { types: NOTIFICATION_TYPES };
    expect([wants('ops', all, about), wants('chat', all, about)]).toEqual([false, true]);
    expect(wants('ops', all, ofAlarm({ ...alarm, name: 'ops' }))).toBe(true);
  });
});

test('an endpoint hears of its types and devices; a test goes to one, whatever it wants', () => {
  const told = { type: 'port.failed', device } as const;
  expect(wants('ops', { types: ['port.failed'] }, told)).toBe(true);
  expect(wants('ops', { types: ['port.applied'] }, told)).toBe(false);
  expect(wants('ops', { types: ['port.failed'], devices: [device] }, told)).toBe(true);
  expect(wants('ops', { types: ['port.failed'], devices: [deviceId('junos', 4)] }, told)).toBe(false);
  expect(wants('ops', { types: ['alarm.raised'], devices: [device] }, { type: 'alarm.raised' })).toBe(false);
  const test = testAnnouncement('ops', at);
  expect([wants('ops', { types: [] }, test), wants('chat', { types: NOTIFICATION_TYPES }, test)]).toEqual([
    true,
    false,
  ]);
});

describe('a Slack message', () => {
  const announcement: fc.Arbitrary<Announcement> = fc
    .record({
      type: fc.constantFrom(...NOTIFICATION_TYPES),
      text: anyText({ minLength: 1, maxLength: 600 }),
      added: fc.array(fc.string({ maxLength: 600 }), { maxLength: 60 }),
      id: fc.constantFrom(...ALARM_IDS),
      severity: fc.constantFrom(...SEVERITIES),
    })
    .map(({ type, text, added, id, severity }) => ({
      ...{ type, at, device, port, text },
      data: { added, alarm: id, severity, name: text },
    }));

  test('keeps to the bounds of Slack, and gives markup of others no meaning', () => {
    fc.assert(
      fc.property(announcement, (one) => {
        const { text, blocks } = slackMessage(one);
        const texts = [
          text,
          ...blocks.flatMap((block) => [block.text, ...(block.elements ?? [])].map((of) => of?.text ?? '')),
        ];
        for (const shown of texts) {
          expect(shown.length).toBeLessThan(3_001);
          expect(shown).not.toMatch(/[<>]/);
          expect(shown.replace(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
        }
        expect(blocks.length).toBeLessThanOrEqual(50);
        expect(blocks.every((block) => block.text?.text !== '')).toBe(true);
      }),
    );
  });

  test('says in a sentence what happened', () => {
    const sentence = (one: Announcement | undefined): string => (one === undefined ? '' : slackMessage(one).text);
    expect(sentence(applied)).toBe('Applied on junos:3 ge-0/0/1.0: 1 added');
    expect(sentence(ofJournal({ ...entry, status: 'parked' }))).toBe(
      'A change of junos:3 ge-0/0/1.0 waits for a person: 1 added',
    );
    expect(sentence(ofJournal({ ...entry, status: 'failed' }))).toBe('Failed on junos:3 ge-0/0/1.0: 1 added');
    expect(sentence(ofAlarm(alarm))).toBe('Alarm (major): parked of junos:3 ge-0/0/1.0: too many');
    const site = { number: '5', severity: 'critical', text: 'too many', since: at, raisedAt: at } as const;
    expect(sentence(ofAlarm({ ...site, id: 'site-brake', clearedAt: at }))).toBe(
      'Over: site-brake of the whole site: too many',
    );
    expect(sentence(testAnnouncement('ops', at))).toMatch(/test of the endpoint ops/);
    expect(sentence({ ...ofAlarm(alarm), text: '<!channel> & co' })).toContain('&lt;!channel&gt; &amp; co');
  });
});

describe('what is told to a chat together', () => {
  const times = { gatherMs: 5_000, pauseMs: 60_000 };

  test.each([
    [{ since: 1_000 }, 5_999, false],
    [{ since: 1_000 }, 6_000, true],
    [{ since: 100_000, lastAt: 1_000 }, 105_000, true],
    [{ since: 10_000, lastAt: 1_000 }, 60_999, false],
    [{ since: 10_000, lastAt: 1_000 }, 61_000, true],
    [{ since: 60_000, lastAt: 1_000 }, 64_999, false],
  ])('%j is due at %i: %s', (waiting, now, isDue) => {
    expect(isGroupDue(waiting, times, now)).toBe(isDue);
  });

  test('is counted, what matters most first, with the first ones of each kind', () => {
    const one = (type: Announcement['type'], text: string): Announcement => ({
      ...{ type, at, device, port, text },
      data: { severity: 'major', alarm: 'parked' },
    });
    const changed = Array.from({ length: 12 }, (_, n) => one('port.applied', `${n} added`));
    const { text, blocks } = slackGroupMessage({
      counts: { 'port.applied': 112, 'port.failed': 1, 'alarm.raised': 2 },
      ...{ from: at, to: '2026-11-30T12:00:40.000Z' },
      shown: [
        ...changed,
        one('port.failed', 'no\nroute'),
        one('alarm.raised', 'too many'),
        one('alarm.raised', 'more'),
      ],
    });
    expect(text).toBe('2 alarms, 1 port failed, 112 ports changed');
    const shown = blocks.map((block) => block.text?.text ?? block.elements?.[0]?.text ?? '');
    expect(shown).toHaveLength(5);
    expect(shown[0]).toBe(text);
    expect(shown[1]).toBe(
      '• Alarm (major): parked of junos:3 ge-0/0/1.0: too many\n• Alarm (major): parked of junos:3 ge-0/0/1.0: more',
    );
    expect(shown[2]).toBe('• Failed on junos:3 ge-0/0/1.0: no route');
    expect(shown[3]?.split('\n')).toHaveLength(11);
    expect(shown[3]).toMatch(/^• Applied on junos:3 ge-0\/0\/1\.0: 0 added\n[\s\S]*… and 102 more$/);
    expect(shown[4]).toBe(`portwarden · ${at} to 2026-11-30T12:00:40.000Z`);
    expect(JSON.parse(groupBodyOf({ counts: { 'port.failed': 1 }, from: at, to: at, shown: [] }))).toMatchObject({
      text: '1 port failed',
    });
  });

  test('keeps to the bounds of Slack, however much it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ type: fc.constantFrom(...NOTIFICATION_TYPES), text: fc.string({ maxLength: 600 }) }), {
          minLength: 1,
          maxLength: 100,
        }),
        (some) => {
          const shown = some.map(({ type, text }) => ({ ...{ type, at, device, port, text }, data: {} }));
          const counts = Object.fromEntries(some.map(({ type }) => [type, 10_000]));
          const { blocks } = slackGroupMessage({ counts, from: at, to: at, shown });
          for (const { text } of blocks.flatMap((block) =>
            [block.text, ...(block.elements ?? [])].filter((of) => of !== undefined),
          )) {
            expect(text.length).toBeLessThan(3_001);
            expect(text).not.toMatch(/[<>]/);
          }
          expect(blocks.length).toBeLessThanOrEqual(50);
        },
      ),
    );
  });
});

test('a body after Standard Webhooks has type, timestamp and data', () => {
  expect(applied && JSON.parse(bodyOf(applied, 'standard'))).toEqual({
    ...{ type: 'port.applied', timestamp: at, data: applied?.data },
  });
  expect(applied && Object.keys(JSON.parse(bodyOf(applied, 'slack')) as object)).toEqual(['text', 'blocks']);
});

describe('retries', () => {
  const pauses = RECOMMENDED_PAUSES_SECONDS.map((pause) => pause * 1_000);
  const schedule = { pauses, jitter: 0.1 };

  test('are those that Standard Webhooks recommends, more or less, and then none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, random) => {
        const pause = pauseAfter(tries, undefined, schedule, random);
        const recommended = pauses[tries - 1];
        if (recommended === undefined) expect(pause).toBeUndefined();
        else expect(Math.abs((pause ?? 0) - recommended)).toBeLessThanOrEqual(recommended * 0.1 + 1);
      }),
    );
    const days = pauses.reduce((sum, pause) => sum + pause, 0) / 86_400_000;
    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(4);
  });

  test('come later when the receiver says so, but never later than in a day', () => {
    expect(pauseAfter(1, 60_000, schedule, 0.5)).toBe(60_000);
    expect(pauseAfter(2, 60_000, schedule, 0.5)).toBe(300_000);
    expect(pauseAfter(1, 1e12, schedule, 0.5)).toBe(LONGEST_RETRY_AFTER_MS);
    expect(pauseAfter(10, 60_000, schedule, 0.5)).toBeUndefined();
  });

  test.each([
    [undefined, undefined],
    ['120', 120_000],
    [' 0 ', 0],
    ['-1', undefined],
    ['soon', undefined],
    ['Mon, 30 Nov 2026 12:01:00 GMT', 60_000],
    ['Mon, 30 Nov 2026 11:00:00 GMT', 0],
  ])('Retry-After: %s', (text, ms) => {
    expect(readRetryAfter(text, Date.parse(at))).toBe(ms);
  });
});

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [302, 'failed'],
  [404, 'failed'],
  [410, 'gone'],
  [429, 'failed'],
  [503, 'failed'],
])('an answer %s is %s', (status, kind) => {
  expect(readAnswer(status, undefined, undefined).kind).toBe(kind);
});

describe('how many deliveries begin', () => {
  const limits = { atOnce: 16, mostOpen: 500, probeEveryMs: 60_000 };
  const load = fc.record({
    isDisabled: fc.boolean(),
    isFailing: fc.boolean(),
    lastTryAt: fc.integer({ min: 0, max: 200_000 }),
    active: fc.nat(30),
    waiting: fc.nat(600),
  });

  test('is never more than may be under way', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 0, max: 400_000 }), (one, now) => {
        const count = admitted(one, limits, now);
        expect(count).toBeGreaterThanOrEqual(0);
        if (count === 0) return;
        expect(one.isDisabled).toBe(false);
        expect(one.active + count).toBeLessThanOrEqual(limits.atOnce);
        expect(one.active + one.waiting + count).toBeLessThanOrEqual(limits.mostOpen);
        if (one.isFailing) {
          expect([count, one.active]).toEqual([1, 0]);
          expect(now - one.lastTryAt).toBeGreaterThanOrEqual(limits.probeEveryMs);
        }
      }),
    );
  });

  test('all that may where all is well, and one a minute where nothing is taken', () => {
    const well = { isDisabled: false, isFailing: false, active: 0, waiting: 0 };
    expect(admitted(well, limits, 0)).toBe(16);
    expect(admitted({ ...well, isFailing: true, lastTryAt: 0 }, limits, 59_999)).toBe(0);
    expect(admitted({ ...well, isFailing: true, lastTryAt: 0 }, limits, 60_000)).toBe(1);
    expect(admitted({ ...well, isFailing: true }, limits, 0)).toBe(1);
  });
});

describe('a secret', () => {
  test('is whsec_ and base64 of 24 to 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 90 }), (bytes) => {
        const text = `whsec_${Buffer.from(bytes).toString('base64')}`;
        if (bytes.length >= 24 && bytes.length <= 64) expect(secretKey(text)).toBe(text.slice(6));
        else expect(() => secretKey(text)).toThrow(/24 to 64/);
      }),
    );
  });

  test.each(['s3cret', 'whsec_', 'whsec_not base64', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])('%s is none', (text) => {
    expect(() => secretKey(text)).toThrow(RangeError);
    expect(() => secretKey(text)).not.toThrow(/s3cret/);
  });
});

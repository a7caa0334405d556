import { NOTIFICATION_TYPES } from '../../src/domain/notifications/announcement';
import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const SENT = {
  ...{ id: '7', messageId: 'msg_1', endpoint: 'ops', type: 'port.applied', at: 'T1', text: '1 added' },
  ...{ state: 'delivered', attempts: 1, round: 0, device: 'junos:1', port: 'ae0.0' },
};
const LOST = {
  ...{ id: '6', messageId: 'msg_2', endpoint: 'ops', type: 'alarm.raised', at: 'T1', text: 'too many' },
  ...{ state: 'sending', attempts: 2, round: 0, nextAttemptAt: 'T2', lastError: 'notification-refused: 500' },
};
const ENDPOINT = {
  ...{ origin: 'https://hooks.example.com', format: 'standard', types: NOTIFICATION_TYPES },
  ...{ queued: 0, sending: 0, failed: 0 },
};

test('endpoints are listed with how each stands', async () => {
  const endpoints = [
    { ...ENDPOINT, id: 'a' },
    { ...ENDPOINT, id: 'b', types: ['port.failed'], lastSuccessAt: 'T1' },
    { ...ENDPOINT, id: 'c', failingSince: 'T2', lastError: 'notification-refused: 500', queued: 3 },
    { ...ENDPOINT, id: 'd', failingSince: 'T2', disabledAt: 'T3' },
  ];
  cli.answers.push({ endpoints }, { endpoints: [] });
  expect((await cli.run('notification', 'endpoints')).out.split('\n')).toEqual([
    'a  standard  https://hooks.example.com  everything  queued 0, sending 0, failed 0  not used yet',
    'b  standard  https://hooks.example.com  port.failed  queued 0, sending 0, failed 0  last used T1',
    'c  standard  https://hooks.example.com  everything  queued 3, sending 0, failed 0  takes nothing since T2: notification-refused: 500',
    'd  standard  https://hooks.example.com  everything  queued 0, sending 0, failed 0  answered 410 at T3: nothing is sent until a test succeeds',
    '',
  ]);
  expect((await cli.run('notification', 'endpoints')).out).toBe('No endpoint is configured\n');
});

test('list asks for what is wanted, page by page', async () => {
  cli.answers.push({ notifications: [SENT], next: 'n1' }, { notifications: [LOST] }, { notifications: [] });
  expect((await cli.run('notification', 'list')).out).toBe(
    '     7  delivered  ops  port.applied  junos:1 ae0.0  T1: 1 added\n' +
      '     6  sending  ops  alarm.raised  T1: too many, next try at T2 (notification-refused: 500)\n',
  );
  const filters = [
    '--failed',
    '--endpoint',
    'ops',
    '--type',
    'port.failed',
    '--device',
    'junos:1',
    '--since',
    '2026-11-30',
  ];
  expect((await cli.run('notification', 'list', ...filters)).out).toBe('There is no such notification\n');
  expect(cli.asked.map(({ path }) => path)).toEqual([
    '/api/notifications?limit=500',
    '/api/notifications?limit=500&after=n1',
    '/api/notifications?limit=500&state=failed&endpoint=ops&type=port.failed&device=junos%3A1&since=2026-11-30',
  ]);
});

test('show says what was sent and how often it was tried', async () => {
  cli.answers.push({ ...SENT, lastAttemptAt: 'T2', data: { journalId: '9' } });
  expect((await cli.run('notification', 'show', '7')).out).toBe(
    '     7  delivered  ops  port.applied  junos:1 ae0.0  T1: 1 added\n' +
      '  webhook-id: msg_1\n  tries: 1, last at T2\n  data: {"journalId":"9"}\n',
  );
});

test('replay has one sent again, or all that were given up', async () => {
  cli.answers.push(
    { ...SENT, state: 'queued', round: 1 },
    { replayed: 10_000, more: true },
    { replayed: 2, more: false },
  );
  expect((await cli.run('notification', 'replay', '7')).out).toContain('queued');
  const all = ['notification', 'replay', '--failed', '--since', '2026-11-30'];
  expect((await cli.run(...all)).out).toBe('10000 are sent again; there are more, say it once more\n');
  expect((await cli.run(...all, '--endpoint', 'ops', '--json')).out).toContain('"replayed": 2');
  expect(cli.asked).toEqual([
    { path: '/api/notifications/7/replay', body: {} },
    { path: '/api/notifications/replay', body: { since: '2026-11-30' } },
    { path: '/api/notifications/replay', body: { since: '2026-11-30', endpoint: 'ops' } },
  ]);
});

test('test waits for the answer, and has bad news when there is none', async () => {
  const waits = { ...SENT, state: 'queued' };
  const data = {};
  cli.answers.push(waits, { ...SENT, data }, waits, {
    ...SENT,
    state: 'failed',
    lastError: 'notification-refused: 404',
    data,
  });
  expect(await cli.run('notification', 'test', 'ops')).toMatchObject({
    code: 0,
    out: expect.stringContaining('delivered') as unknown,
  });
  expect(await cli.run('notification', 'test', 'ops')).toMatchObject({
    code: 1,
    out: expect.stringContaining('404') as unknown,
  });
  expect(cli.asked.map(({ path }) => path).slice(0, 2)).toEqual([
    '/api/notifications/endpoints/ops/test',
    '/api/notifications/7',
  ]);
});

test.each([
  [['replay']],
  [['replay', '7', '--failed', '--since', '2026-11-30']],
  [['replay', '7', '--since', '2026-11-30']],
  [['replay', '--failed']],
  [['list', '--failed', '--state', 'queued']],
  [['list', '--type', 'port.unchanged']],
  [['list', '--limit', '0']],
])('%j is refused before anything is asked', async (args) => {
  expect([(await cli.run('notification', ...args)).code, cli.asked]).toEqual([2, []]);
});

import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const PARKED = {
  ...{ number: '7', id: 'parked', severity: 'major', device: 'junos:1', port: 'ge-0/0/1.0' },
  ...{ text: 'too many', since: 'T1', raisedAt: 'T2' },
};
const JUDGED = { at: 'T9', unread: [] };

test('alarms lists those that are open, page by page, and what could not be read', async () => {
  cli.answers.push(
    { alarms: [PARKED], judged: JUDGED, next: 'n1' },
    {
      alarms: [{ ...PARKED, number: '5', id: 'site-brake', severity: 'critical', device: undefined, port: undefined }],
      judged: { at: 'T9', unread: ['watches: away'] },
    },
  );
  expect(await cli.run('alarms')).toMatchObject({
    code: 0,
    out: [
      '     7  major  parked  junos:1 ge-0/0/1.0  since T1: too many',
      '     5  critical  site-brake  the whole site  since T1: too many',
      'not read at T9, so alarms of it stay as they are: watches: away',
      '',
    ].join('\n'),
  });
  expect(cli.asked.map(({ path }) => path)).toEqual([
    '/api/alarms?state=open&limit=500',
    '/api/alarms?state=open&limit=500&after=n1',
  ]);
});

test('filters and scopes go along; nothing found is said', async () => {
  cli.answers.push({ alarms: [], judged: null }, { alarms: [], judged: JUDGED }, { alarms: [], judged: JUDGED });
  const filters = ['--alarm', 'parked', '--severity', 'major', '--device', 'junos:1', '--port', 'ae0.0'];
  expect((await cli.run('alarms', 'list', ...filters)).out).toBe(
    'No alarm is open\nAlarms were never judged: does a worker run?\n',
  );
  expect((await cli.run('alarms', 'history', '--all')).out).toBe('No alarm was cleared\n');
  expect((await cli.run('alarms', 'list', '--site', 'fra1', '--limit', '3', '--json')).out).toContain('"alarms": []');
  expect(cli.asked.map(({ path }) => path)).toEqual([
    '/api/alarms?state=open&limit=500&alarm=parked&severity=major&device=junos%3A1&port=ae0.0',
    '/api/alarms?state=cleared&limit=500&all=true',
    '/api/alarms?state=open&limit=3&site=fra1',
  ]);
});

test('show says what it means; acknowledge says who saw it', async () => {
  const about = { meaning: 'It waits.', action: 'Approve it.', raised: 'Parked.', cleared: 'Gone.' };
  const seen = { ...PARKED, clearedAt: 'T3', acknowledged: { at: 'T4', by: 'ada', reason: 'known' } };
  cli.answers.push({ ...PARKED, about }, seen);
  expect((await cli.run('alarms', 'show', '7')).out).toBe(
    '     7  major  parked  junos:1 ge-0/0/1.0  since T1: too many\n' +
      '  means: It waits.\n  do: Approve it.\n  raised when: Parked.\n  cleared when: Gone.\n',
  );
  expect((await cli.run('alarms', 'acknowledge', '7', '--reason', 'known', '--author', 'ada')).out).toBe(
    '     7  major  parked  junos:1 ge-0/0/1.0  since T1 until T3: too many (seen by ada: known)\n',
  );
  expect(cli.asked[1]).toEqual({ path: '/api/alarms/7/acknowledge', body: { reason: 'known', author: 'ada' } });
});

test.each([
  [['alarms', 'list', '--port', 'ae0.0']],
  [['alarms', 'list', '--severity', 'fatal']],
  [['alarms', 'list', '--limit', '0']],
  [['alarms', 'acknowledge', '7']],
])('%j is refused before anything is asked', async (args) => {
  expect([(await cli.run(...args)).code, cli.asked]).toEqual([2, []]);
});

test('status tells of open alarms', async () => {
  cli.answers.push({ pauses: [], brake: null, alarms: { critical: 1, major: 2, minor: 0 } });
  expect((await cli.run('status')).out).toBe(
    'ALARMS: 1 critical, 2 major; `portwarden alarms` lists them\nNothing holds changes back\n',
  );
});

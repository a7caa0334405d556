import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const PAUSE = { scope: 'device junos:1', reason: 'new line card', author: 'alice', since: 'T1' };
const said = { reason: 'new line card', author: 'alice' };

test.each([
  [['--all'], { all: true }],
  [['--site', 'fra1'], { site: 'fra1' }],
  [['--device', 'junos:1'], { device: 'junos:1' }],
  [['--device', 'junos:1', '--port', 'ge-0/0/1.0'], { device: 'junos:1', port: 'ge-0/0/1.0' }],
])('pause and resume %j', async (options, scope) => {
  cli.answers.push({ pause: PAUSE }, { ended: { ...PAUSE, ended: { at: 'T2', by: 'bob', reason: 'ok' } }, still: [] });
  const by = ['--reason', 'new line card', '--author', 'alice'];
  expect(await cli.run('pause', ...options, ...by)).toMatchObject({
    code: 0,
    out: 'Paused: device junos:1 since T1 until it is resumed, by alice: new line card\n',
  });
  expect(await cli.run('resume', ...options, ...by)).toMatchObject({
    code: 0,
    out: 'Resumed: device junos:1 since T1 until it is resumed, by alice: new line card\n',
  });
  expect(cli.asked).toEqual([
    { path: '/api/pauses', body: { ...scope, ...said } },
    { path: '/api/pauses/resume', body: { ...scope, ...said } },
  ]);
});

test('device pause and device resume are the same, and know a switch by its number', async () => {
  cli.answers.push({ pause: PAUSE }, { ended: null, still: [{ ...PAUSE, scope: 'all' }] });
  const by = ['--reason', 'new line card', '--author', 'alice'];
  expect(await cli.run('device', 'pause', '1', ...by)).toMatchObject({ code: 0 });
  expect(await cli.run('device', 'resume', '1', ...by)).toMatchObject({
    code: 1,
    out: 'That is not paused itself; nothing was resumed\nstill paused: all since T1 until it is resumed, by alice: new line card\n',
  });
  expect(cli.asked.map(({ body }) => body)).toEqual([
    { device: 'junos:1', ...said },
    { device: 'junos:1', ...said },
  ]);
});

test('a time at which it ends by itself goes along', async () => {
  cli.answers.push({ pause: { ...PAUSE, expiresAt: 'T9' } });
  const { out } = await cli.run('pause', '--all', '--reason', 'x', '--expires', '2h');
  expect(out).toContain('until T9');
  const { expiresAt } = cli.asked[0]?.body as { expiresAt: string };
  expect(Math.abs(Date.parse(expiresAt) - Date.now() - 7_200_000)).toBeLessThan(60_000);
});

test.each([
  [['pause', '--all']],
  [['pause', '--reason', 'x']],
  [['pause', '--all', '--site', 'fra1', '--reason', 'x']],
  [['pause', '--port', 'ge-0/0/1.0', '--reason', 'x']],
  [['pause', '--device', 'three', '--reason', 'x']],
  [['resume', '--all']],
])('%j is refused before anything is asked', async (args) => {
  const { code, out } = await cli.run(...args);
  expect([code, out, cli.asked]).toEqual([2, '', []]);
});

test('status without an event is the banner; pauses lists those that are over too', async () => {
  cli.answers.push(
    { pauses: [PAUSE], brake: { since: 'T0', reason: 'too much' } },
    { pauses: [], brake: null },
    { pauses: [PAUSE], ended: [{ ...PAUSE, ended: { at: 'T2', by: 'bob', reason: 'done' } }] },
  );
  expect((await cli.run('status')).out).toBe(
    'PAUSED: device junos:1 since T1 until it is resumed, by alice: new line card\nBRAKE: since T0: too much\n',
  );
  expect((await cli.run('status')).out).toBe('Nothing holds changes back\n');
  expect((await cli.run('pauses')).out).toBe(
    [
      'device junos:1 since T1 until it is resumed, by alice: new line card',
      'ended: device junos:1 since T1 until it is resumed, by alice: new line card; T2 by bob: done',
      '',
    ].join('\n'),
  );
});

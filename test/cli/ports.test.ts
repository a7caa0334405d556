import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const ACCEPTED = { workflowId: 'decideParked-1', statusUrl: '/api/decisions/decideParked-1' };
const ended = (port: object): object => ({
  state: 'completed',
  outcome: { summary: 'one', device: 'junos:1', ports: [{ port: 'ge-0/0/1.0', ...port }] },
});

test.each([
  ['approve', '1', { status: 'applied', summary: '3 removed' }, 'approved; applied: 3 removed'],
  ['approve', 'junos:1', { status: 'unchanged', summary: 'as it should be' }, 'approved; unchanged: as it should be'],
  [
    'reject',
    'junos:1',
    { status: 'skipped', summary: 'ada rejected the parked change' },
    'rejected; skipped: ada rejected the parked change',
  ],
])('port %s of %s sends it, with who says so, and shows what became of it', async (verdict, device, outcome, words) => {
  cli.answers.push(ACCEPTED, ended({ outcome }));
  expect(await cli.run('port', verdict, device, 'ge-0/0/1', '--author', 'ada', '--reason', 'moved')).toMatchObject({
    ...{ code: 0, err: '' },
    out: `junos:1 ge-0/0/1.0: ${words}\n`,
  });
  expect(cli.asked).toEqual([
    {
      path: `/api/guards/parked/${verdict}`,
      body: { device: 'junos:1', ports: [{ port: 'ge-0/0/1.0' }], author: 'ada', reason: 'moved' },
    },
    { path: '/api/decisions/decideParked-1', body: undefined },
  ]);
});

test('it names the change that was seen, says why nothing was done, and exits with 4 then', async () => {
  cli.answers.push(ACCEPTED, ended({ refused: 'what waits there is another change by now: look at it again' }));
  const seen = ['--fingerprint', '1f2a3b4c5d6e7f80', '--author', 'ada'];
  expect(await cli.run('port', 'approve', '1', 'ge-0/0/1.0', ...seen)).toMatchObject({
    code: 4,
    out: 'junos:1 ge-0/0/1.0: nothing was done: what waits there is another change by now: look at it again\n',
  });
  expect(cli.asked[0]?.body).toEqual({
    ...{ device: 'junos:1', author: 'ada' },
    ports: [{ port: 'ge-0/0/1.0', fingerprint: '1f2a3b4c5d6e7f80' }],
  });
});

test('an approved change that waits still is bad news', async () => {
  cli.answers.push(ACCEPTED, ended({ outcome: { status: 'parked', summary: 'another guard' } }));
  expect(await cli.run('port', 'approve', '1', 'ge-0/0/1.0')).toMatchObject({
    code: 4,
    out: 'junos:1 ge-0/0/1.0: approved; parked: another guard\n',
  });
});

test('what waits for longer goes on, and says for what', async () => {
  cli.answers.push(ACCEPTED, { state: 'running', waitingFor: 'paused: bob paused device junos:1' });
  const { code, out, err } = await cli.run('port', 'approve', '1', 'ge-0/0/1.0', '--timeout', '0.1');
  expect([code, out, err]).toEqual([
    0,
    'junos:1 ge-0/0/1.0: approved; it is not carried out yet, and goes on (decideParked-1)\n',
    '  paused: bob paused device junos:1\n',
  ]);
});

test('an approval passes a closed window with a reason only', async () => {
  const approval = ['port', 'approve', '1', 'ge-0/0/1.0', '--outside-window', '--author', 'ada'];
  expect(await cli.run(...approval)).toMatchObject({
    code: 2,
    err: expect.stringContaining('say why, with --reason') as string,
  });
  expect(cli.asked).toEqual([]);
  cli.answers.push(ACCEPTED, ended({ outcome: { status: 'applied', summary: 'done' } }));
  expect(await cli.run(...approval, '--reason', 'abuse')).toMatchObject({ code: 0 });
  expect(cli.asked[0]?.body).toMatchObject({ outsideWindow: true, reason: 'abuse' });
});

test("--json prints the API's answer", async () => {
  const answer = ended({ outcome: { status: 'applied', summary: 'done' } }) as { readonly outcome: unknown };
  cli.answers.push(ACCEPTED, answer);
  const { out } = await cli.run('port', 'approve', '1', 'ge-0/0/1.0', '--json');
  expect(JSON.parse(out)).toEqual(answer.outcome);
});

import { NOTHING_DONE } from '../../src/domain/applyAll/progress';
import { progressBar } from '../../src/cli/applyAllText';
import { cliUnderTest, type CliUnderTest } from './cliUnderTest';

let cli: CliUnderTest;
beforeEach(async () => {
  cli = await cliUnderTest();
});
afterEach(() => cli.close());

const BY = ['--reason', 'after the import', '--author', 'ada'];
const said = { reason: 'after the import', author: 'ada' };
const PLAN = {
  ...{ id: 'p1', scope: 'all', state: 'planned', hash: 'abc', notes: ['junos:9 could not be looked at'], ports: 3 },
  ...{ byStatus: { change: 1, unchanged: 2 }, additions: 5, removals: 1, expectedSeconds: 12 },
};
const PORT = {
  ...{
    device: 'junos:1',
    port: 'ge-0/0/1.0',
    status: 'change',
    summary: '5 would be added',
    additions: 5,
    removals: 1,
  },
  ...{ added: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'], removed: ['10.0.0.9'] },
};
const RUN = {
  ...{
    plan: 'p1',
    scope: 'all',
    state: 'done',
    total: 3,
    done: 3,
    counts: { ...NOTHING_DONE, applied: 3 },
    inFlight: 0,
  },
  ...{ waiting: 0, reasons: [], ...said, startedAt: 'T1' },
};

test('--plan shows the sum of all previews with the hash, and runs nothing', async () => {
  cli.answers.push({ plan: 'p1' }, PLAN, { ports: [PORT] });
  const { code, out } = await cli.run('apply-all', '--all', '--plan', '--author', 'ada');
  expect(code).toBe(0);
  expect(out).toBe(`  junos:1 ge-0/0/1.0: change: 5 would be added
    + 10.0.0.1
    + 10.0.0.2
    + 10.0.0.3
    + and 2 more
    - 10.0.0.9
Plan of all: 3 port(s): 1 change, 2 unchanged
  5 addition(s), 1 removal(s); about 12 s of commits
  note: junos:9 could not be looked at
  hash abc
`);
  expect(cli.asked.map(({ path, body }) => [path, body])).toEqual([
    ['/api/apply-all/plan', { all: true, author: 'ada' }],
    ['/api/apply-all/plans/p1', undefined],
    ['/api/apply-all/plans/p1/ports?notable=true&limit=200', undefined],
  ]);
});

test.each([
  ['all is well', {}, 'done', 0],
  ['some wait for a person', { parked: 1 }, 'done', 4],
  ['some differ', { differs: 1 }, 'done', 4],
  ['it was cancelled', {}, 'cancelled', 4],
  ['some failed', { failed: 1, parked: 1 }, 'done', 1],
])('--plan-hash runs the plan and says how it ended: %s', async (_how, counts, state, exit) => {
  const ended = { ...RUN, state, counts: { ...NOTHING_DONE, ...counts } };
  const last = { ...RUN, plan: 'p0', startedAt: 'T0' };
  cli.answers.push(last, { plan: 'p1', alreadyRunning: false }, ended, {
    ports: [{ ...PORT, outcome: 'differs', said: 'why' }],
  });
  const { code, out } = await cli.run('apply-all', '--site', 'fra1', '--plan-hash', 'abc', ...BY);
  expect(code).toBe(exit);
  expect(out).toContain('came to differs: why');
  expect(out).toContain(`${state}: 3 of 3 port(s)`);
  expect(cli.asked[1]).toEqual({ path: '/api/apply-all', body: { site: 'fra1', planHash: 'abc', ...said } });
  expect(cli.asked[2]?.path).toBe('/api/apply-all?site=fra1');
});

test('a plan that is run again is followed, not its run that was cancelled and is what the API tells of until a worker begins', async () => {
  const cancelled = { ...RUN, state: 'cancelled', done: 0, counts: NOTHING_DONE };
  const again = { ...RUN, startedAt: 'T2' };
  cli.answers.push(cancelled, { plan: 'p1', alreadyRunning: false }, cancelled, again, { ports: [] });
  const { code, out } = await cli.run('apply-all', '--all', '--plan-hash', 'abc', ...BY);
  expect([code, out]).toEqual([0, expect.stringContaining('done: 3 of 3 port(s)')]);
});

test('--yes plans and runs what was planned; --detach does not wait', async () => {
  cli.answers.push({ plan: 'p1' }, PLAN, { ports: [] }, { plan: 'p1', alreadyRunning: false });
  expect(await cli.run('apply-all', '--device', 'junos:1', '--yes', '--detach', ...BY)).toMatchObject({ code: 0 });
  expect(cli.asked.at(-1)).toEqual({ path: '/api/apply-all', body: { device: 'junos:1', planHash: 'abc', ...said } });
});

test('without a person who could say yes nothing is run', async () => {
  const { code, err } = await cli.run('apply-all', '--all', ...BY);
  expect([code, err]).toEqual([2, expect.stringContaining('see the plan first with --plan')]);
  expect(await cli.run('apply-all', '--all', '--plan-hash', 'abc', '--author', 'ada')).toMatchObject({ code: 2 });
  expect(await cli.run('apply-all', '--plan')).toMatchObject({ code: 2 });
  expect(cli.asked).toEqual([]);
});

test.each(['pause', 'resume', 'cancel'])('%s is told with who and why', async (what) => {
  cli.answers.push({ ...RUN, state: 'running', reasons: ['paused: bob'], waiting: 1, inFlight: 2 });
  const { code, out } = await cli.run('apply-all', what, '--all', ...BY);
  expect(code).toBe(0);
  expect(out).toContain('all: running: 3 of 3 port(s); 3 applied; 2 asked for; 1 waiting');
  expect(out).toContain('  paused: bob');
  expect(cli.asked).toEqual([{ path: `/api/apply-all/${what}`, body: { all: true, ...said } }]);
});

test('status says how far a run is, and without a scope which there were', async () => {
  cli.answers.push(RUN, { runs: [{ id: 'p1', scope: 'all', state: 'done', at: 'T1', author: 'ada', hash: 'abc' }] });
  expect((await cli.run('apply-all', 'status', '--all')).out).toContain('plan p1, by ada since T1: after the import');
  expect((await cli.run('apply-all', 'status')).out).toBe('all: done; plan p1 of T1 by ada, hash abc\n');
  expect(cli.asked.map(({ path }) => path)).toEqual(['/api/apply-all?all=true', '/api/apply-all']);
});

test('the bar', () => {
  expect(progressBar({ ...RUN, state: 'running', done: 1, expectedEnd: '2031-01-01T00:00:00.123Z' })).toBe(
    '[########................] 33 %  running: 1 of 3 port(s); 3 applied; expected end 2031-01-01T00:00:00Z',
  );
});

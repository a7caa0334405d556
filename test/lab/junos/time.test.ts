import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const VLAN = 'set vlans VLAN.200 vlan-id 200';
const CONFIRMED =
  '<commit-configuration><confirmed/><confirm-timeout>10</confirm-timeout><log>token-7</log></commit-configuration>';
const LOG = '<get-commit-information/>';
const MINUTE = 60_000;

const secondsIn = (reply: string, element: string): number =>
  Number(new RegExp(`<${element}[^>]*>\\s*<date-time junos:seconds="(\\d+)"`).exec(reply)?.[1] ?? Number.NaN) * 1000;

test.each([15, -15])(
  'a clock that is %i minutes off shows in the log, the uptime and the configuration alike',
  async (off) => {
    const sw = await startSwitch({ clockSkewMs: off * MINUTE });
    const c = await RawClient.connect(sw);
    await c.rpc('<commit-configuration><log>token-1</log></commit-configuration>');
    const expected = Date.now() + off * MINUTE;
    const shown = [
      secondsIn(await c.rpc('<get-system-uptime-information/>'), 'current-time'),
      Number(/<date-time junos:seconds="(\d+)"/.exec(await c.rpc(LOG))?.[1]) * 1000,
      Number(/junos:commit-seconds="(\d+)"/.exec(await c.rpc('<get-configuration database="committed"/>'))?.[1]) * 1000,
    ];
    for (const at of shown) expect(Math.abs(at - expected)).toBeLessThan(MINUTE);
    expect(Math.abs((sw.commits()[0]?.at.getTime() ?? 0) - Date.now())).toBeLessThan(MINUTE);
    sw.faults.clockSkewMs = 0;
    expect(
      Math.abs(secondsIn(await c.rpc('<get-system-uptime-information/>'), 'current-time') - Date.now()),
    ).toBeLessThan(MINUTE);
    // What was stamped stays as it was stamped.
    expect(
      Math.abs(Number(/<date-time junos:seconds="(\d+)"/.exec(await c.rpc(LOG))?.[1]) * 1000 - expected),
    ).toBeLessThan(MINUTE);
    c.end();
  },
);

test('every member of a virtual chassis answers for its uptime', async () => {
  const sw = await startSwitch({ profile: 'ex4200-vc' });
  const c = await RawClient.connect(sw);
  expect((await c.rpc('<get-system-uptime-information/>')).match(/<current-time>/g)).toHaveLength(2);
  c.end();
});

test('a confirmed commit is marked while it waits, and keeps its comment afterwards', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  expect(await c.rpc(LOG)).toMatch(
    /<comment>commit confirmed, rollback in 10mins<\/comment>\n<log>token-7<\/log>\n<commit-confirmed>rollback pending<\/commit-confirmed>/,
  );
  await c.rpc('<commit-configuration><check/></commit-configuration>');
  const after = await c.rpc(LOG);
  expect(after).toContain('<comment>commit confirmed, rollback in 10mins</comment>');
  expect(after).not.toContain('rollback pending');
  c.end();
});

test('a commit log may show neither mark nor comment', async () => {
  const sw = await startSwitch({ commitLog: { comments: false, pendingMark: false } });
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  expect(sw.pendingConfirm()).toBeDefined();
  for (const request of [LOG, '<get-commit-information format="text"/>'])
    expect(await c.rpc(request)).not.toContain('rollback');
  sw.faults.reset();
  expect(sw.faults.commitLog).toEqual({ comments: false, pendingMark: false });
  c.end();
});

test('simulated time passes: what is due by it happens, what is not waits on', async () => {
  const sw = await startSwitch();
  const before = sw.committedSet();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  const was = secondsIn(await c.rpc('<get-system-uptime-information/>'), 'current-time');
  sw.advance(9);
  expect(sw.committedSet()).toContain(VLAN);
  sw.advance(2);
  expect(sw.committedSet()).toEqual(before);
  expect(sw.commits()[0]).toMatchObject({ user: 'root', client: 'other' });
  expect(secondsIn(await c.rpc('<get-system-uptime-information/>'), 'current-time') - was).toBeGreaterThanOrEqual(
    11 * MINUTE,
  );
  c.end();
});

test("a colleague's confirmed commit, confirmed by a check or not", () => {
  return startSwitch().then((sw) => {
    const before = sw.committedSet();
    sw.editAsOperator([VLAN], { user: 'alice' }).commitConfirmed(5, 'risky');
    expect(sw.pendingConfirm()).toMatchObject({ user: 'alice', minutes: 5, log: 'risky' });
    sw.advance(6);
    expect(sw.committedSet()).toEqual(before);
    const again = sw.editAsOperator([VLAN], { user: 'alice' });
    again.commitConfirmed(5);
    again.check();
    sw.advance(60);
    expect(sw.committedSet()).toContain(VLAN);
  });
});

describe('a commit at a later time', () => {
  test('shows in the log, leaves a clean candidate, and nobody commits until it is over', async () => {
    const sw = await startSwitch();
    sw.editAsOperator([VLAN], { user: 'alice' }).commitAt(30);
    expect([sw.isCandidateDirty(), sw.scheduledCommit()?.user]).toEqual([false, 'alice']);
    const c = await RawClient.connect(sw);
    for (const request of [LOG, '<get-commit-information format="text"/>'])
      expect(await c.rpc(request)).toMatch(
        /commit requested by alice via cli at \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/,
      );
    expect(await c.rpc('<lock><target><candidate/></target></lock>')).toContain('<ok/>');
    expect(await c.set('set vlans VLAN.201 vlan-id 201')).toContain('rpc-error');
    expect(await c.rpc('<commit-configuration/>')).toContain('rpc-error');
    sw.advance(31);
    expect(sw.committedSet()).toContain(VLAN);
    expect(sw.commits()[0]).toMatchObject({ user: 'alice', client: 'cli' });
    expect(sw.scheduledCommit()).toBeUndefined();
    expect(await c.set('set vlans VLAN.201 vlan-id 201')).not.toContain('rpc-error');
    c.end();
  });

  test('refuses where it is told to, and can be cleared', async () => {
    const sw = await startSwitch();
    sw.faults.scheduledCommit = { refusesAt: 'commit', text: 'no commit now', shown: false };
    sw.editAsOperator([VLAN], { user: 'alice' }).commitAt('reboot');
    const c = await RawClient.connect(sw);
    expect(await c.rpc(LOG)).not.toContain('commit requested');
    expect(await c.set('set vlans VLAN.201 vlan-id 201')).not.toContain('rpc-error');
    expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).not.toContain('rpc-error');
    expect(await c.rpc('<commit-configuration/>')).toContain('no commit now');
    sw.clearScheduledCommit();
    expect(await c.rpc('<commit-configuration/>')).toContain('commit-success');
    expect(sw.committedSet()).not.toContain(VLAN);
    c.end();
  });

  test('for the next reboot comes with it; for a time is lost by it', async () => {
    const [reboot, timed] = [await startSwitch(), await startSwitch()];
    reboot.editAsOperator([VLAN]).commitAt('reboot');
    timed.editAsOperator([VLAN]).commitAt(5);
    for (const sw of [reboot, timed]) sw.crash();
    expect(reboot.committedSet()).toContain(VLAN);
    timed.advance(10);
    expect(timed.committedSet()).not.toContain(VLAN);
  });
});

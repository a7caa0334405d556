import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const VLAN = 'set vlans VLAN.200 vlan-id 200';
const CONFIRMED =
  '<commit-configuration><confirmed/><confirm-timeout>10</confirm-timeout><log>token-7</log></commit-configuration>';

test('minutes in commit-configuration, seconds in commit, defaults of ten minutes', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  const span = (): number => {
    const pending = sw.pendingConfirm();
    return pending === undefined ? 0 : (pending.deadline.getTime() - pending.since.getTime()) / 1000;
  };
  for (const [operation, seconds] of [
    [CONFIRMED, 600],
    ['<commit-configuration><confirmed/><confirm-timeout>600</confirm-timeout></commit-configuration>', 36_000],
    ['<commit-configuration><confirmed/></commit-configuration>', 600],
    ['<commit><confirmed/><confirm-timeout>10</confirm-timeout></commit>', 10],
    ['<commit><confirmed/></commit>', 600],
  ] as const) {
    expect(await c.rpc(operation)).not.toContain('rpc-error');
    expect(span()).toBe(seconds);
  }
  expect(
    await c.rpc('<commit-configuration><confirmed/><confirm-timeout>65536</confirm-timeout></commit-configuration>'),
  ).toContain('not within range (1..65535)');
  c.end();
});

test('unconfirmed it comes back by itself, logged by root via other, also after its client left', async () => {
  const sw = await startSwitch({ timeScale: 6000, rollbackDelayMs: 20 });
  const before = sw.committedSet();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  expect(await c.rpc(CONFIRMED)).toContain('rolled back in 10 minutes unless confirmed');
  const history = await c.rpc('<get-commit-information/>');
  expect(history).toMatch(
    /<sequence-number>0<[\s\S]*<comment>commit confirmed, rollback in 10mins<\/comment>\n<log>token-7<\/log>/,
  );
  expect(sw.committedSet()).toContain(VLAN);
  const again = new Promise((done) => sw.events.once('commit', done));
  c.destroy();
  await again;
  expect(sw.committedSet()).toEqual(before);
  expect(sw.commits()).toMatchObject([
    { user: 'root', client: 'other' },
    { user: 'portwarden', log: 'token-7' },
  ]);
  expect([sw.pendingConfirm(), sw.isCandidateDirty()]).toEqual([undefined, false]);
});

test('a check confirms, whoever sends it, and enters nothing into the log', async () => {
  const sw = await startSwitch();
  const [a, b] = [await RawClient.connect(sw), await RawClient.connect(sw, { username: 'alice' })];
  await a.set(VLAN);
  await a.rpc(CONFIRMED);
  expect(sw.pendingConfirm()).toMatchObject({ user: 'portwarden', minutes: 10, log: 'token-7' });
  expect(await b.rpc('<commit-configuration><check/></commit-configuration>')).toContain('<commit-check-success/>');
  expect(sw.pendingConfirm()).toBeUndefined();
  expect(await b.rpc('<get-commit-information/>')).not.toContain('rollback pending');
  expect(sw.commits()).toHaveLength(1);
  a.end();
  b.end();
});

test('a check that fails does not confirm; a plain commit does, and takes foreign edits along', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  sw.faults.checkOut.rejectIps = ['10.0.48.20'];
  await c.set('delete ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.0.48.20');
  expect(await c.rpc('<validate><source><candidate/></source></validate>')).toContain('configuration check-out failed');
  expect(sw.pendingConfirm()).toBeDefined();
  sw.faults.reset();
  expect(await c.rpc('<commit/>')).toContain('<ok/>');
  expect(sw.pendingConfirm()).toBeUndefined();
  expect(sw.committedSet().some((l) => l.includes('10.0.48.20'))).toBe(false);
  c.end();
});

test('killing the session that armed it brings the old configuration back at once', async () => {
  const sw = await startSwitch();
  const before = sw.committedSet();
  const [a, b] = [await RawClient.connect(sw), await RawClient.connect(sw)];
  await a.set(VLAN);
  await a.rpc(CONFIRMED);
  const pid = /<session-id>(\d+)</.exec(a.hello)?.[1] ?? '';
  expect(await b.rpc(`<kill-session><session-id>${pid}</session-id></kill-session>`)).toContain('<ok/>');
  await a.whenClosed();
  expect(sw.committedSet()).toEqual(before);
  b.end();
});

test('a second confirmed commit goes back to before the first', async () => {
  const sw = await startSwitch();
  const before = sw.committedSet();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  await c.set('set vlans VLAN.201 vlan-id 201');
  await c.rpc(CONFIRMED);
  sw.expireConfirm();
  expect(sw.committedSet()).toEqual(before);
  c.end();
});

test('a crash loses what is uncommitted, and what is committed but not confirmed', async () => {
  const sw = await startSwitch();
  const before = sw.committedSet();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  await c.rpc(CONFIRMED);
  await c.set('set vlans VLAN.201 vlan-id 201');
  sw.crash();
  await c.whenClosed();
  expect([sw.committedSet(), sw.candidateSet(), sw.sessions()]).toEqual([before, before, 0]);
  (await RawClient.connect(sw)).end();
});

import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const LOCK = '<lock><target><candidate/></target></lock>';
const UNLOCK = '<unlock><target><candidate/></target></unlock>';
const VLAN = 'set vlans VLAN.200 vlan-id 200';

test('a held lock is refused with its holder, and freed when the session drops', async () => {
  const sw = await startSwitch();
  const [a, b] = [await RawClient.connect(sw), await RawClient.connect(sw, { username: 'alice' })];
  expect(await a.rpc('<lock-configuration/>')).toMatch(/<rpc-reply[^>]*>\s*<\/rpc-reply>/);
  const pid = /<session-id>(\d+)</.exec(a.hello)?.[1] ?? '';
  for (const operation of [
    LOCK,
    '<lock-configuration/>',
    '<discard-changes/>',
    '<commit-configuration/>',
    '<open-configuration><private/></open-configuration>',
  ]) {
    const refused = await b.rpc(operation);
    expect(refused).toMatch(
      new RegExp(
        `configuration database locked by:\\n {2}portwarden terminal {2}\\(pid ${pid}\\) on since \\d{4}-\\d\\d-\\d\\d [\\d:]+ UTC, idle 00:00:0\\d\\n {6}exclusive `,
      ),
    );
    expect(refused).not.toContain('lock-denied');
  }
  expect(await b.set(VLAN)).toContain('locked by');
  expect(await a.rpc(LOCK)).toContain('Configuration database is already open');
  await a.set(VLAN);
  expect(sw.isCandidateDirty()).toBe(true);
  const closed = new Promise((done) => sw.events.once('session-close', done));
  a.destroy();
  await closed;
  expect([sw.isLocked(), sw.isCandidateDirty(), sw.sessions()]).toEqual([false, false, 1]);
  expect(await b.rpc(LOCK)).toContain('<ok/>');
  expect(await b.rpc(UNLOCK)).toContain('<ok/>');
  expect(await b.rpc(UNLOCK)).toMatch(/operation-failed[\s\S]*Configuration database is not open/);
  b.end();
});

test('foreign uncommitted edits refuse lock and private copy, survive their session and are committed by anybody', async () => {
  const sw = await startSwitch();
  const other = sw.editAsOperator([VLAN], { user: 'bob' });
  other.release();
  const c = await RawClient.connect(sw);
  expect(await c.rpc(LOCK)).toMatch(/<error-message>\nconfiguration database modified\n/);
  expect(await c.rpc('<open-configuration><private/></open-configuration>')).toContain(
    'shared configuration database modified',
  );
  expect(await c.diff()).toBe('[edit vlans]\n+   VLAN.200 {\n+       vlan-id 200;\n+   }\n');
  expect(await c.rpc('<get-config><source><candidate/></source></get-config>')).toContain('VLAN.200');
  expect(await c.rpc('<get-config><source><running/></source></get-config>')).not.toContain('VLAN.200');
  expect(await c.rpc('<commit-configuration/>')).toContain('<commit-success/>');
  expect(sw.committedSet()).toContain(VLAN);
  sw.editAsOperator(['set vlans VLAN.201 vlan-id 201']);
  expect(await c.rpc('<discard-changes/>')).toContain('<ok/>');
  expect(sw.isCandidateDirty()).toBe(false);
  c.end();
});

test('an operator in exclusive mode, by the interface for tests', async () => {
  const sw = await startSwitch();
  const operator = sw.editAsOperator([VLAN], { user: 'bob', lock: true });
  const c = await RawClient.connect(sw);
  expect(await c.rpc(LOCK)).toContain('bob terminal');
  expect(() => sw.editAsOperator([VLAN])).toThrow('locked by');
  operator.commit('by hand');
  operator.release();
  expect(sw.commits()).toMatchObject([{ user: 'bob', client: 'cli', log: 'by hand' }]);
  expect(await c.rpc(LOCK)).toContain('<ok/>');
  c.end();
});

test('private copies: the warning at open, the refusal when the candidate moved, no confirmed commit on 12.3', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  expect(await c.rpc('<open-configuration><private/></open-configuration>')).toMatch(
    /warning[\s\S]*uncommitted changes will be discarded on exit/,
  );
  expect(await c.rpc('<commit-configuration/>')).toContain('<commit-results>\n</commit-results>');
  expect(sw.commits()).toEqual([]);
  await c.set(VLAN);
  expect(sw.isCandidateDirty()).toBe(false);
  expect(await c.rpc('<commit-configuration><confirmed/></commit-configuration>')).toContain(
    'commit confirmed not supported for private configuration',
  );
  expect(await c.rpc('<commit-configuration/>')).toContain('<commit-success/>');
  expect(sw.committedSet()).toContain(VLAN);
  await c.set('set vlans VLAN.201 vlan-id 201');
  sw.editAsOperator(['set vlans VLAN.202 vlan-id 202'], { commit: true });
  expect(await c.rpc('<commit-configuration/>')).toContain('shared configuration database modified');
  expect(await c.rpc('<close-configuration/>')).not.toContain('rpc-error');
  expect(sw.committedSet()).not.toContain('set vlans VLAN.201 vlan-id 201');
  c.end();
});

test('a commit whose client is gone goes on and holds its lock until it is done', async () => {
  const sw = await startSwitch({ commitMs: 150 });
  const [a, b] = [await RawClient.connect(sw), await RawClient.connect(sw)];
  await a.rpc(LOCK);
  await a.set(VLAN);
  const arrived = new Promise((done) => sw.events.once('rpc', done));
  a.send('<rpc message-id="9" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><commit-configuration/></rpc>');
  await arrived;
  const committed = new Promise((done) => sw.events.once('commit', done));
  a.destroy();
  expect(await b.rpc(LOCK)).toContain('locked by');
  await committed;
  expect(sw.committedSet()).toContain(VLAN);
  expect(await b.rpc(LOCK)).toContain('<ok/>');
  b.end();
});

test('a read-only account reads but may not edit', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw, { username: 'viewer' });
  expect(c.hello).toContain('class j-read-only');
  expect(await c.rpc('<get-configuration/>')).toContain('access-sw1');
  for (const operation of [LOCK, '<commit-configuration/>', '<kill-session><session-id>1</session-id></kill-session>'])
    expect(await c.rpc(operation)).toContain('permission denied');
  expect(await c.set(VLAN)).toContain('permission denied');
  c.end();
});

import type { JunosFaults, JunosSwitch } from '../../../lab/junos';
import { RawClient, READ_COMMITTED } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const VLAN = 'set vlans VLAN.200 vlan-id 200';
const COMMIT = '<commit-configuration><log>t</log></commit-configuration>';

test.each([
  ['before-commit', undefined, false],
  ['during-commit', true, true],
  ['during-commit', false, false],
  ['after-commit-before-reply', undefined, true],
] as const)('dropped %s (commits: %s)', async (on, commits, expected) => {
  const sw = await startSwitch({ commitMs: 20 });
  const c = await RawClient.connect(sw);
  await c.rpc('<lock><target><candidate/></target></lock>');
  await c.set(VLAN);
  sw.faults.triggers.push({ on, do: 'drop', ...(commits === undefined ? {} : { commits }) });
  await expect(c.rpc(COMMIT)).rejects.toThrow('closed');
  // The lock is free only when the commit is over.
  const next = await RawClient.connect(sw);
  while ((await next.rpc('<lock><target><candidate/></target></lock>')).includes('locked by'))
    await new Promise((r) => setTimeout(r, 5));
  expect(sw.committedSet().includes(VLAN)).toBe(expected);
  expect(sw.isCandidateDirty()).toBe(false);
  expect(sw.faults.triggers).toEqual([]);
  next.end();
});

test('dropped at a named operation, before it ran or after', async () => {
  const sw = await startSwitch();
  for (const [on, dirty] of [
    ['rpc:load-configuration', false],
    ['reply:load-configuration', true],
  ] as const) {
    const c = await RawClient.connect(sw);
    sw.faults.triggers.push({ on, do: 'drop' });
    const loaded: boolean[] = [];
    sw.events.once('session-close', () => loaded.push(sw.isCandidateDirty()));
    await expect(c.set(VLAN)).rejects.toThrow('closed');
    expect(sw.isCandidateDirty()).toBe(dirty);
  }
});

test.each([
  ['a power failure loses a commit under way', (sw: JunosSwitch) => sw.crash(), false],
  [
    'unless it had taken effect',
    (sw: JunosSwitch) => sw.faults.triggers.push({ on: 'during-commit', do: 'crash' }),
    true,
  ],
])('%s', async (_name, arrange, expected) => {
  const sw = await startSwitch({ commitMs: 60 });
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  const commits = jest.fn();
  sw.events.on('commit', commits);
  const arrived = new Promise((done) => sw.events.once('rpc', done));
  const answer = c.rpc(COMMIT);
  await arrived;
  arrange(sw);
  await expect(answer).rejects.toThrow('closed');
  sw.faults.commitMs = 0;
  // Commits run one after the other: when this one is answered, the first is over.
  const next = await RawClient.connect(sw);
  expect(await next.rpc('<commit/>')).toContain('<ok/>');
  expect(sw.committedSet().includes(VLAN)).toBe(expected);
  expect(commits).toHaveBeenCalledTimes(expected ? 2 : 1);
  next.end();
});

test('hangs: at hello, and at an operation that never answers', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  sw.faults.triggers.push({ on: 'rpc:get-config', do: 'hang' }, { on: 'hello', do: 'hang' });
  const never = Symbol('no answer');
  const first = await Promise.race([
    c.rpc('<get-config><source><running/></source></get-config>'),
    new Promise((r) => setTimeout(r, 60, never)),
  ]);
  const second = await Promise.race([
    RawClient.connect(sw).catch(() => 'closed'),
    new Promise((r) => setTimeout(r, 100, never)),
  ]);
  expect([first, second]).toEqual([never, never]);
  c.destroy();
  (await RawClient.connect(sw)).end();
});

test('cut after so many bytes', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  const before = c.receivedBytes;
  sw.faults.dropAfterBytes = before + 100;
  await expect(c.rpc('<get-configuration/>')).rejects.toThrow('closed');
  expect(c.receivedBytes).toBe(before + 100);
});

test('latency by operation, and the durations of check and commit: others are answered meanwhile', async () => {
  const sw = await startSwitch();
  const [slow, quick] = [await RawClient.connect(sw), await RawClient.connect(sw)];
  await slow.set(VLAN);
  sw.faults.latencyMs = { 'get-configuration': 100 };
  sw.faults.checkMs = 100;
  sw.faults.commitMs = 100;
  for (const operation of ['<get-configuration/>', '<commit-configuration><check/></commit-configuration>', COMMIT]) {
    const order: string[] = [];
    const pending = slow.rpc(operation).then(() => order.push('slow'));
    await quick.rpc('<get-config><source><running/></source></get-config>').then(() => order.push('quick'));
    expect(sw.committedSet()).not.toContain(VLAN);
    await pending;
    expect(order).toEqual(['quick', 'slow']);
  }
  expect(sw.committedSet()).toContain(VLAN);
  slow.end();
  quick.end();
});

test('canned answers: warnings beside success, an error that stops the operation, a whole message', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  sw.faults.replies.push(
    { rpc: 'commit-configuration', problems: [{ severity: 'warning', message: "mgd: requires 'mpls' license" }] },
    { rpc: 'commit-configuration', problems: [{ severity: 'error', message: 'something else' }] },
    { rpc: 'commit-configuration', message: '<rpc-reply><broken>' },
  );
  await c.set(VLAN);
  expect(await c.rpc(COMMIT)).toMatch(/requires 'mpls' license[\s\S]*<commit-success\/>/);
  expect(sw.commits()).toHaveLength(1);
  expect(await c.rpc(COMMIT)).not.toContain('commit-success');
  expect(sw.commits()).toHaveLength(1);
  expect(await c.rpc(COMMIT)).toBe('<rpc-reply><broken>');
  expect(sw.commits()).toHaveLength(2);
  c.end();
});

test.each<[string, (faults: JunosFaults) => void, (reply: string) => void]>([
  [
    'a prefix',
    (f) => (f.output.prefix = 'nc:'),
    (r) =>
      expect(r).toMatch(/^<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1\.0"[\s\S]*<\/nc:rpc-reply>$/),
  ],
  ['a byte order mark', (f) => (f.output.byteOrderMark = true), (r) => expect(r).toMatch(/^<rpc-reply/)],
  ['comments', (f) => (f.output.comments = true), (r) => expect(r.match(/<!--/g)).toHaveLength(2)],
  ['control characters', (f) => (f.output.controlCharacters = true), (r) => expect(r).toMatch(/\u0000\u0007/)],
  ['single bytes', (f) => (f.output.bytesPerWrite = 1), (r) => expect(r).toMatch(/^<rpc-reply[\s\S]*<\/rpc-reply>$/)],
  ['ten megabytes', (f) => (f.output.padTo = 10_000_000), (r) => expect(r.length).toBeGreaterThan(9_999_000)],
])('replies with %s', async (_name, arrange, check) => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  arrange(sw.faults);
  const reply = await c.rpc(READ_COMMITTED);
  expect(reply).toContain('10.0.48.20');
  check(reply);
  sw.faults.reset();
  expect(await c.rpc('<get-config><source><running/></source></get-config>')).toMatch(/^<rpc-reply xmlns="/);
  c.end();
});

test('a commit that works and is answered by an unclosed routing-engine; errors without severity', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  sw.faults.output.unclosedRoutingEngine = true;
  expect(await c.rpc(COMMIT)).toMatch(
    /<routing-engine>\n<name>fpc0<\/name>\n<commit-success\/>\n<ok\/>\n<\/rpc-reply>/,
  );
  expect(sw.committedSet()).toContain(VLAN);
  sw.faults.reset();
  sw.faults.output.xnmErrors = true;
  await c.set('set interfaces ge-0/0/1 unit 3');
  expect(await c.rpc(COMMIT)).toMatch(
    /<xnm:error [\s\S]*<edit-path>\n\[edit interfaces ge-0\/0\/1\]\n<\/edit-path>\n<statement>\nunit 3\n[\s\S]*<banner>\[edit\]<\/banner>/,
  );
  c.end();
});

test('a member of the chassis that does not answer', async () => {
  const sw = await startSwitch({ profile: 'ex4200-vc' });
  const c = await RawClient.connect(sw);
  await c.set(VLAN);
  sw.faults.memberUnreachable = 'fpc1';
  expect(await c.rpc(COMMIT)).toMatch(
    /<name>fpc0<\/name>\n<commit-success\/>[\s\S]*<name>fpc1<\/name>\n<rpc-error>[\s\S]*Could not connect to fpc1 : No route to host/,
  );
  expect(sw.committedSet()).toContain(VLAN);
  c.end();
});

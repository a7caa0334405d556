import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhpPanel, phpMissing, type PanelAnswer, type PanelEvent } from '../../../lab/tenantos/phpPanel';
import { startApi, TOKEN, type ApiUnderTest } from '../../api/apiUnderTest';
import { mountFull, mountsRefused, unmount } from '../../support/mounts';
import { FaultyWay, type Way } from './faultyApi';

const missing = phpMissing();
if (missing !== undefined) process.stderr.write(`skipped: the Tenantos listener: ${missing}\n`);
const suite = missing === undefined ? describe : describe.skip;

const LIMIT_MS = 700;
/** What the busiest machine may add to the limit. Without the limit it would be the 12 s of a post, or longer. */
const SLACK_MS = 3_000;
const VARIABLES = { PORTWARDEN_LISTENER_LIMIT_MS: String(LIMIT_MS), PORTWARDEN_LISTENER_FIRST_PAUSE_MS: '50' };
/** Longer than the first pauses that the tests set: only the server's word makes it so long. */
const PATIENT_PAUSE_MS = 5_000;
const PATIENT = { ...VARIABLES, PORTWARDEN_LISTENER_LIMIT_MS: '20000' };

const html = (status: number): Way => ({
  kind: 'answer',
  status,
  body: '<html>not portwarden</html>',
  headers: { 'content-type': 'text/html' },
});
const portwardenError = (status: number, code: string, headers: Record<string, string> = {}): Way => ({
  kind: 'answer',
  status,
  body: JSON.stringify({ error: { code, message: 'as the API says it' } }),
  headers,
});

suite('the Tenantos listener, against the API', () => {
  let api: ApiUnderTest;
  let way: FaultyWay;
  let folder: string;
  const panels: PhpPanel[] = [];

  beforeEach(async () => {
    api = await startApi();
    way = new FaultyWay(api.api.url);
    await way.open();
    folder = mkdtempSync(join(tmpdir(), 'portwarden-listener-'));
  });
  afterEach(async () => {
    for (const panel of panels.splice(0)) panel.close();
    await way.close();
    await api.api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const install = (variables: Record<string, string> = VARIABLES): PhpPanel => {
    const panel = new PhpPanel({ folder, apiUrl: way.url, token: TOKEN, variables });
    panels.push(panel);
    return panel;
  };
  const waiting = (panel: PhpPanel): string[] => readdirSync(panel.spool).filter((name) => /^\d{17}-/.test(name));
  const aside = (panel: PhpPanel): string[] =>
    readdirSync(join(panel.spool, 'rejected')).filter((name) => name.endsWith('.json'));
  /** What the API started, as `serverId ip`. */
  const started = (): string[] => api.events.started.map(({ serverId, ips }) => `${serverId} ${ips.join(',')}`);
  const assigned = (serverId: number, last: number): PanelEvent => ['ip_assigned', serverId, [`10.0.48.${last}`]];
  const named = (events: readonly PanelEvent[]): string[] => events.map(([, id, ips]) => `${id} ${ips.join(',')}`);
  const heldWithinLimit = ({ ms }: PanelAnswer): void => {
    expect(ms).toBeLessThan(LIMIT_MS + SLACK_MS);
  };

  test('the panel finds one method for each event, and searching for them sends nothing', async () => {
    const { listeners } = await install().fire(...assigned(1, 1));
    expect(listeners).toEqual({
      'App\\Events\\publicEvents\\serverIpAssignments\\afterServerIpAssignments': [
        'App\\Custom\\EventListeners\\ServerNetworkContext@handle',
      ],
      'App\\Events\\publicEvents\\serverIpAssignments\\afterServerIpRemovals': [
        'App\\Custom\\EventListeners\\ServerNetworkContext@handleRemovals',
      ],
    });
    expect(started()).toEqual(['1 10.0.48.1']);
  });

  test('what happens in the panel is started at once, with its action, and said in the activity log', async () => {
    const panel = await install(PATIENT).serve();
    const { activity } = await panel.request([
      ['ip_assigned', 101, ['10.0.48.7', { ip: '2001:db8::7', subnet: '2001:db8::/64', gw: '2001:db8::1' }]],
      ['ip_removed', 101, [['10.0.64.8/29']]],
      ['server_deleted', 101, []],
    ]);
    expect(api.events.started).toEqual([
      { action: 'ip_assigned', serverId: 101, ips: ['10.0.48.7', '2001:db8::7'] },
      { action: 'ip_removed', serverId: 101, ips: ['10.0.64.8/29'] },
      { action: 'server_deleted', serverId: 101, ips: [] },
    ]);
    expect(activity).toEqual([
      expect.stringMatching(
        /^portwarden: reported ip_assigned of server 101 \(10\.0\.48\.7, 2001:db8::7\): workflow event-key-/,
      ),
      expect.stringMatching(/^portwarden: reported ip_removed of server 101 \(10\.0\.64\.8\/29\): workflow event-key-/),
      expect.stringMatching(/^portwarden: reported server_deleted of server 101: workflow event-key-/),
    ]);
    expect(new Set(way.knocks.map(({ key }) => key)).size).toBe(3);
  });

  test('what happens within a transaction of the panel is told after its commit, when portwarden can see it', async () => {
    const panel = install(PATIENT);
    const { request } = await panel.serve();
    const { beforeCommit, activity } = await request([assigned(1, 1), ['ip_removed', 1, ['10.0.48.2']]], 'transaction');
    expect(beforeCommit).toBe(0);
    expect(activity).toHaveLength(2);
    expect(api.events.started.map(({ action }) => action)).toEqual(['ip_assigned', 'ip_removed']);
  });

  test('300 addresses of one assignment are two events, which together name each of them', async () => {
    const ips = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    await install(PATIENT).fire('ip_assigned', 101, ips);
    expect(api.events.started.map((event) => event.ips.length)).toEqual([256, 44]);
    expect(api.events.started.flatMap((event) => event.ips)).toEqual(ips);
  });

  const troubles: readonly [string, Way][] = [
    ['the connection is reset', { kind: 'reset' }],
    ['the connection is reset after the API got the event', { kind: 'answer-lost' }],
    ['nobody answers', { kind: 'silent' }],
    ['the answer comes after the limit', { kind: 'slow', ms: 4 * LIMIT_MS }],
    ['503', portwardenError(503, 'temporal-unavailable', { 'retry-after': '1' })],
    ['429', portwardenError(429, 'too-many-requests', { 'retry-after': '1' })],
    ['500', portwardenError(500, 'internal')],
    ['a gateway answers 502', html(502)],
    ['a gateway answers 400', html(400)],
    ['a login page answers 200', html(200)],
    ['another service answers 422', { kind: 'answer', status: 422, body: '{"message":"The given data was invalid."}' }],
    ['a wrong address answers 404', portwardenError(404, 'not-found')],
    ['401', portwardenError(401, 'unauthorized')],
  ];
  test.each(troubles)(
    'while %s, nothing is lost or doubled and no request is held up longer than its limit',
    async (_, trouble) => {
      const panel = install();
      const { request } = await panel.serve();
      way.behave = () => trouble;
      const events = [assigned(1, 1), assigned(2, 2), assigned(1, 3), assigned(1, 4), assigned(3, 5)];
      for (const event of events) heldWithinLimit(await request([event]));
      expect(waiting(panel)).toHaveLength(events.length);
      way.behave = () => ({ kind: 'open' });
      expect(await panel.drain('--now')).toMatchObject({ code: 0 });
      expect(waiting(panel)).toEqual([]);
      const inOrder = (server: string): string[] => started().filter((one) => one.startsWith(`${server} `));
      expect(inOrder('1')).toEqual(['1 10.0.48.1', '1 10.0.48.3', '1 10.0.48.4']);
      expect(started().sort()).toEqual(named(events).sort());
    },
  );

  test('while the API is down nothing is lost, and after the first failure requests do not even ask', async () => {
    const panel = install({
      ...VARIABLES,
      PORTWARDEN_LISTENER_FIRST_PAUSE_MS: '600000',
      PORTWARDEN_LISTENER_LONGEST_PAUSE_MS: '600000',
    });
    const { request } = await panel.serve();
    await way.close();
    const first = await request([assigned(1, 1)]);
    expect(first.activity.join('\n')).toContain(
      "waits in the spool with 0 others: the API does not answer: Couldn't connect",
    );
    await way.open();
    heldWithinLimit(await request([assigned(1, 2)]));
    expect(way.knocks).toEqual([]);
    expect(await panel.drain('--now')).toMatchObject({ code: 0 });
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
  });

  test('who comes back is told by the next event too, without cron: the oldest goes first', async () => {
    const panel = install({ ...PATIENT, PORTWARDEN_LISTENER_FIRST_PAUSE_MS: '1' });
    await way.close();
    await panel.fire(...assigned(1, 1));
    await way.open();
    const { activity } = await panel.fire(...assigned(1, 2));
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
    expect(activity.join('\n')).toMatch(/the API accepts events again, after it did not since \d{4}-/);
  });

  test.each([
    ['seconds', '3000'],
    ['a date', () => new Date(Date.now() + 3_000_000).toUTCString()],
  ])('Retry-After in %s is kept: neither the panel nor cron asks before', async (_, retryAfter) => {
    const panel = install();
    way.behave = () =>
      portwardenError(503, 'temporal-unavailable', {
        'retry-after': typeof retryAfter === 'string' ? retryAfter : retryAfter(),
      });
    await panel.fire(...assigned(1, 1));
    way.behave = () => ({ kind: 'open' });
    await panel.fire(...assigned(1, 2));
    expect(await panel.drain('--seconds', '1')).toMatchObject({ code: 1 });
    expect(way.knocks).toHaveLength(1);
    const status = JSON.parse((await panel.drain('--status')).stdout) as Record<string, unknown>;
    expect(status).toMatchObject({
      waiting: 2,
      rejected: 0,
      settings: 'ok',
      url: `${way.url}/api/port-security/event`,
    });
    expect(status['reason']).toContain('503 temporal-unavailable');
    expect(status['pausedForMs']).toBeGreaterThan(2_000_000);
  });

  test("the API's own limit of requests is kept too", async () => {
    const limits = {
      bodyLimitBytes: 4096,
      eventsPerMinute: 1,
      readsPerMinute: 9,
      strangersPerMinute: 9,
      answerWithinMs: 300,
    };
    const limited = await startApi({ limits });
    const panel = new PhpPanel({ folder, apiUrl: limited.api.url, token: TOKEN, variables: PATIENT });
    await panel.fire(...assigned(1, 1));
    const { activity } = await panel.fire(...assigned(1, 2));
    expect(activity[0]).toContain('the API answered 429 too-many-requests');
    const { pausedForMs } = JSON.parse((await panel.drain('--status')).stdout) as { pausedForMs: number };
    await limited.api.close();
    expect(pausedForMs).toBeGreaterThan(PATIENT_PAUSE_MS);
  });

  test('a token that is not accepted: every event is kept, the log is loud, and what is right later delivers them', async () => {
    const panel = new PhpPanel({ folder, apiUrl: way.url, token: 'not-the-token', variables: VARIABLES });
    const { activity } = await panel.fire(...assigned(1, 1));
    expect(activity[0]).toMatch(
      /^portwarden: ERROR: the API answered 401: .*PORT_SECURITY_EVENT_API_BEARER_TOKEN; events wait: 1$/,
    );
    const second = await panel.fire(...assigned(1, 2));
    expect(second.activity.at(-1)).toMatch(
      /^portwarden: ERROR: ip_assigned of server 1 .* waits in the spool with 1 others: the API answered 401/,
    );
    expect((await panel.drain('--now', '--seconds', '1')).stderr).toMatch(/ERROR: the API answered 401/);
    expect(JSON.stringify([activity, second.activity, spoolTexts(panel)])).not.toContain('not-the-token');
    await install().drain('--now');
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
  });

  test('without token, or with a wrong setting, events are kept and the log says what is wrong; the file of settings mends it', async () => {
    const panel = install({ PORT_SECURITY_EVENT_API_BEARER_TOKEN: '' });
    expect((await panel.fire(...assigned(1, 1))).activity).toEqual([
      expect.stringMatching(
        /^portwarden: ERROR: ip_assigned .* waits .*: PORT_SECURITY_EVENT_API_BEARER_TOKEN is not set$/,
      ),
    ]);
    const wrong = install({ PORTWARDEN_LISTENER_LIMIT_MS: 'soon' });
    expect((await wrong.fire(...assigned(1, 2))).activity[0]).toContain(
      'PORTWARDEN_LISTENER_LIMIT_MS must be a whole number',
    );
    expect(await wrong.drain()).toMatchObject({ code: 2 });
    expect(way.knocks).toEqual([]);
    writeFileSync(
      join(folder, 'listener.env'),
      `# of the operator\nexport PORT_SECURITY_EVENT_API_BEARER_TOKEN="${TOKEN}"\r\n`,
    );
    expect(await panel.drain()).toMatchObject({ code: 0, stderr: '' });
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
  });

  test('what the API never will accept is set aside with the reason, what is no event too, and the others go on', async () => {
    const panel = install();
    mkdirSync(panel.spool);
    const key = (digit: string): string => digit.repeat(32);
    writeFileSync(
      join(panel.spool, `00000000000000001-${key('a')}.json`),
      `{"key":"${key('a')}","action":"ip_assigned","serverId":0,"ips":[]}`,
    );
    writeFileSync(join(panel.spool, `00000000000000002-${key('b')}.json`), '{"key":"b","action":"ip_ass');
    way.behave = ({ body }) =>
      body.serverId === 7 ? portwardenError(422, 'idempotency-key-reused') : { kind: 'open' };
    await panel.fire(...assigned(7, 7));
    await panel.fire(...assigned(8, 8));
    const end = await panel.drain();
    expect([end.code, waiting(panel), started()]).toEqual([0, [], ['8 10.0.48.8']]);
    expect(aside(panel)).toHaveLength(3);
    expect(spoolTexts(panel)).toMatch(/the API answered 400 invalid-event: serverId must be/);
    way.behave = () => ({ kind: 'open' });
    await panel.drain('--retry-rejected');
    expect(started().sort()).toEqual(['7 10.0.48.7', '8 10.0.48.8']);
    expect(aside(panel)).toHaveLength(2);
  });

  test('an event that the API fails with, while it accepts others, holds up its own server only, and not for ever', async () => {
    const panel = install(PATIENT);
    way.behave = ({ body }) => (body.serverId === 7 ? portwardenError(500, 'internal') : { kind: 'open' });
    await panel.fire(...assigned(7, 1));
    await panel.fire(...assigned(7, 2));
    for (let other = 1; other <= 12; other += 1) await panel.fire(...assigned(100 + other, other));
    await panel.drain('--now', '--seconds', '1');
    expect(started()).toEqual(Array.from({ length: 12 }, (_, index) => `${101 + index} 10.0.48.${index + 1}`));
    const texts = spoolTexts(panel);
    expect(texts).toMatch(/ip_assigned of server 7 \(10\.0\.48\.1\): 10 times the API answered 500 internal/);
    expect(
      way.knocks.filter(({ body }) => body.ips[0] === '10.0.48.1' && body.serverId === 7).length,
    ).toBeGreaterThanOrEqual(10);
  });

  test('one request that fires many events is held up once, not once for each', async () => {
    const panel = install();
    const { request } = await panel.serve();
    way.behave = () => ({ kind: 'slow', ms: 200 });
    const events = Array.from({ length: 30 }, (_, index) => assigned(index + 1, index + 1));
    heldWithinLimit(await request(events));
    expect(waiting(panel).length).toBeGreaterThan(15);
    way.behave = () => ({ kind: 'open' });
    await panel.drain('--now');
    expect(started().sort()).toEqual(named(events).sort());
  });

  test('many processes at once, the panel, jobs and cron: each event is posted by one of them, once', async () => {
    const panel = install(PATIENT);
    const { request } = await panel.serve(4);
    way.behave = () => ({ kind: 'slow', ms: 10 });
    const events = Array.from({ length: 40 }, (_, index) => assigned(1 + (index % 5), index + 1));
    await Promise.all([
      ...events.map((event) => request([event])),
      ...Array.from({ length: 4 }, () => panel.drain('--seconds', '5')),
    ]);
    await panel.drain();
    expect(way.knocks).toHaveLength(events.length);
    expect(started().sort()).toEqual(named(events).sort());
  });

  test('what comes while another process sends goes without waiting for it, and is sent by that one', async () => {
    const panel = install(PATIENT);
    way.behave = ({ body }) => (body.serverId === 1 ? { kind: 'slow', ms: 3_000 } : { kind: 'open' });
    const sending = panel.fire(...assigned(1, 1));
    while (way.knocks.length === 0) await sleep(10);
    const { activity } = await panel.fire(...assigned(2, 2));
    expect(activity).toEqual([expect.stringMatching(/^portwarden: ip_assigned of server 2 .* waits in the spool/)]);
    expect((await sending).activity.at(-1)).toMatch(/reported ip_assigned of server 2/);
    expect(started()).toEqual(['1 10.0.48.1', '2 10.0.48.2']);
  });

  test('PHP killed in the middle of a post: the event is sent again under the same key', async () => {
    const panel = install(PATIENT);
    const ways: Way[] = [{ kind: 'silent' }, { kind: 'answer-lost' }, { kind: 'slow', ms: 60_000 }];
    for (const [index, one] of ways.entries()) {
      way.behave = () => (one.kind === 'answer-lost' ? { kind: 'slow', ms: 60_000 } : one);
      const before = way.knocks.length;
      const child = panel.startFire(...assigned(index + 1, index + 1));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      while (way.knocks.length === before) await sleep(10);
      child.kill('SIGKILL');
      await ended;
      expect(waiting(panel)).toHaveLength(1);
      way.behave = () => ({ kind: 'open' });
      expect(await panel.drain()).toMatchObject({ code: 0 });
      expect(way.knocks.at(-1)?.key).toBe(way.knocks[before]?.key);
    }
    expect(started()).toEqual(['1 10.0.48.1', '2 10.0.48.2', '3 10.0.48.3']);
  });

  test('PHP killed at any moment: what was in the spool is started once, and nothing else', async () => {
    const panel = install(PATIENT);
    const kept = new Set<string>();
    way.behave = () => ({ kind: 'slow', ms: 30 });
    for (let round = 0; round < 12; round += 1) {
      const child = panel.startFire(...assigned(round + 1, round + 1));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), 15 + 12 * round);
      await ended;
      clearTimeout(timer);
      for (const name of existing(panel)) kept.add(name.slice(18, 50));
      await panel.drain();
    }
    const keys = way.knocks.map(({ key }) => key);
    for (const key of kept) expect(keys).toContain(key);
    expect(new Set(started()).size).toBe(started().length);
    expect(started()).toHaveLength(new Set(keys).size);
    expect(waiting(panel)).toEqual([]);
  });

  test('what a killed process had written but not queued is queued, and half of an event thrown away', async () => {
    const panel = install();
    mkdirSync(panel.spool);
    const draft = (name: string, text: string): void => {
      writeFileSync(join(panel.spool, name), text);
      utimesSync(join(panel.spool, name), 1_700_000_000, 1_700_000_000);
    };
    draft('.new-1', `{"key":"${'c'.repeat(32)}","action":"ip_assigned","serverId":5,"ips":["10.0.48.5"]}`);
    draft('.new-2', '{"key":"');
    writeFileSync(join(panel.spool, '.new-3'), '{"key":"');
    expect(await panel.drain()).toMatchObject({ code: 0 });
    expect(started()).toEqual(['5 10.0.48.5']);
    expect(readdirSync(panel.spool).filter((name) => name.startsWith('.new-'))).toEqual(['.new-3']);
  });

  test('a spool that cannot be written: the event is sent at once; when that fails too, it stands in the log whole', async () => {
    writeFileSync(join(folder, 'file'), '');
    const panel = install({ ...PATIENT, PORTWARDEN_LISTENER_SPOOL: join(folder, 'file', 'spool') });
    expect((await panel.fire(...assigned(1, 1))).activity).toEqual([
      expect.stringMatching(/^portwarden: ERROR: the spool folder .* cannot be made; reported ip_assigned of server 1/),
    ]);
    await way.close();
    expect((await panel.fire(...assigned(1, 2))).activity).toEqual([
      expect.stringContaining(
        'ERROR: LOST {"action":"ip_assigned","serverId":1,"ips":["10.0.48.2"]}: the spool folder',
      ),
    ]);
    expect(started()).toEqual(['1 10.0.48.1']);
  });

  test('a spool that is full says so, keeps what it has, and sends what comes out of turn', async () => {
    const panel = install({ ...PATIENT, PORTWARDEN_LISTENER_MAX_EVENTS: '2' });
    await way.close();
    await panel.fire(...assigned(1, 1));
    await panel.fire(...assigned(1, 2));
    expect((await panel.fire(...assigned(1, 3))).activity[0]).toMatch(
      /ERROR: LOST .*10\.0\.48\.3.*: the spool is full: 2 events wait/,
    );
    await way.open();
    expect((await panel.fire(...assigned(1, 4))).activity[0]).toMatch(
      /ERROR: the spool is full: 2 events wait .*; reported ip_assigned/,
    );
    await panel.drain('--now');
    expect(started()).toEqual(['1 10.0.48.4', '1 10.0.48.1', '1 10.0.48.2']);
  });

  const noMounts = mountsRefused();
  if (noMounts !== undefined) process.stderr.write(`skipped: ${noMounts}\n`);
  (noMounts === undefined ? test : test.skip)(
    'a full disk: the event is sent at once, and what waited there goes when there is room',
    async () => {
      const panel = install({ ...PATIENT, PORTWARDEN_LISTENER_FIRST_PAUSE_MS: '1' });
      mkdirSync(panel.spool);
      mountFull(panel.spool);
      try {
        await way.close();
        await panel.fire(...assigned(1, 1));
        await way.open();
        const ballast = join(panel.spool, 'ballast');
        expect(() => {
          writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
        }).toThrow('ENOSPC');
        expect(statSync(ballast).size).toBeGreaterThan(0);
        const { activity } = await panel.fire(...assigned(1, 2));
        expect(activity[0]).toMatch(
          /ERROR: nothing can be written to the spool folder .*; reported ip_assigned of server 1 \(10\.0\.48\.2\)/,
        );
        await panel.drain('--now');
        expect(started()).toEqual(['1 10.0.48.2', '1 10.0.48.1']);
      } finally {
        unmount(panel.spool);
      }
    },
  );

  test('a panel without the rest of the listener goes on', async () => {
    const panel = install();
    rmSync(join(folder, 'app', 'Custom', 'EventListeners', 'Portwarden'), { recursive: true });
    expect((await panel.fire(...assigned(1, 1))).activity).toEqual([]);
  });

  test('the panel asks no resolver: cron does, and the panel uses the address that cron reached', async () => {
    const port = new URL(way.url).port;
    const panel = install({ ...PATIENT, PORTWARDEN_API_URL: `http://portwarden.invalid:${port}` });
    expect((await panel.fire(...assigned(1, 1))).activity[0]).toMatch(
      /waits in the spool .*drain\.php, which looks up the host/,
    );
    expect(await panel.drain('--seconds', '1')).toMatchObject({ code: 1 });
    writeFileSync(join(panel.spool, 'address.json'), '{"host":"portwarden.invalid","address":"127.0.0.1"}');
    rmSync(join(panel.spool, 'pause.json'));
    await panel.fire(...assigned(1, 2));
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
  });

  const alias = /^127\.0\.0\.1\s.*?\b(?!localhost\b)([a-z][\w.-]*)\s*$/m.exec(readFileSync('/etc/hosts', 'utf8'))?.[1];
  if (alias === undefined)
    process.stderr.write('skipped: a host name to look up: /etc/hosts has none of this machine\n');
  (alias === undefined ? test.skip : test)('cron looks the host up and leaves its address to the panel', async () => {
    const panel = install({ ...PATIENT, PORTWARDEN_API_URL: `http://${alias ?? ''}:${new URL(way.url).port}` });
    await panel.fire(...assigned(1, 1));
    expect(way.knocks).toEqual([]);
    expect(await panel.drain()).toMatchObject({ code: 0 });
    expect((await panel.fire(...assigned(1, 2))).activity[0]).toContain('reported');
    expect(started()).toEqual(['1 10.0.48.1', '1 10.0.48.2']);
  });

  test('with a limit of 0 the panel only writes, and cron sends', async () => {
    const panel = install({ PORTWARDEN_LISTENER_LIMIT_MS: '0' });
    await panel.fire(...assigned(1, 1));
    expect([way.knocks, waiting(panel).length]).toEqual([[], 1]);
    expect(await panel.drain()).toMatchObject({ code: 0, stderr: '' });
    expect(started()).toEqual(['1 10.0.48.1']);
  });

  test('a deletion that a hook reports while the listener is not set up waits like any event', async () => {
    expect(await install({ PORT_SECURITY_EVENT_API_BEARER_TOKEN: '' }).drain('--deleted', '101')).toMatchObject({
      code: 2,
    });
    expect(await install().drain()).toMatchObject({ code: 0 });
    expect(started()).toEqual(['101 ']);
  });

  test('a hook that is no PHP reports a deletion by the command', async () => {
    const panel = install();
    expect(await panel.drain('--deleted', '101')).toMatchObject({ code: 0 });
    expect(api.events.started).toEqual([{ action: 'server_deleted', serverId: 101, ips: [] }]);
    expect(await panel.drain('--deleted', 'x')).toMatchObject({ code: 2 });
  });

  const existing = (panel: PhpPanel): string[] => {
    try {
      return waiting(panel);
    } catch {
      return [];
    }
  };
  const spoolTexts = (panel: PhpPanel): string =>
    readdirSync(panel.spool, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
});

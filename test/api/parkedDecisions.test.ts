import { FakeDecisions } from './fakeDecisions';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DECISION = { device: 'junos:1', ports: [{ port: 'ge-0/0/1.0' }], author: 'ada' };
const PARKED = '1f2a3b4c5d6e7f80';

let decisions: FakeDecisions;
let site: ApiUnderTest;
beforeEach(async () => {
  decisions = new FakeDecisions();
  site = await startApi({ decisions });
});
afterEach(() => site.api.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${site.api.url}${path}`, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify(body),
  });

it.each(['approve', 'reject'] as const)('takes what a person says: %s', async (verdict) => {
  const answer = await post(`/api/guards/parked/${verdict}`, {
    ...DECISION,
    ports: [{ port: 'ge-0/0/1', fingerprint: PARKED }, { port: 'ge-0/0/2.0' }],
    reason: 'moved away',
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/decisions/decideParked-1']);
  expect(await answer.json()).toEqual({ workflowId: 'decideParked-1', statusUrl: '/api/decisions/decideParked-1' });
  expect(decisions.asked).toEqual([
    {
      ...{ verdict, device: 'junos:1', author: 'ada', reason: 'moved away' },
      // As the switch names it.
      ports: [{ port: 'ge-0/0/1.0', fingerprint: PARKED }, { port: 'ge-0/0/2.0' }],
    },
  ]);
});

it('an approval may pass a closed change window, with a reason', async () => {
  const passing = { ...DECISION, outsideWindow: true, reason: 'abuse' };
  expect((await post('/api/guards/parked/approve', passing)).status).toBe(202);
  expect(decisions.asked).toEqual([{ verdict: 'approve', ...passing }]);
});

it('says that a request came before, with the same key', async () => {
  const key = { 'Idempotency-Key': 'one' };
  expect(await (await post('/api/guards/parked/approve', DECISION, key)).json()).not.toHaveProperty('repeated');
  expect(await (await post('/api/guards/parked/approve', DECISION, key)).json()).toMatchObject({ repeated: true });
});

it.each([
  [{ ...DECISION, author: undefined }, 'author'],
  [{ ...DECISION, device: 'nowhere' }, 'device'],
  [{ ...DECISION, ports: undefined }, 'ports'],
  [{ ...DECISION, ports: [] }, 'ports'],
  [{ ...DECISION, ports: [{ port: 'ge-0/0/1; delete' }] }, 'ports[0].port'],
  [{ ...DECISION, ports: [{ port: 'ge-0/0/1.0' }, { port: 'ge-0/0/1.0' }] }, 'ports'],
  [{ ...DECISION, ports: [{ port: 'ge-0/0/1.0', fingerprint: 'no' }] }, 'ports[0].fingerprint'],
  [{ ...DECISION, ports: Array.from({ length: 201 }, (_, n) => ({ port: `ae${n}` })) }, 'ports'],
  [{ ...DECISION, outsideWindow: true }, 'reason'],
  [{ ...DECISION, outsideWindow: 'yes' }, 'outsideWindow'],
  [{ ...DECISION, everything: true }, 'everything'],
])('refuses an approval %#', async (body, field) => {
  const answer = await post('/api/guards/parked/approve', body);
  expect([answer.status, (await errorOf(answer))['field']]).toEqual([400, field]);
  expect(decisions.asked).toEqual([]);
});

it('refuses what no driver serves, a rejection that shall pass a window, and who is not known', async () => {
  const other = await post('/api/guards/parked/approve', { ...DECISION, device: 'cisco:1' });
  expect((await errorOf(other))['code']).toBe('device-kind-unknown');
  const passing = await post('/api/guards/parked/reject', { ...DECISION, outsideWindow: true, reason: 'x' });
  expect([passing.status, (await errorOf(passing))['field']]).toEqual([400, 'outsideWindow']);
  const stranger = await post('/api/guards/parked/approve', DECISION, { Authorization: 'Bearer no' });
  expect(stranger.status).toBe(401);
  expect(decisions.asked).toEqual([]);
});

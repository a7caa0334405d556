import { PortwardenError } from '../../src/domain/errors';
import { scopeKey, type PolicyScope } from '../../src/domain/policies/policy';
import type { PolicyChange, StoredPolicy } from '../../src/domain/policies/storedPolicy';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { PolicyFilter } from '../../src/store/policies';
import { FakeDecisions } from './fakeDecisions';
import { FakePolicies } from './fakePolicies';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DEVICE = deviceId('neutron', 'lab');
const BY_ADA = { author: 'ada@ops1', reason: 'firewall' };
const policyOf = (port: string): StoredPolicy => ({
  ...{ scope: { kind: 'port', device: DEVICE, port: parsePortName(port) }, version: '7', portSecurity: 'off' },
  ...{ ...BY_ADA, createdAt: '2026-11-29T13:00:00.000Z' },
});
const POLICIES = ['a', 'b', 'c'].map(policyOf);
const CHANGE: PolicyChange = {
  ...{ version: '7', at: '2026-11-29T13:00:00.000Z', change: 'set', workflowId: 'changePolicy-1', ...BY_ADA },
  ...{ scope: policyOf('a').scope, after: policyOf('a') },
};
const OFF = { device: DEVICE, port: 'a', portSecurity: 'off', ...BY_ADA };

describe('port policies, over HTTP', () => {
  let service: FakePolicies;
  let decisions: FakeDecisions;
  let site: ApiUnderTest;
  const listed: PolicyFilter[] = [];

  beforeEach(async () => {
    service = new FakePolicies();
    decisions = new FakeDecisions();
    const stored = {
      list: async (filter: PolicyFilter) => {
        listed.push(filter);
        return POLICIES.filter(({ scope }) => scopeKey(scope) > (filter.after ?? '')).slice(0, filter.limit);
      },
      get: async (scope: PolicyScope) => POLICIES.find((policy) => scopeKey(policy.scope) === scopeKey(scope)),
      changes: async ({ scope }: { readonly scope?: PolicyScope }) =>
        scope === undefined || scopeKey(scope) === scopeKey(CHANGE.scope) ? [CHANGE] : [],
    };
    site = await startApi({ decisions, policies: { stored, service } });
  });
  afterEach(() => site.api.close());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${site.api.url}/api/policies${path}`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...headers },
      body: JSON.stringify(body),
    });
  const json = async (path: string): Promise<unknown> => (await site.get(`/api/policies${path}`)).json();

  it('are set by workers, and the answer says what was recorded and where the outcome is told', async () => {
    service.recorded = CHANGE;
    const answer = await post('/set', OFF);
    expect([answer.status, answer.headers.get('location'), answer.headers.get('etag')]).toEqual([
      202,
      '/api/decisions/changePolicy-1',
      '"7"',
    ]);
    expect(await answer.json()).toEqual({
      ...{ workflowId: 'changePolicy-1', statusUrl: '/api/decisions/changePolicy-1', change: CHANGE },
    });
    expect(service.asked).toEqual([
      { change: 'set', policy: { scope: policyOf('a').scope, portSecurity: 'off', ...BY_ADA } },
    ]);
  });

  it.each<[Record<string, string>, string | undefined]>([
    [{ 'If-Match': '"7"' }, '7'],
    [{ 'If-None-Match': '*' }, '0'],
    [{}, undefined],
  ])('with the conditions %j are decided for version %s', async (headers, expected) => {
    await post('/unset', { server: 12, ...BY_ADA }, headers);
    expect(service.asked).toEqual([
      {
        ...{ change: 'unset', scope: { kind: 'server', serverId: 12 }, ...BY_ADA },
        ...(expected === undefined ? {} : { expected }),
      },
    ]);
  });

  it('that somebody else changed meanwhile are not overwritten: 412', async () => {
    service.refusal = new PortwardenError('policy-changed', 'it is version 8 by bob now');
    const answer = await post('/set', OFF, { 'If-Match': '"7"' });
    expect([answer.status, await errorOf(answer)]).toMatchObject([412, { code: 'policy-changed' }]);
  });

  it('are waited for when the caller prefers that', async () => {
    const outcome = { summary: 'done', outcomes: [], notes: [] };
    decisions.ended = { workflowId: 'changePolicy-1', state: 'completed', startedAt: 'x', outcome };
    const answer = await post('/set', OFF, { Prefer: 'respond-async, wait=500' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, 'wait=60']);
    expect(await answer.json()).toMatchObject({ state: 'completed', outcome });
    decisions.ended = { ...decisions.ended, state: 'running' };
    expect((await post('/set', OFF, { Prefer: 'wait=1' })).status).toBe(202);
  });

  it('with an Idempotency-Key are changed once by the service', async () => {
    await post('/set', OFF, { 'Idempotency-Key': '"once"' });
    await post('/unset', { server: 12, ...BY_ADA });
    expect(service.keys).toEqual(['once', undefined]);
    const again = await post('/set', OFF, { 'Idempotency-Key': '"once"' });
    expect([again.status, await again.json()]).toMatchObject([202, { repeated: true }]);
    expect((await post('/set', OFF, { 'Idempotency-Key': 'x'.repeat(201) })).status).toBe(400);
    expect(service.keys).toHaveLength(3);
  });

  it.each<[string, object, string]>([
    ['no scope', { device: undefined, port: undefined }, 'device or server'],
    ['two scopes', { server: 12 }, 'server'],
    ['a port and a network', { network: 'net-1' }, 'port'],
    ['another state', { portSecurity: 'maybe' }, 'portSecurity'],
    ['an address that is none', { allowedAddressPairs: [{ address: 'db1' }] }, 'allowedAddressPairs[0]'],
    [
      'a pair with a group MAC',
      { allowedAddressPairs: [{ address: '10.0.0.1', mac: '01:00:5e:00:00:01' }] },
      'allowedAddressPairs[0]',
    ],
    ['a reading that is none', { as: 'both' }, 'as'],
    ['groups that are no list', { securityGroups: 'web' }, 'securityGroups'],
    ['a flag that is no truth', { exclusive: 'yes' }, 'exclusive'],
    ['a field that is not known', { force: true }, 'force'],
    ['no reason', { reason: ' ' }, 'reason'],
    ['an end that is no instant', { expiresAt: '2h' }, 'expiresAt'],
  ])('with %s are refused, and nobody is asked', async (_what, change, field) => {
    const answer = await post('/set', { ...OFF, ...change });
    expect(answer.status).toBe(400);
    expect((await errorOf(answer))['field']).toContain(field);
    expect(service.asked).toEqual([]);
  });

  it("refuse the seed's 10.10.10.11/24 with both readings, and take it with a word", async () => {
    const pairs = { device: DEVICE, allowedAddressPairs: [{ address: '10.10.10.11/24' }], ...BY_ADA };
    const refused = await errorOf(await post('/set', pairs));
    expect(refused['code']).toBe('address-pair-ambiguous');
    expect(refused['message']).toMatch(/10\.10\.10\.11 or the whole range 10\.10\.10\.0\/24/);
    await post('/set', { ...pairs, as: 'network' });
    expect(service.asked).toMatchObject([{ policy: { allowedAddressPairs: [{ address: '10.10.10.0/24' }] } }]);
  });

  it('refuse conditions that are none, foreign kinds, and requests without the token', async () => {
    for (const headers of [{ 'If-Match': '*' }, { 'If-Match': '7' }, { 'If-None-Match': '"7"' }])
      expect((await post('/set', OFF, headers)).status).toBe(400);
    expect((await post('/set', { ...OFF, device: 'cisco:1' })).status).toBe(422);
    expect((await post('/preview', { ...OFF, device: 'cisco:1' })).status).toBe(422);
    for (const path of ['', '/show?server=1', '/log'])
      expect((await site.get(`/api/policies${path}`, {})).status).toBe(401);
    expect((await post('/set', OFF, { Authorization: 'Bearer x' })).status).toBe(401);
    expect(service.asked).toEqual([]);
  });

  it('are previewed without a reason', async () => {
    const { author, reason, ...proposed } = OFF;
    expect([author, reason]).toEqual(['ada@ops1', 'firewall']);
    expect(await (await post('/preview', proposed)).json()).toMatchObject({ summary: expect.any(String) as string });
    await post('/preview', { change: 'unset', device: DEVICE, port: 'a', form: 'replace' });
    expect(service.asked).toMatchObject([
      { form: 'difference', proposed: { change: 'set', policy: { portSecurity: 'off' } } },
      { form: 'replace', proposed: { change: 'unset' } },
    ]);
  });

  it('are listed page by page, and shown with their version and what was done', async () => {
    const page = (await json('?limit=2')) as { policies: unknown[]; next: string };
    expect(page.policies).toEqual(POLICIES.slice(0, 2).map((policy) => ({ ...policy, state: 'active' })));
    expect(await json(`?limit=2&after=${page.next}`)).toEqual({ policies: [{ ...POLICIES[2], state: 'active' }] });
    await json(`?device=${DEVICE}&kind=port&ending=soon&server=12`);
    expect(listed.at(-1)).toMatchObject({
      device: DEVICE,
      kind: 'port',
      serverId: 12,
      endingUntil: expect.any(Date) as Date,
    });
    for (const query of ['limit=0', 'after=x', 'ending=never', 'kind=vm', 'device=x', 'server=x', 'who=me'])
      expect((await site.get(`/api/policies?${query}`)).status).toBe(400);
    const shown = await site.get(`/api/policies/show?device=${DEVICE}&port=a`);
    expect([shown.headers.get('etag'), await shown.json()]).toEqual([
      '"7"',
      { policy: { ...POLICIES[0], state: 'active' }, version: '7', changes: [CHANGE] },
    ]);
    expect((await site.get('/api/policies/show?server=9')).status).toBe(404);
    expect(await json('/log')).toEqual({ changes: [CHANGE] });
    expect(await json('/log?server=9')).toEqual({ changes: [] });
    expect((await site.get('/api/policies/log?server=9&what=x')).status).toBe(400);
  });
});

it('are not known in a process without a store, but may be changed', async () => {
  const service = new FakePolicies();
  const site = await startApi({ policies: { stored: undefined, service } });
  expect((await site.get('/api/policies')).status).toBe(501);
  await fetch(`${site.api.url}/api/policies/set`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(OFF) });
  expect(service.asked).toHaveLength(1);
  await site.api.close();
});

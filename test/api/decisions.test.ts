import type { Keep } from '../../src/domain/change/keep';
import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { KeepFilter } from '../../src/store/keeps';
import { statement } from '../activities/fakes/values';
import { FakeDecisions } from './fakeDecisions';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DEVICE = deviceId('junos', 1);
const KEEPS = ['1', '2', '3'].map((id): Keep => ({
  ...{ id, device: DEVICE, port: parsePortName('ge-0/0/1.0'), statement: statement(`10.0.48.${id}`) },
  ...{ author: 'ada@ops1', reason: 'router', createdAt: '2026-11-29T13:00:00.000Z' },
}));
const ADOPTION = {
  device: 'junos:1',
  ports: [{ port: 'ge-0/0/1.0', hash: 'abc', statements: [{ key: 'a  b', adoption: 'keep', reason: 'VRRP' }] }],
  author: 'ada@ops1',
  reason: 'office',
  expiresAt: '2027-01-31T00:00:00Z',
};

describe('what people decide, over HTTP', () => {
  let decisions: FakeDecisions;
  let site: ApiUnderTest;
  const listed: KeepFilter[] = [];

  beforeEach(async () => {
    decisions = new FakeDecisions();
    const keeps = {
      list: async (filter: KeepFilter) => {
        listed.push(filter);
        return KEEPS.filter(({ id }) => Number(id) > Number(filter.after ?? 0)).slice(0, filter.limit);
      },
    };
    site = await startApi({ decisions, keeps });
  });
  afterEach(() => site.api.close());

  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${site.api.url}${path}`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });

  it('lists what nothing explains', async () => {
    const answer = await site.get('/api/unknown-bindings?device=junos:1&port=ge-0/0/1.0');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(decisions.asked).toEqual([{ device: 'junos:1', port: 'ge-0/0/1.0' }]);
  });

  it('asks for their origin too, and refuses what is no choice', async () => {
    expect((await site.get('/api/unknown-bindings?device=junos:1&origin=true')).status).toBe(200);
    expect((await site.get('/api/unknown-bindings?device=junos:1&origin=false')).status).toBe(200);
    expect(decisions.asked).toEqual([{ device: 'junos:1', origin: true }, { device: 'junos:1' }]);
    const refused = await site.get('/api/unknown-bindings?device=junos:1&origin=maybe');
    expect([refused.status, (await errorOf(refused))['field']]).toEqual([400, 'origin']);
  });

  it('takes decisions, keys as they are, and says where their end is told', async () => {
    const answer = await post('/api/adoptions', ADOPTION);
    expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/decisions/adopt-1']);
    expect(await answer.json()).toEqual({ workflowId: 'adopt-1', statusUrl: '/api/decisions/adopt-1' });
    expect(decisions.asked).toEqual([{ ...ADOPTION, expiresAt: '2027-01-31T00:00:00.000Z' }]);
  });

  it.each<[string, object, string]>([
    ['no author', { author: ' ' }, 'author'],
    ['no reason', { reason: undefined }, 'reason'],
    ['a reason of two lines', { reason: 'a\nb' }, 'reason'],
    ['an end that is no instant', { expiresAt: 'soon' }, 'expiresAt'],
    ['no ports', { ports: [] }, 'ports'],
    ['a word of no decision', { ports: [{ port: 'a', statements: [{ key: 'a', adoption: 'drop' }] }] }, 'adoption'],
    ['a statement twice', { ports: [{ port: 'a', statements: two('a', 'a') }] }, 'statements'],
    ['a field that is not known', { force: true }, 'force'],
    ['a device that is none', { device: 'switch' }, 'device'],
  ])('refuses %s, and asks nobody', async (_what, change, field) => {
    const answer = await post('/api/adoptions', { ...ADOPTION, ...change });
    expect(answer.status).toBe(400);
    expect((await errorOf(answer))['field']).toContain(field);
    expect(decisions.asked).toEqual([]);
  });

  it('refuses a device that no driver serves, and requests without the token', async () => {
    const foreign = 'cisco:cloud1';
    expect((await post('/api/adoptions', { ...ADOPTION, device: foreign })).status).toBe(422);
    expect((await site.get(`/api/unknown-bindings?device=${foreign}`)).status).toBe(422);
    for (const path of ['/api/unknown-bindings?device=junos:1', '/api/keeps', '/api/decisions/adopt-1'])
      expect((await site.get(path, {})).status).toBe(401);
    expect(decisions.asked).toEqual([]);
  });

  it('ends and extends keeps', async () => {
    const said = { ids: ['7', '7', '8'], author: 'ada@ops1', reason: 'gone' };
    expect((await post('/api/keeps/remove', said)).status).toBe(202);
    expect((await post('/api/keeps/extend', { ...said, expiresAt: '2027-01-31T00:00:00Z' })).status).toBe(202);
    expect(decisions.asked).toEqual([
      { ...said, ids: ['7', '8'], change: 'remove' },
      { ...said, ids: ['7', '8'], change: 'extend', expiresAt: '2027-01-31T00:00:00.000Z' },
    ]);
    expect(await errorOf(await post('/api/keeps/remove', { ...said, ids: ['x'] }))).toMatchObject({ field: 'ids' });
  });

  it('tells what became of a decision', async () => {
    decisions.ended = { workflowId: 'adopt-1', state: 'completed', startedAt: 'x', outcome: { summary: '1 kept' } };
    expect(await (await site.get('/api/decisions/adopt-1')).json()).toMatchObject({ outcome: { summary: '1 kept' } });
    expect((await site.get('/api/decisions/adopt-2')).status).toBe(404);
  });

  it('lists keeps page by page', async () => {
    const page = async (query: string) => (await (await site.get(`/api/keeps?${query}`)).json()) as object;
    expect(await page('limit=2')).toEqual({ keeps: KEEPS.slice(0, 2), next: '2' });
    expect(await page('limit=2&after=2')).toEqual({ keeps: KEEPS.slice(2) });
    await page('device=junos:1&port=ge-0/0/1&ending=soon');
    expect(listed.at(-1)).toMatchObject({
      device: 'junos:1',
      port: 'ge-0/0/1.0',
      endingUntil: expect.any(Date) as unknown,
    });
    for (const query of ['limit=0', 'after=x', 'ending=never', 'device=x', 'port=ge%200', 'who=me'])
      expect((await site.get(`/api/keeps?${query}`)).status).toBe(400);
  });
});

function two(...keys: string[]): { key: string; adoption: string }[] {
  return keys.map((key) => ({ key, adoption: 'keep' }));
}

import { deviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import { parseSiteName } from '../../src/domain/values/scope';
import { MemoryAlarms } from '../activities/fakes/memoryAlarms';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const port = parsePortName('ge-0/0/1.0');
const at = new Date('2026-11-30T12:00:00.000Z');
const since = at.toISOString();

let alarms: MemoryAlarms;
let site: ApiUnderTest;
beforeEach(async () => {
  alarms = new MemoryAlarms();
  const none = { isUnknown: () => false, unread: ['watches: away'] };
  const brake = { id: 'site-brake' as const, since, text: 'too much' };
  await alarms.reconcile({ ...none, found: [brake] }, at);
  const found = [
    { id: 'parked' as const, device: first, port, since, text: 'a' },
    { id: 'parked' as const, device: second, port, since, text: 'b' },
    { id: 'unbound-old' as const, device: first, port: parsePortName('ge-0/0/2.0'), since, text: 'c' },
  ];
  await alarms.reconcile({ ...none, found }, at);
  const { pauses, brakes } = new MemoryStore();
  site = await startApi({
    alarms,
    sites: new Map([[parseSiteName('fra1'), [second]]]),
    pauses: {
      active: () => pauses.active(at),
      ended: () => pauses.ended(1),
      pause: () => Promise.reject(new Error('not asked')),
      resume: () => Promise.reject(new Error('not asked')),
    },
    guards: { parked: { page: async () => [] }, brakes, releaseBrake: async () => undefined },
  });
});
afterEach(() => site.api.close());

interface Listed {
  readonly alarms: readonly { readonly number: string }[];
  readonly judged: unknown;
  readonly next?: string;
}

const numbers = async (query: string): Promise<string[]> =>
  ((await (await site.get(`/api/alarms${query}`)).json()) as Listed).alarms.map(({ number }) => number);

it.each([
  ['', ['4', '3', '2']],
  ['?state=cleared', ['1']],
  ['?state=any', ['4', '3', '2', '1']],
  ['?alarm=parked', ['3', '2']],
  ['?severity=minor', ['4']],
  ['?all=true', ['4', '3', '2']],
  ['?site=fra1', ['3']],
  ['?device=junos:1', ['4', '2']],
  ['?device=junos:1&port=ge-0/0/1.0', ['2']],
])('alarms%s', async (query, wanted) => {
  expect(await numbers(query)).toEqual(wanted);
});

it('pages go on behind the last one, and name when alarms were judged and what was not read', async () => {
  const page = (await (await site.get('/api/alarms?limit=2')).json()) as Listed;
  expect(page.judged).toEqual({ at: since, unread: ['watches: away'] });
  expect(page.alarms.map(({ number }) => number)).toEqual(['4', '3']);
  expect(await numbers(`?limit=2&after=${page.next ?? ''}`)).toEqual(['2']);
});

it.each([
  ['?state=new', 'state'],
  ['?alarm=toString', 'alarm'],
  ['?severity=fatal', 'severity'],
  ['?site=ams2', 'site'],
  ['?port=ge-0/0/1.0', 'scope'],
  ['?all=yes', 'all'],
  ['?who=me', 'who'],
  [`?after=${Buffer.from('["x"]').toString('base64url')}`, 'after'],
])('alarms%s is refused by name', async (query, field) => {
  const answer = await site.get(`/api/alarms${query}`);
  expect([answer.status, (await errorOf(answer))['message']]).toEqual([400, expect.stringContaining(field) as unknown]);
});

it('one says what it means and what to do; a person acknowledges an open one', async () => {
  expect(await (await site.get('/api/alarms/2')).json()).toMatchObject({
    number: '2',
    id: 'parked',
    about: { action: expect.stringContaining('approve') as unknown },
  });
  expect((await site.get('/api/alarms/99')).status).toBe(404);
  const acknowledge = (number: string): Promise<Response> =>
    fetch(`${site.api.url}/api/alarms/${number}/acknowledge`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify({ author: 'ada', reason: 'known' }),
    });
  expect(await (await acknowledge('2')).json()).toMatchObject({ acknowledged: { by: 'ada', reason: 'known' } });
  expect((await acknowledge('1')).status).toBe(404);
});

it('the status counts them by severity', async () => {
  expect(await (await site.get('/api/status')).json()).toEqual({
    pauses: [],
    brake: null,
    alarms: { critical: 0, major: 2, minor: 1 },
  });
});

import { NOTIFICATION_TYPES, ofJournal } from '../../src/domain/notifications/announcement';
import { deviceId } from '../../src/domain/values/device';
import { parseSiteName } from '../../src/domain/values/scope';
import { MemoryNotifications } from '../activities/fakes/memoryNotifications';
import { entry } from '../store/journalEntry';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const at = '2026-11-30T12:00:00.000Z';
const ENDED = new Date('2026-11-30T13:00:00.000Z');

let notifications: MemoryNotifications;
let site: ApiUnderTest;
beforeEach(async () => {
  notifications = new MemoryNotifications();
  const origin = 'https://hooks.example.com';
  await notifications.register([{ id: 'ops', origin, format: 'standard', types: NOTIFICATION_TYPES }], new Date());
  notifications.announce([
    ofJournal({ ...entry(first), id: '1', at }),
    ofJournal({ ...entry(second, { status: 'failed' }), id: '2', at }),
    ofJournal({ ...entry(first, { status: 'parked' }), id: '3', at: '2026-12-01T12:00:00.000Z' }),
  ]);
  await notifications.spread(10);
  await notifications.tried({ id: '1', round: 0 }, { kind: 'failed', error: 'notification-refused: 500' }, ENDED);
  await notifications.tried({ id: '2', round: 0 }, { kind: 'delivered', status: 200 }, ENDED);
  site = await startApi({ notifications, sites: new Map([[parseSiteName('fra1'), [second]]]) });
});
afterEach(() => site.api.close());

interface Listed {
  readonly notifications: readonly { readonly id: string }[];
  readonly next?: string;
}

const list = async (query: string): Promise<Listed> =>
  (await (await site.get(`/api/notifications${query}`)).json()) as Listed;
const post = (path: string, body: object = {}): Promise<Response> =>
  fetch(`${site.api.url}/api/notifications/${path}`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });

it.each([
  ['', ['3', '2', '1']],
  ['?state=failed', ['1']],
  ['?endpoint=ops', ['3', '2', '1']],
  ['?endpoint=chat', []],
  ['?type=port.parked', ['3']],
  ['?device=junos:1', ['3', '1']],
  ['?site=fra1', ['2']],
  ['?since=2026-12-01', ['3']],
])('notifications%s', async (query, wanted) => {
  expect((await list(query)).notifications.map(({ id }) => id)).toEqual(wanted);
});

it('are read page by page, and one whole', async () => {
  const page = await list('?limit=2');
  expect(page.notifications.map(({ id }) => id)).toEqual(['3', '2']);
  expect((await list(`?limit=2&after=${page.next ?? ''}`)).notifications.map(({ id }) => id)).toEqual(['1']);
  expect(await (await site.get('/api/notifications/1')).json()).toMatchObject({
    ...{ id: '1', state: 'failed', lastError: 'notification-refused: 500', data: { journalId: '1' } },
  });
  expect((await errorOf(await site.get('/api/notifications/9'))).code).toBe('not-found');
});

it('endpoints are listed with what waits for them, and without what is secret of them', async () => {
  const { endpoints } = (await (await site.get('/api/notifications/endpoints')).json()) as { endpoints: object[] };
  expect(endpoints).toMatchObject([{ id: 'ops', origin: 'https://hooks.example.com', queued: 1, failed: 1 }]);
});

it('one that has ended is sent again, one that is on its way is not', async () => {
  const again = await post('1/replay');
  expect([again.status, await again.json()]).toMatchObject([202, { id: '1', state: 'queued', round: 1 }]);
  const refused = await post('3/replay');
  expect([refused.status, (await errorOf(refused)).code]).toEqual([409, 'notification-under-way']);
  expect((await errorOf(await post('9/replay'))).code).toBe('not-found');
});

it('all that were given up since a time are sent again', async () => {
  expect(await (await post('replay', { since: '2026-11-30T13:00:01Z' })).json()).toEqual({ replayed: 0, more: false });
  expect(await (await post('replay', { since: '2026-11-30', endpoint: 'chat' })).json()).toMatchObject({ replayed: 0 });
  expect(await (await post('replay', { since: '2026-11-30', endpoint: 'ops' })).json()).toMatchObject({ replayed: 1 });
  expect(notifications.rows[0]).toMatchObject({ state: 'queued', round: 1 });
});

it('a test is sent to an endpoint', async () => {
  const sent = await post('endpoints/ops/test');
  expect([sent.status, await sent.json()]).toMatchObject([202, { type: 'notification.test', state: 'queued' }]);
  const unknown = await post('endpoints/chat/test');
  expect([unknown.status, (await errorOf(unknown)).code]).toEqual([404, 'notification-endpoint-unknown']);
});

it.each([
  ['?state=lost', 'state'],
  ['?type=port.unchanged', 'type'],
  ['?since=yesterday', 'since'],
  ['?site=ams1', 'site'],
  ['?after=x', 'after'],
  ['?what=x', 'what'],
])('notifications%s is refused', async (query, field) => {
  const answer = await site.get(`/api/notifications${query}`);
  expect([answer.status, (await errorOf(answer))['message']]).toEqual([400, expect.stringContaining(field) as unknown]);
});

it.each([
  ['replay', {}, 'since'],
  ['replay', { since: 7 }, 'since'],
  ['replay', { since: '2026-11-30', endpoint: 7 }, 'endpoint'],
  ['1/replay', { force: true }, 'force'],
])('a POST to %s of %j is refused', async (path, body, field) => {
  const answer = await post(path, body);
  expect([answer.status, (await errorOf(answer))['message']]).toEqual([400, expect.stringContaining(field) as unknown]);
});

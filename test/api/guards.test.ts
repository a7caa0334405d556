import type { BrakeRelease } from '../../src/api/guardRoutes';
import type { ParkedChange } from '../../src/store/parked';
import type { StandingEntry } from '../../src/domain/standing';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { junos, port, statement } from '../activities/fakes/values';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DEVICE = junos(1);
const parked = (name: string): ParkedChange => ({
  device: DEVICE,
  port: port(name),
  fingerprint: 'f',
  reason: 'too much',
  added: [],
  removed: [statement('10.0.48.5')],
  guards: ['port-shrink'],
  at: '2026-11-29T12:00:00.000Z',
});

let store: MemoryStore;
let site: ApiUnderTest;
let released: BrakeRelease[];
beforeEach(async () => {
  store = new MemoryStore();
  released = [];
  const releaseBrake = async (release: BrakeRelease) => {
    released.push(release);
    const brake = await store.brakes.release(release.by, release.reason, Date.now());
    return brake === undefined ? undefined : { brake, ports: 3 };
  };
  const pages = (all: readonly ParkedChange[]) => ({
    page: async (limit: number, of: { readonly after?: { readonly port: string } } = {}) =>
      all.filter((change) => change.port > (of.after?.port ?? '')).slice(0, limit),
  });
  const three = ['ge-0/0/1.0', 'ge-0/0/2.0', 'ge-0/0/3.0'].map(parked);
  site = await startApi({
    guards: { parked: pages(three), brakes: store.brakes, releaseBrake },
    standing: store.standing,
  });
});
afterEach(() => site.api.close());

it('parked changes are read page by page, with guards, reason and difference', async () => {
  const first = (await (await site.get('/api/guards/parked?limit=2')).json()) as {
    readonly changes: readonly ParkedChange[];
    readonly next: string;
  };
  expect(first.changes).toEqual(['ge-0/0/1.0', 'ge-0/0/2.0'].map(parked));
  const second: unknown = await (await site.get(`/api/guards/parked?limit=2&after=${first.next}`)).json();
  expect(second).toEqual({ changes: [parked('ge-0/0/3.0')] });
});

it.each(['guard=x', 'limit=0', 'limit=x', 'after=x', 'after=W10', 'device=x'])(
  '%s is refused by name',
  async (query) => {
    const answer = await site.get(`/api/guards/parked?${query}`);
    expect([answer.status, (await errorOf(answer))['message']]).toEqual([
      400,
      expect.stringContaining(query.split('=')[0] ?? '') as unknown,
    ]);
  },
);

it('the brake is shown, and released by a person with a reason', async () => {
  expect(await (await site.get('/api/guards/brake')).json()).toEqual({ on: null, brakes: [] });
  const limits = { ports: 0, bindings: 0, withinMinutes: 60 };
  const [removed] = parked('ge-0/0/1.0').removed;
  await store.brakes.admit(
    [{ device: DEVICE, port: port('ge-0/0/1.0'), ip: removed?.ip ?? fail() }],
    limits,
    Date.parse('2026-11-29T12:00:00.000Z'),
  );
  const on = { id: '1', since: '2026-11-29T12:00:00.000Z', reason: expect.stringContaining('1 bindings') as unknown };
  expect(await (await site.get('/api/guards/brake')).json()).toEqual({ on, brakes: [on] });
  const release = (body: unknown): Promise<Response> =>
    fetch(`${site.api.url}/api/guards/brake/release`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(body),
    });
  for (const body of [{}, { by: 'alice' }, { by: 'alice', reason: ' ' }, { by: 'alice', reason: 'x', more: 1 }])
    expect((await release(body)).status).toBe(400);
  expect(released).toEqual([]);
  const answer = await release({ by: 'alice', reason: 'they were moved' });
  expect(await answer.json()).toMatchObject({ released: { id: '1', released: { by: 'alice' } }, ports: 3 });
  expect(released).toEqual([{ by: 'alice', reason: 'they were moved', approve: false }]);
  expect(await (await release({ by: 'alice', reason: 'again', approve: true })).json()).toEqual({
    released: null,
    ports: 0,
  });
});

it('standing lists are counted, and read page by page', async () => {
  const entry = (subject: string): StandingEntry => ({
    list: 'unbound',
    subject,
    rule: 'no-mac',
    message: 'no MAC',
    since: '2026-11-22T00:00:00.000Z',
    device: DEVICE,
    port: port('ge-0/0/1.0'),
  });
  store.stands.push(entry('10.0.0.1'), entry('10.0.0.2'));
  const page = (await (await site.get('/api/coverage/unbound?limit=1')).json()) as { readonly next: string };
  expect(page).toEqual({ list: 'unbound', entries: [entry('10.0.0.1')], next: expect.any(String) as unknown });
  expect(await (await site.get('/api/coverage')).json()).toEqual({
    lists: ['unbound', 'unexplained', 'unautomated', 'conflicting'].map((list) => ({ list, count: 0 })),
  });
  expect((await site.get('/api/coverage/other')).status).toBe(404);
});

it('without a store nothing of it, nor anything else of the store, is answered, and it is said why', async () => {
  const bare = await startApi();
  try {
    for (const path of [
      'guards/parked',
      'guards/brake',
      'coverage',
      'pauses',
      'status',
      'window-exceptions',
      'alarms/3',
    ])
      expect(await errorOf(await bare.get(`/api/${path}`))).toMatchObject({
        code: 'api-without-store',
        message: expect.stringContaining('DATABASE_URL') as unknown,
      });
    const pause = await fetch(`${bare.api.url}/api/pauses`, { method: 'POST', headers: JSON_HEADERS, body: '{}' });
    expect([pause.status, await errorOf(pause)]).toMatchObject([501, { code: 'api-without-store' }]);
    for (const path of ['/api/pausesx', '/api/nothing', '/pauses']) expect((await bare.get(path)).status).toBe(404);
    expect((await bare.get('/api/pauses', {})).status).toBe(401);
  } finally {
    await bare.api.close();
  }
});

function fail(): never {
  throw new Error('the test has no address');
}

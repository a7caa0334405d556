import pino from 'pino';
import { createPauseService, PauseExpiry } from '../../src/app/pausing';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { parseScope, parseSiteName } from '../../src/domain/values/scope';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const sites = new Map([[parseSiteName('fra1'), [first]]]);
const log = pino({ level: 'silent' });

let store: MemoryStore;
let site: ApiUnderTest;
/** Which of both devices each telling was for. */
let told: DeviceId[][];
const coordinators = {
  pausesChanged: async (isConcerned: (device: DeviceId) => boolean) => {
    told.push([first, second].filter(isConcerned));
  },
};

beforeEach(async () => {
  store = new MemoryStore();
  told = [];
  const pauses = createPauseService({ store, coordinators, sites, log });
  site = await startApi({
    pauses,
    sites,
    guards: { parked: { page: async () => [] }, brakes: store.brakes, releaseBrake: async () => undefined },
  });
});
afterEach(() => site.api.close());

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${site.api.url}${path}`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });
const said = { reason: 'new line card', author: 'alice' };

it('a pause is in force when it is answered, told to those concerned, listed, and a banner everywhere', async () => {
  const answer = await post('/api/pauses', { site: 'fra1', ...said });
  expect(answer.status).toBe(201);
  const { pause } = (await answer.json()) as { pause: object };
  expect(pause).toMatchObject({ scope: 'site fra1', devices: [first], ...said });
  expect(told).toEqual([[first]]);
  expect(await (await site.get('/api/pauses')).json()).toEqual({ pauses: [pause], ended: [] });
  expect(await (await site.get('/api/status')).json()).toEqual({ pauses: [pause], brake: null });
  expect(await (await site.get('/readyz', {})).json()).toMatchObject({ ready: true, pauses: 1 });
});

it('it is ended by the very scope; what is wider goes on and is named', async () => {
  await post('/api/pauses', { all: true, ...said });
  await post('/api/pauses', { device: first, ...said });
  await post('/api/pauses', { device: first, port: 'ge-0/0/1.0', ...said });
  const resumed = async (body: object): Promise<unknown> =>
    (await post('/api/pauses/resume', { ...body, author: 'bob', reason: 'done' })).json();
  expect(await resumed({ device: first })).toMatchObject({
    ended: { scope: 'device junos:1', ended: { by: 'bob', reason: 'done' } },
    still: [{ scope: 'all' }],
  });
  expect(await resumed({ device: second })).toMatchObject({ ended: null, still: [{ scope: 'all' }] });
  expect(await resumed({ all: true })).toMatchObject({ ended: { scope: 'all' }, still: [] });
  expect(await resumed({ site: 'ams2' })).toEqual({ ended: null, still: [] });
  expect(await resumed({ device: first, port: 'ge-0/0/1.0' })).toMatchObject({ ended: {}, still: [] });
  expect(told).toEqual([[first, second], [first], [first], [first], [first, second], [first]]);
});

it.each([
  [{ ...said }, 'scope'],
  [{ all: true, device: 'junos:1', ...said }, 'scope'],
  [{ port: 'ge-0/0/1.0', ...said }, 'scope'],
  [{ all: 'yes', ...said }, 'all'],
  [{ site: 'ams2', ...said }, 'site'],
  [{ device: 7, ...said }, 'device'],
  [{ all: true, reason: 'r' }, 'author'],
  [{ all: true, author: 'a' }, 'reason'],
  [{ all: true, ...said, expiresAt: 'soon' }, 'expiresAt'],
  [{ all: true, ...said, expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  [{ all: true, ...said, until: 'x' }, 'until'],
])('%j is refused by name', async (body, field) => {
  const answer = await post('/api/pauses', body);
  expect([answer.status, (await errorOf(answer))['message']]).toEqual([400, expect.stringContaining(field) as unknown]);
  expect(await store.pauses.active(new Date())).toEqual([]);
});

it('a device of no known kind is refused; a store that is away too, and nothing else then', async () => {
  expect(await errorOf(await post('/api/pauses', { device: 'cisco:1', ...said }))).toMatchObject({
    code: 'device-kind-unknown',
  });
  store.break('pauses');
  expect(await errorOf(await post('/api/pauses', { all: true, ...said }))).toMatchObject({ code: 'store-unavailable' });
  const ready = await site.get('/readyz', {});
  expect(await ready.json()).not.toHaveProperty('pauses');
});

it('coordinators that cannot be told do not make it fail: the row is what counts', async () => {
  const pauses = createPauseService({
    store,
    coordinators: { pausesChanged: () => Promise.reject(new Error('temporal is away')) },
    sites,
    log,
  });
  await pauses.pause({ scope: { kind: 'all' }, ...said });
  expect(await store.pauses.active(new Date())).toHaveLength(1);
});

it('one whose time is over is ended, and what waited goes on', async () => {
  const now = Date.now();
  const expiresAt = new Date(now - 1_000).toISOString();
  await store.pauses.begin({ scope: parseScope({ device: second }), ...said, expiresAt }, new Date(now - 2_000));
  const looked = new Promise<void>((resolve) => {
    const expiry = new PauseExpiry({
      store,
      coordinators: {
        pausesChanged: async (isConcerned) => {
          await coordinators.pausesChanged(isConcerned);
          void expiry.stop().then(resolve);
        },
      },
      sites,
      log,
    });
  });
  await looked;
  expect(told).toEqual([[second]]);
  expect(await store.pauses.ended(5)).toMatchObject([{ ended: { by: 'portwarden', reason: 'its time is over' } }]);
});

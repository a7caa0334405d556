import pino from 'pino';
import { createWindowExceptions } from '../../src/app/windowPasses';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { MemoryStore } from '../activities/fakes/memoryStore';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const [first, second] = [deviceId('junos', 1), deviceId('junos', 2)];
const HOUR = 3_600_000;

let store: MemoryStore;
let site: ApiUnderTest;
let told: DeviceId[][];
let isTemporalAway: boolean;

beforeEach(async () => {
  store = new MemoryStore();
  told = [];
  isTemporalAway = false;
  const coordinators = {
    pausesChanged: async (isConcerned: (device: DeviceId) => boolean) => {
      if (isTemporalAway) throw new Error('no Temporal');
      told.push([first, second].filter(isConcerned));
    },
  };
  site = await startApi({
    windowExceptions: createWindowExceptions({ store, coordinators, log: pino({ level: 'silent' }) }),
  });
});
afterEach(() => site.api.close());

const post = (body: unknown): Promise<Response> =>
  fetch(`${site.api.url}/api/window-exceptions`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) });
const asked = { device: first, port: 'ge-0/0/1', reason: 'abuse', author: 'ada' };

it('one is in force for a day by the name that the device has for the port, told to its coordinator, journaled and listed', async () => {
  const answer = await post(asked);
  expect(answer.status).toBe(201);
  const { exception } = (await answer.json()) as { exception: { expiresAt: string } };
  expect(exception).toMatchObject({ ...asked, port: 'ge-0/0/1.0' });
  expect(Math.abs(Date.parse(exception.expiresAt) - Date.now() - 24 * HOUR)).toBeLessThan(60_000);
  expect(told).toEqual([[first]]);
  expect(await (await site.get('/api/window-exceptions')).json()).toEqual({ exceptions: [exception] });
  expect(store.entries).toMatchObject([{ device: first, port: 'ge-0/0/1.0', author: 'ada', reason: 'abuse' }]);
});

it('coordinators that cannot be told do not make it fail: the row is what counts', async () => {
  isTemporalAway = true;
  expect((await post(asked)).status).toBe(201);
  expect(await store.windowExceptions.active(new Date(), first)).toHaveLength(1);
});

it.each([
  [{ ...asked, device: 7 }, 'device'],
  [{ ...asked, port: undefined }, 'port'],
  [{ ...asked, port: 'not a port' }, 'ge-0/0/1.0'],
  [{ ...asked, reason: '' }, 'reason'],
  [{ ...asked, author: undefined }, 'author'],
  [{ ...asked, expiresAt: 'soon' }, 'expiresAt'],
  [{ ...asked, expiresAt: new Date(Date.now() - HOUR).toISOString() }, 'expiresAt'],
  [{ ...asked, expiresAt: new Date(Date.now() + 8 * 24 * HOUR).toISOString() }, 'expiresAt'],
  [{ ...asked, all: true }, 'all'],
])('%j is refused by name', async (body, field) => {
  const answer = await post(body);
  expect([answer.status, (await errorOf(answer))['message']]).toEqual([400, expect.stringContaining(field) as unknown]);
  expect([await store.windowExceptions.active(new Date()), told]).toEqual([[], []]);
});

it('a device of no known kind is refused', async () => {
  expect(await errorOf(await post({ ...asked, device: 'cisco:1' }))).toMatchObject({ code: 'device-kind-unknown' });
});

it('a store that is away refuses it, and nobody is told', async () => {
  store.break('windowExceptions');
  expect(await errorOf(await post(asked))).toMatchObject({ code: 'store-unavailable' });
  expect(told).toEqual([]);
});

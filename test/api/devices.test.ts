import { PortwardenError } from '../../src/domain/errors';
import { deviceId, type DeviceId } from '../../src/domain/values/device';
import { parsePortName } from '../../src/domain/values/port';
import type { CoordinatorState } from '../../src/protocol/coordinator';
import { errorOf, JSON_HEADERS, startApi, type ApiUnderTest } from './apiUnderTest';

const DEVICE = deviceId('junos', 1);
const STATE: CoordinatorState = {
  ...{ device: DEVICE, deferrals: [], pending: [], batches: 4 },
  lastOutcomes: [{ port: parsePortName('ge-0/0/1.0'), status: 'applied', summary: '1 added', at: 'T1' }],
};

let site: ApiUnderTest;
let state: CoordinatorState | undefined;
let told: DeviceId[];
beforeEach(async () => {
  state = undefined;
  told = [];
  site = await startApi({
    coordinators: {
      state: async () => state,
      retryNow: async (device) => {
        told.push(device);
        return state !== undefined;
      },
    },
  });
});
afterEach(() => site.api.close());

const retry = (device: string): Promise<Response> =>
  fetch(`${site.api.url}/api/devices/${device}/retry`, { method: 'POST', headers: JSON_HEADERS });

it('says what waits on a device, and that nothing does where no coordinator runs', async () => {
  const answer = await site.get('/api/devices/junos:1/coordinator');
  expect([answer.status, answer.headers.get('cache-control'), await answer.json()]).toEqual([
    ...[200, 'no-store'],
    { device: DEVICE, coordinator: null },
  ]);
  state = STATE;
  expect(await (await site.get('/api/devices/junos%3A1/coordinator')).json()).toEqual({
    ...{ device: DEVICE, coordinator: STATE },
  });
});

it('has what waits tried now', async () => {
  expect(await (await retry('junos:1')).json()).toEqual({ device: DEVICE, retried: false });
  state = STATE;
  expect(await (await retry('junos:1')).json()).toEqual({ device: DEVICE, retried: true });
  expect(told).toEqual([DEVICE, DEVICE]);
});

it('refuses what is no device, a kind that nothing can change, and strangers', async () => {
  const wrong = await site.get('/api/devices/nowhere/coordinator');
  expect([wrong.status, (await errorOf(wrong))['field']]).toEqual([400, 'device']);
  expect((await errorOf(await retry('cisco:1')))['code']).toBe('device-kind-unknown');
  expect((await site.get('/api/devices/junos:1/coordinator', {})).status).toBe(401);
  expect(told).toEqual([]);
});

it('says that Temporal does not answer', async () => {
  const away = await startApi({
    coordinators: {
      state: () => Promise.reject(new PortwardenError('temporal-unavailable', 'gone')),
      retryNow: () => new Promise(() => undefined),
    },
  });
  expect((await away.get('/api/devices/junos:1/coordinator')).status).toBe(503);
  const late = await fetch(`${away.api.url}/api/devices/junos:1/retry`, { method: 'POST', headers: JSON_HEADERS });
  expect(late.status).toBe(503);
  await away.api.close();
});

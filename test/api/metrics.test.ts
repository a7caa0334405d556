import { request } from 'node:http';
import pino from 'pino';
import { createWorkerApi } from '../../src/api/app';
import { listenApi, type ListeningApi } from '../../src/api/listen';
import type { MetricsAccess } from '../../src/api/metricsRoutes';
import { createMetrics } from '../../src/telemetry/metrics';
import { errorOf, startApi, TOKEN, type ApiUnderTest } from './apiUnderTest';

let worker: ListeningApi | undefined;
let whole: ApiUnderTest | undefined;
afterEach(async () => {
  await worker?.close();
  await whole?.api.close();
  worker = undefined;
  whole = undefined;
});

async function status(access: MetricsAccess, headers: Record<string, string>, token = TOKEN): Promise<number> {
  const metrics = { metrics: createMetrics(), access };
  const app = createWorkerApi({ token, log: pino({ level: 'silent' }), metrics });
  const started = await listenApi(app, { host: '127.0.0.1', port: 0 });
  worker = started;
  return new Promise((resolve, reject) => {
    request(`${started.url}/metrics`, { headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    })
      .on('error', reject)
      .end();
  });
}

const authorization = `Bearer ${TOKEN}`;

test.each<[string, MetricsAccess, Record<string, string>, number]>([
  ['this machine reads without a token', 'loopback', {}, 200],
  ['a proxy on this machine does not make its callers local', 'loopback', { 'X-Forwarded-For': '203.0.113.9' }, 401],
  ['a forwarded caller with the token reads', 'loopback', { 'X-Forwarded-For': '203.0.113.9', authorization }, 200],
  ['token: this machine needs it too', 'token', {}, 401],
  ['token: a wrong one is refused', 'token', { authorization: 'Bearer wrong' }, 401],
  ['token: the right one reads', 'token', { authorization }, 200],
  ['open: everybody reads', 'open', { 'X-Forwarded-For': '203.0.113.9' }, 200],
])('%s', async (_name, access, headers, expected) => {
  expect(await status(access, headers)).toBe(expected);
});

test('token: without a configured token nobody reads', async () => {
  expect(await status('token', { authorization: 'Bearer ' }, '')).toBe(401);
});

test('the API serves them on its own port, by the same rule and with the same errors', async () => {
  whole = await startApi({ metrics: { metrics: createMetrics(), access: 'token' } });
  const refused = await whole.get('/metrics', {});
  expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer']);
  expect(await errorOf(refused)).toMatchObject({ code: 'unauthorized', requestId: expect.any(String) as string });
  const read = await whole.get('/metrics');
  expect([read.status, read.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
  expect(read.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await read.text()).toContain('# TYPE portwarden_events_total counter');
});

test('metrics that cannot be read are an internal error without its cause', async () => {
  const metrics = { text: () => Promise.reject(new Error('secret cause')), contentType: 'text/plain' };
  whole = await startApi({ metrics: { metrics, access: 'open' } });
  const answer = await whole.get('/metrics');
  expect(answer.status).toBe(500);
  expect(JSON.stringify(await answer.json())).not.toContain('secret cause');
});

test('a worker serves nothing else', async () => {
  await status('open', {});
  const health = await fetch(`${worker?.url ?? ''}/healthz`);
  expect(health.status).toBe(404);
});

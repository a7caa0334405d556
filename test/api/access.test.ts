import { connect } from 'node:net';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenApi } from '../../src/api/listen';
import { errorOf, EVENT, JSON_HEADERS, startApi, TOKEN, type ApiUnderTest } from './apiUnderTest';

const servers: ApiUnderTest[] = [];
async function start(...args: Parameters<typeof startApi>): Promise<ApiUnderTest> {
  const under = await startApi(...args);
  servers.push(under);
  return under;
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map(({ api }) => api.close()));
});

describe('the bearer token', () => {
  it.each([
    ['none', undefined],
    ['an empty one', 'Bearer '],
    ['a wrong one', 'Bearer wrong'],
    ['a prefix', `Bearer ${TOKEN.slice(0, -1)}`],
    ['an extension', `Bearer ${TOKEN}x`],
    ['another scheme', `Basic ${TOKEN}`],
    ['the bare token', TOKEN],
  ])('is asked for, and the answer is the same for %s', async (_name, value) => {
    const under = await start();
    const headers = { 'Content-Type': 'application/json', ...(value === undefined ? {} : { Authorization: value }) };
    for (const [method, path] of [
      ['POST', 'event'],
      ['GET', 'events/event-1'],
      ['GET', 'anything'],
    ] as const) {
      const body = method === 'POST' ? { body: 'not even JSON' } : {};
      const response = await fetch(`${under.api.url}/api/port-security/${path}`, { method, headers, ...body });
      expect(response.status).toBe(401);
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
      const error = await errorOf(response);
      expect(error).toEqual({
        code: 'unauthorized',
        message: 'A valid bearer token is required.',
        requestId: response.headers.get('X-Request-Id'),
      });
    }
    expect(under.events.started).toEqual([]);
  });

  it('is refused before the body arrives', async () => {
    const under = await start();
    const { port } = new URL(under.api.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          'POST /api/port-security/event HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
        );
      });
      socket.setEncoding('utf8').once('data', (text) => {
        socket.destroy();
        resolve(String(text));
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('lets nobody in when it is empty', async () => {
    const under = await start({ token: '' });
    for (const value of ['Bearer ', 'Bearer x', 'Bearer']) {
      expect((await under.get('/api/port-security/events/x', { Authorization: value })).status).toBe(401);
    }
  });

  it('accepts any spelling of the scheme', async () => {
    const under = await start();
    expect((await under.postEvent(EVENT, { Authorization: `bearer ${TOKEN}` })).status).toBe(202);
  });
});

describe('the rate limit', () => {
  const limits = { bodyLimitBytes: 4096, eventsPerMinute: 3, readsPerMinute: 4, strangersPerMinute: 3 };

  it('answers 429 with Retry-After once it is used up', async () => {
    const under = await start({ limits });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await under.postEvent(EVENT)).status);
    expect(statuses).toEqual([202, 202, 202]);
    const response = await under.postEvent(EVENT);
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get('Retry-After'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await errorOf(response)).toMatchObject({ code: 'too-many-requests' });
    expect(under.events.started).toHaveLength(3);
  });

  it('counts reads apart from events: a dashboard that polls does not keep the panel out', async () => {
    const under = await start({ limits });
    const poll = async (): Promise<number> => (await under.get('/api/port-security/events/unknown')).status;
    expect([await poll(), await poll(), await poll(), await poll(), await poll()]).toEqual([404, 404, 404, 404, 429]);
    expect((await under.postEvent(EVENT)).status).toBe(202);
    expect((await errorOf(await under.get('/api/port-security/events/unknown')))['message']).toContain(
      'api.readsPerMinute',
    );
  });

  it('counts strangers apart from callers with the token, and never the probes', async () => {
    const under = await start({ limits });
    const stranger = async () => (await under.postEvent(EVENT, { Authorization: 'Bearer guess' })).status;
    expect([await stranger(), await stranger(), await stranger(), await stranger()]).toEqual([401, 401, 401, 429]);
    expect((await under.postEvent(EVENT)).status).toBe(202);
    for (let i = 0; i < 6; i += 1) expect((await under.get('/healthz', {})).status).toBe(200);
  });
});

describe('health', () => {
  it('is told without a token', async () => {
    const under = await start();
    const health = await under.get('/healthz', {});
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await under.get('/readyz', {});
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, checks: { temporal: 'ok', store: 'ok' } }]);
  });

  it('says 503 and which check does not hold, while the process stays healthy', async () => {
    const under = await start({
      readiness: async () => ({ ready: false, checks: { temporal: 'unreachable', store: 'ok' } }),
    });
    const ready = await under.get('/readyz', {});
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, checks: { temporal: 'unreachable', store: 'ok' } },
    ]);
    expect((await under.get('/healthz', {})).status).toBe(200);
  });

  it('counts checks that fail as not ready, and shows nothing of the failure', async () => {
    const under = await start({ readiness: () => Promise.reject(new Error('postgres://u:p@h')) });
    const ready = await under.get('/readyz', {});
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, checks: { readiness: 'the checks failed' } },
    ]);
  });
});

describe('every answer', () => {
  it('is JSON, also where there is nothing', async () => {
    const under = await start();
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/api/port-security/event'],
      ['DELETE', '/api/port-security/events/x'],
      ['PUT', '/healthz'],
    ] as const) {
      const response = await fetch(`${under.api.url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${TOKEN}` },
      });
      expect([path, response.status]).toEqual([path, 404]);
      expect(await errorOf(response)).toMatchObject({ code: 'not-found' });
    }
  });

  it('carries a request id and security headers, and does not name the software', async () => {
    const under = await start();
    const response = await under.get('/healthz', { 'X-Request-Id': 'abc-1' });
    expect(response.headers.get('X-Request-Id')).toBe('abc-1');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('X-Powered-By')).toBeNull();
    const strange = await under.get('/healthz', { 'X-Request-Id': 'a b<script>' });
    expect(strange.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the log', () => {
  it('has one line for each request, without headers, query or body', async () => {
    const under = await start();
    const accepted = await under.postEvent(EVENT, { Cookie: 'session=c00kie', 'Idempotency-Key': 'key-1' });
    const { workflowId } = (await accepted.json()) as { workflowId: string };
    await under.get('/api/port-security/events/x?token=in-the-query', { Authorization: 'Bearer wrong-token' });
    await under.api.close();
    const lines = under.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      method: 'POST',
      path: '/api/port-security/event',
      status: 202,
      workflowId,
      msg: 'request',
    });
    expect(lines[1]).toMatchObject({
      method: 'GET',
      path: '/api/port-security/events/x',
      status: 401,
      code: 'unauthorized',
    });
    expect(under.lines.join('')).not.toMatch(
      new RegExp(`${TOKEN}|wrong-token|c00kie|in-the-query|10\\.0\\.48\\.5|authorization`, 'i'),
    );
  });
});

describe('listenApi', () => {
  it('names the port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(listenApi(() => undefined, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: `127.0.0.1:${port} is used by another process`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it("names an address that is not this machine's", async () => {
    await expect(listenApi(() => undefined, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'invalid-configuration',
    });
  });

  it('lets a running request end before it closes, and does not wait for its idle connection', async () => {
    const cut = jest.spyOn(Server.prototype, 'closeAllConnections');
    let release: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      release = resolve;
    });
    const api = await listenApi(
      (_request, response) => {
        release();
        setTimeout(() => response.end('done'), 100);
      },
      { host: '127.0.0.1', port: 0 },
    );
    const answer = fetch(api.url).then((response) => response.text());
    await arrived;
    await Promise.all([api.close(), api.close()]);
    expect(await answer).toBe('done');
    expect(cut).not.toHaveBeenCalled();
    cut.mockRestore();
    await expect(fetch(api.url, { headers: JSON_HEADERS })).rejects.toThrow();
  });
});

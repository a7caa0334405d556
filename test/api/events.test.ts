import { PortwardenError } from '../../src/domain/errors';
import { errorOf, EVENT, startApi, type ApiUnderTest } from './apiUnderTest';

let under: ApiUnderTest;
beforeEach(async () => {
  under = await startApi();
});
afterEach(() => under.api.close());

describe('POST /api/port-security/event', () => {
  it('starts a workflow and says where to follow it', async () => {
    const response = await under.postEvent({
      ...EVENT,
      ip: undefined,
      ips: ['2001:DB8::5', '10.0.48.5'],
      extra: 'ignored',
    });
    expect(response.status).toBe(202);
    const body = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(body).sort()).toEqual(['statusUrl', 'uiUrl', 'workflowId']);
    expect(body['statusUrl']).toBe(`/api/port-security/events/${String(body['workflowId'])}`);
    expect(body['uiUrl']).toBe(`http://127.0.0.1:8233/namespaces/default/workflows/${String(body['workflowId'])}`);
    expect(response.headers.get('Location')).toBe(body['statusUrl']);
    expect(under.events.started).toEqual([{ action: 'ip_assigned', serverId: 42, ips: ['2001:db8::5', '10.0.48.5'] }]);
  });

  it('takes every request without a key as an event of its own', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => ((await (await under.postEvent(EVENT)).json()) as { workflowId: string }).workflowId),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('answers a repeated Idempotency-Key with the same workflow and starts nothing', async () => {
    const headers = { 'Idempotency-Key': '8e03978e-40d5-43dd-bc93-6894a57f9324' };
    const first = (await (await under.postEvent(EVENT, headers)).json()) as Record<string, unknown>;
    const second = await under.postEvent(
      { ...EVENT, comment: 'again' },
      { 'Idempotency-Key': `"${headers['Idempotency-Key']}"` },
    );
    expect(second.status).toBe(202);
    expect(await second.json()).toEqual({ ...first, repeated: true });
    expect(first).not.toHaveProperty('repeated');
    expect(under.events.started).toHaveLength(1);
  });

  it('refuses a key that came before with another event', async () => {
    const headers = { 'Idempotency-Key': 'k1' };
    await under.postEvent(EVENT, headers);
    const response = await under.postEvent({ ...EVENT, serverId: 43 }, headers);
    expect(response.status).toBe(422);
    expect(await errorOf(response)).toMatchObject({ code: 'idempotency-key-reused' });
    expect(under.events.started).toHaveLength(1);
  });

  it.each([['x'.repeat(201)], ['""'], ['ke\u00e9y']])('refuses the Idempotency-Key %j', async (key) => {
    const response = await under.postEvent(EVENT, { 'Idempotency-Key': key });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid-request', field: 'Idempotency-Key' });
    expect(under.events.started).toEqual([]);
  });

  it.each([
    [{ ...EVENT, action: 'ip_moved' }, 'action', 'must be one of ip_assigned, ip_removed, server_deleted'],
    [{ action: 'ip_assigned', ip: '10.0.48.5' }, 'serverId', 'must be a server id: an integer from 1 to 2147483647'],
    [
      { ...EVENT, ip: '10.0.48.5/24' },
      'ip',
      'must be a single address without a prefix length, or a whole subnet by its first address',
    ],
    [{ ...EVENT, ips: ['10.0.48.6', 'x'] }, 'ips[1]', 'must be a single IPv4 or IPv6 address without a prefix length'],
    [[EVENT], 'body', 'must be a JSON object {action, serverId, ip?}'],
    ['"text"', 'body', 'must be a JSON object {action, serverId, ip?}'],
    ['', 'action', 'must be one of ip_assigned, ip_removed, server_deleted'],
    ['{"action":', 'body', 'must be valid JSON'],
  ])('refuses %j by naming field and rule', async (body, field, rule) => {
    const response = await under.postEvent(body);
    expect(response.status).toBe(400);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(await errorOf(response)).toEqual({
      code: 'invalid-event',
      message: `${field} ${rule}`,
      field,
      rule,
      remedy: 'Correct the named field and send the event again.',
      requestId: response.headers.get('X-Request-Id'),
    });
    expect(under.events.started).toEqual([]);
  });

  it('refuses a body over the limit and takes one at the limit', async () => {
    const padded = (length: number) => {
      const body = JSON.stringify({ ...EVENT, pad: '' });
      return body.replace('"pad":""', `"pad":"${'x'.repeat(length - body.length)}"`);
    };
    expect((await under.postEvent(padded(4096))).status).toBe(202);
    const response = await under.postEvent(padded(4097));
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toMatchObject({ code: 'payload-too-large' });
  });

  it.each([
    [{ 'Content-Type': 'text/plain' }],
    [{ 'Content-Type': 'application/x-www-form-urlencoded' }],
    [{ 'Content-Type': 'application/json; charset=latin7' }],
    [{ 'Content-Encoding': 'gzip' }],
  ])('refuses a body sent as %j', async (headers) => {
    const response = await under.postEvent(EVENT, headers);
    expect(response.status).toBe(415);
    expect(await errorOf(response)).toMatchObject({ code: 'unsupported-media-type' });
    expect(under.events.started).toEqual([]);
  });

  it('answers 503 with Retry-After when Temporal cannot be reached', async () => {
    under.events.fault = () =>
      Promise.reject(new PortwardenError('temporal-unavailable', 'no connection', { retryAfterMs: 1_500 }));
    const response = await under.postEvent(EVENT);
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('2');
    expect(await errorOf(response)).toMatchObject({ code: 'temporal-unavailable', message: 'no connection' });
  });

  it('answers 503 with Retry-After when Temporal does not answer in time', async () => {
    under.events.fault = () => new Promise<never>(() => undefined);
    const response = await under.postEvent(EVENT);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  it('shows nothing of an unexpected failure, and logs it under the request id', async () => {
    under.events.fault = () => Promise.reject(new TypeError('kaboom at /srv/secret'));
    const response = await under.postEvent(EVENT, { 'X-Request-Id': 'trace-77' });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toMatch(/kaboom|secret|\.ts|\.js/);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal', requestId: 'trace-77' } });
    const line = under.lines
      .map((each) => JSON.parse(each) as Record<string, unknown>)
      .find((each) => 'failure' in each);
    expect(line).toMatchObject({
      requestId: 'trace-77',
      failure: { name: 'TypeError', message: 'kaboom at /srv/secret' },
    });
  });
});

describe('GET /api/port-security/events/:id', () => {
  const status = {
    workflowId: 'event-1',
    state: 'running' as const,
    startedAt: '2026-11-22T04:00:00.000Z',
    waitingFor: 'the commit',
  };

  it('gives state and outcome', async () => {
    under.events.statuses.set('event-1', status);
    const response = await under.get('/api/port-security/events/event-1');
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(await response.json()).toEqual({
      ...status,
      uiUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/event-1',
    });
  });

  it('takes ids with reserved characters', async () => {
    under.events.statuses.set('my/event:1?', { ...status, workflowId: 'my/event:1?' });
    expect((await under.get('/api/port-security/events/my%2Fevent%3A1%3F')).status).toBe(200);
  });

  it.each(['unknown', 'a%00b', 'x'.repeat(300)])('answers 404 for the id %s', async (id) => {
    const response = await under.get(`/api/port-security/events/${id}`);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ code: 'not-found' });
  });

  it('answers 400 for a malformed address', async () => {
    const response = await under.get('/api/port-security/events/%E0%A4%A');
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid-request', field: 'path' });
  });

  it('answers 503 when Temporal cannot be reached', async () => {
    under.events.fault = () => Promise.reject(new PortwardenError('temporal-unavailable', 'no connection'));
    const response = await under.get('/api/port-security/events/event-1');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('5');
  });
});

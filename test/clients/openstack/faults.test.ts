import { startNeutronLab, type CloudFault, type NeutronLab } from '../../../lab/neutron/lab';
import { seedCloud, type SeededCloud } from '../../../lab/neutron/seed';
import { NeutronClient } from '../../../src/clients/openstack/neutron';
import type { CloudOptions } from '../../../src/clients/openstack/options';
import type { SeenAnswer } from '../../../src/domain/alarms/sourceState';
import { PortwardenError } from '../../../src/domain/errors';

const signal = new AbortController().signal;

let lab: NeutronLab;
let cloud: SeededCloud;
let client: NeutronClient;
const options = (more: Partial<CloudOptions> = {}): CloudOptions => ({
  authUrl: lab.authUrl,
  login: { method: 'applicationCredential', credential: { id: cloud.credential.id }, secret: cloud.credential.secret },
  interface: 'public',
  timeoutMs: 2_000,
  ...more,
});

async function start(settings: Parameters<typeof startNeutronLab>[0] = {}): Promise<void> {
  lab = await startNeutronLab(settings);
  cloud = seedCloud(lab);
  client = new NeutronClient(options());
}
afterEach(async () => {
  client.close();
  await lab.close();
});

const read = (): Promise<unknown> => client.port(cloud.first.id, signal);
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return error instanceof PortwardenError ? error.code : String(error);
};

test('an address that is no Keystone is named as such', async () => {
  await start();
  lab.fault({ of: 'POST /v3', answer: { status: 404, body: '<html>nothing here</html>' } });
  expect(await codeOf(read())).toBe('device-protocol');
});

test('many requests at once need one token; it is renewed before it expires', async () => {
  await start();
  await Promise.all(Array.from({ length: 20 }, read));
  expect(lab.keystone.issued).toBe(1);
});

test('a token that is refused is renewed once, for all requests that had it, and they go on', async () => {
  await start();
  await read();
  lab.keystone.revokeAll();
  await Promise.all(Array.from({ length: 5 }, read));
  expect(lab.keystone.issued).toBe(2);
});

test('a token of a short life is renewed before its end', async () => {
  await start({ tokenSeconds: 0.4 });
  await read();
  await new Promise((resolve) => setTimeout(resolve, 250));
  await read();
  expect([lab.keystone.issued, lab.requests.filter((line) => line.startsWith('GET')).length]).toEqual([2, 2]);
});

test('a second refusal is a bad login, and is not asked for ever', async () => {
  await start();
  await read();
  lab.fault({ of: 'GET /v2.0/ports', answer: { status: 401, body: { error: { code: 401 } } } });
  expect(await codeOf(read())).toBe('device-authentication');
  expect(lab.keystone.issued).toBe(2);
});

test('whoever gives up while a token is fetched does not end it for the others', async () => {
  await start();
  const impatient = AbortSignal.abort(new Error('given up'));
  const first = client.port(cloud.first.id, impatient).catch((error: unknown) => error);
  expect(await read()).toMatchObject({ id: cloud.first.id });
  expect(await first).toMatchObject({ message: 'given up' });
});

test.each<[string, CloudFault['answer'], string]>([
  [
    '429',
    { status: 429, body: { NeutronError: { type: 'TooMany', message: 'slow down' } }, headers: { 'Retry-After': '7' } },
    'device-unreachable',
  ],
  ['500', { status: 500, body: '' }, 'device-unreachable'],
  [
    '503 with a page',
    { status: 503, body: '<html>away</html>', headers: { 'Content-Type': 'text/html' } },
    'device-unreachable',
  ],
  ['a dropped connection', 'drop', 'device-unreachable'],
  ['403', { status: 403, body: { NeutronError: { type: 'PolicyNotAuthorized', message: 'no' } } }, 'device-permission'],
  ['a page with 200', { status: 200, body: '<html>login</html>' }, 'device-protocol'],
  ['another form', { status: 200, body: { port: { id: 7 } } }, 'device-protocol'],
  ['404 of somebody else', { status: 404, body: { message: 'no route' } }, 'device-rejected'],
])('%s becomes %p', async (_what, answer, code) => {
  await start();
  lab.fault({ of: 'GET /v2.0/ports', answer });
  expect(await codeOf(read())).toBe(code);
});

test('Retry-After is heard, and the cloud’s request id is said', async () => {
  await start();
  lab.fault({ of: 'GET /v2.0/ports', answer: { status: 429, body: {}, headers: { 'Retry-After': '7' } } });
  await expect(read()).rejects.toMatchObject({
    retryAfterMs: 7_000,
    message: expect.stringContaining('req-') as string,
  });
});

test('what does not answer ends after its time, and an abort ends at once', async () => {
  await start();
  const silent = new NeutronClient(options({ authUrl: 'http://127.0.0.1:9', timeoutMs: 300 }));
  expect(await codeOf(silent.port(cloud.first.id, signal))).toBe('device-unreachable');
  silent.close();
  await read();
  const abort = new AbortController();
  const work = client.port(cloud.first.id, abort.signal).catch((error: unknown) => error);
  abort.abort(new Error('stopped'));
  expect(await work).toMatchObject({ message: 'stopped' });
});

test('the token goes to the address of the catalog only, wherever a link points', async () => {
  await start();
  const link = { rel: 'next', href: 'http://198.51.100.1:9/v2.0/ports?marker=x' };
  lab.fault({
    of: 'GET /v2.0/ports?device_id',
    answer: { status: 200, body: { ports: [], ports_links: [link] } },
    times: 1,
  });
  expect(await client.ports({ device_id: 'nobody' }, signal)).toHaveLength(3);
  expect(lab.requests.at(-1)).toBe('GET /v2.0/ports?marker=x');
});

test('tells what answers say of the login and the clock: a token that ended is no refusal, a login that is refused is one', async () => {
  await start();
  const seen: SeenAnswer[] = [];
  const observe = (answer: SeenAnswer): void => void seen.push(answer);
  client.close();
  client = new NeutronClient(options({ observe }));
  const words = async (work: Promise<unknown>): Promise<readonly (string | undefined)[]> => {
    seen.length = 0;
    await work.catch(() => undefined);
    return seen.map(({ login }) => login);
  };
  expect(await words(read())).toEqual(['accepted', 'accepted']);
  for (const { clock } of seen)
    expect(Math.abs(clock?.aheadMs ?? Number.NaN)).toBeLessThanOrEqual(clock?.withinMs ?? -1);
  lab.keystone.revokeAll();
  expect(await words(read())).toEqual(['accepted', 'accepted']);
  const mend = lab.fault({ of: 'GET /v2.0', answer: { status: 401, body: {} } });
  expect(await words(read())).toEqual(['accepted', 'refused']);
  mend();
  lab.fault({ of: 'GET /v2.0', answer: { status: 403, body: {} }, times: 1 });
  expect(await words(read())).toContain('forbidden');
  lab.fault({ of: 'GET /v2.0', answer: { status: 503, body: {} }, times: 1 });
  expect(await words(read())).toEqual([undefined]);
  for (const [status, word] of [
    [401, 'refused'],
    [404, undefined],
    [503, undefined],
  ] as const) {
    client.close();
    client = new NeutronClient(options({ observe }));
    lab.fault({ of: 'POST /v3', answer: { status, body: '<html></html>' }, times: 1 });
    expect(await words(read())).toEqual([word]);
  }
});

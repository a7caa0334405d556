import { junos } from '../../activities/fakes/values';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';

import { startTenantosLab, type TenantosLab } from '../../../lab/tenantos/lab';
import type { Fault } from '../../../lab/tenantos/faults';
import { PortwardenError } from '../../../src/domain/errors';
import { parseServerId } from '../../../src/domain/event/event';
import { TenantosPanel, type TenantosOptions } from '../../../src/sources/tenantos/panel';
import { testWorld } from '../../sources/tenantos/world';

const API_KEY = 'lab-key-that-must-not-leak';
const SECRETS = [API_KEY, 'lab-secret-sw1', 'lab-ipmi-101', 'lab-community-1'];
const signal = new AbortController().signal;
const id = parseServerId;

let lab: TenantosLab;
let client: TenantosPanel;

function open(options: Partial<TenantosOptions> = {}): TenantosPanel {
  return new TenantosPanel({
    switchDevice: junos,
    url: lab.url,
    apiKey: API_KEY,
    timeoutMs: 5000,
    concurrency: 4,
    ...options,
  });
}

beforeEach(async () => {
  lab = await startTenantosLab({ world: testWorld, apiKey: API_KEY });
  client = open();
});

afterEach(async () => {
  client.close();
  await lab.close();
});

async function failureOf(promise: Promise<unknown>): Promise<PortwardenError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PortwardenError);
  return error as PortwardenError;
}

function expectNoSecrets(error: unknown): void {
  const text = inspect(error, { depth: 20, showHidden: true, getters: true });
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

const CASES: readonly [name: string, fault: Fault, code: string][] = [
  ['429', { kind: 'status', status: 429, retryAfter: 7 }, 'panel-throttled'],
  ['500', { kind: 'status', status: 500 }, 'panel-failed'],
  ['503', { kind: 'status', status: 503, retryAfter: 3 }, 'panel-failed'],
  ['403', { kind: 'status', status: 403 }, 'panel-forbidden'],
  ['302', { kind: 'status', status: 302 }, 'panel-invalid-answer'],
  ['422', { kind: 'status', status: 422 }, 'panel-invalid-answer'],
  ['refused key', { kind: 'refuse-auth' }, 'panel-unauthorized'],
  ['dropped connection', { kind: 'drop' }, 'panel-unreachable'],
  ['answer cut in the middle', { kind: 'cut' }, 'panel-unreachable'],
  ['page instead of JSON', { kind: 'garbage' }, 'panel-invalid-answer'],
  ['404 of a web server', { kind: 'proxy-404' }, 'panel-invalid-answer'],
];

const CALLS: readonly [name: string, path: string, call: (panel: TenantosPanel) => Promise<unknown>][] = [
  ['getServer', '^/servers/101$', (panel) => panel.getServer(id(101), signal)],
  ['getServer, connections', '^/servers/101/connections$', (panel) => panel.getServer(id(101), signal)],
  ['getServer, network device', '^/networkDevices/1$', (panel) => panel.getServer(id(101), signal)],
  ['listServers', '^/servers$', (panel) => panel.servers.list(signal)],
  ['getServersIps', '^/servers$', (panel) => panel.servers.addressesOf([id(101), id(102)], signal)],
  ['subnets', '^/subnets$', (panel) => panel.subnets(signal)],
  ['switches.login', '^/networkDevices/1$', (panel) => panel.switches.login(1, signal)],
  ['vmServerIds', '^/externalProviders$', (panel) => panel.connections.vmServerIds('pve-a', signal)],
];

describe.each(CASES)('%s', (_name, fault, code) => {
  test.each(CALLS)('%s fails once, with the code and without secrets, and works again', async (_call, path, call) => {
    lab.fault({ ...fault, path, times: 1 });
    const before = lab.requestCount(new RegExp(path.replace('^', '^GET ')));
    const error = await failureOf(call(client));
    expect(error.code).toBe(code);
    expect(lab.requestCount(new RegExp(path.replace('^', '^GET '))) - before).toBe(1);
    expectNoSecrets(error);
    await call(client);
  });
});

test('Retry-After is passed on, in seconds and as a date', async () => {
  lab.fault({ kind: 'status', status: 429, retryAfter: 7, times: 1 });
  expect((await failureOf(client.servers.list(signal))).retryAfterMs).toBe(7000);
  lab.fault({ kind: 'status', status: 429, retryAfter: new Date(Date.now() + 30_000).toUTCString(), times: 1 });
  const wait = (await failureOf(client.servers.list(signal))).retryAfterMs;
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(30_000);
  lab.fault({ kind: 'status', status: 429, times: 1 });
  expect((await failureOf(client.servers.list(signal))).retryAfterMs).toBeUndefined();
});

test('no answer within the timeout is panel-unreachable', async () => {
  const hasty = open({ timeoutMs: 100 });
  lab.fault({ kind: 'hang' });
  const error = await failureOf(hasty.getServer(id(101), signal));
  expect(error).toMatchObject({
    code: 'panel-unreachable',
    message: "The panel's GET /servers/101: no complete answer within 0.1 s",
  });
  hasty.close();
});

test('a wrong key is panel-unauthorized', async () => {
  const wrong = open({ apiKey: 'some-other-key' });
  expect((await failureOf(wrong.getServer(id(101), signal))).code).toBe('panel-unauthorized');
  wrong.close();
});

test('a panel that is not there is panel-unreachable', async () => {
  const { url } = lab;
  await lab.close();
  const alone = open({ url });
  const error = await failureOf(alone.getServer(id(101), signal));
  expect(error.code).toBe('panel-unreachable');
  expect(error.message).toContain('ECONNREFUSED');
  expectNoSecrets(error);
  alone.close();
});

test('a wrong base address is never taken for a deleted server', async () => {
  const wrong = open({ url: `${lab.url}/panel` });
  expect((await failureOf(wrong.getServer(id(101), signal))).code).toBe('panel-invalid-answer');
  const laravel = open({ url: `${lab.url}/api/v9` });
  expect((await failureOf(laravel.getServer(id(101), signal))).code).toBe('panel-invalid-answer');
  wrong.close();
  laravel.close();
});

test('a server that is deleted between its two reads, whichever comes first, fails instead of looking empty', async () => {
  lab.fault({ kind: 'not-found', path: '^/servers/101/connections$', times: 1 });
  expect((await failureOf(client.getServer(id(101), signal))).code).toBe('panel-contradiction');
  lab.fault({ kind: 'not-found', path: '^/servers/101$', times: 1 });
  expect((await failureOf(client.getServer(id(101), signal))).code).toBe('panel-contradiction');
  await lab.deleteServer(101);
  expect(await client.getServer(id(101), signal)).toBeUndefined();
});

test('an answer above the size limit is refused', async () => {
  const small = open({ maxAnswerBytes: 1000 });
  const error = await failureOf(small.servers.list(signal));
  expect(error).toMatchObject({ code: 'panel-invalid-answer' });
  expect(error.message).toContain('larger than the limit');
  small.close();
});

describe('cancelling', () => {
  test('rejects with the reason of the signal', async () => {
    lab.fault({ kind: 'hang' });
    const controller = new AbortController();
    const reading = client.getServer(id(101), controller.signal);
    const reason = new Error('the attempt was cancelled');
    setTimeout(() => controller.abort(reason), 50);
    await expect(reading).rejects.toBe(reason);
    await expect(client.getServer(id(101), controller.signal)).rejects.toBe(reason);
  });

  test('of one caller leaves the others alone', async () => {
    lab.fault({ kind: 'latency', ms: 200, path: '^/subnets$' });
    const controller = new AbortController();
    const cancelled = client.subnets(controller.signal);
    const other = client.subnets(signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(cancelled).rejects.toThrow('enough');
    expect((await other).size).toBe(testWorld.subnets.length);
    expect(lab.requestCount('GET /subnets')).toBe(1);
  });
});

describe('a panel with odd answers', () => {
  let server: Server;
  let body: string;
  let odd: TenantosPanel;
  let inFlight = 0;
  let mostInFlight = 0;

  beforeEach(async () => {
    inFlight = 0;
    mostInFlight = 0;
    server = createServer((_request, response) => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      }, 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    odd = open({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, concurrency: 2 });
  });

  afterEach(async () => {
    odd.close();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  test.each([
    ['no result', '{"message":"success"}', 'result is missing'],
    ['a list', '[]', 'not a JSON object'],
    ['truncated JSON', '{"result":', 'not a JSON object'],
    ['a result that is no server', '{"result":"lab-secret-sw1"}', 'result: '],
    [
      'an id that is no number',
      '{"result":{"id":"lab-secret-sw1","ipassignments":[]}}',
      'result.id: must be an integer',
    ],
    ['assignments that are text', '{"result":{"id":1,"ipassignments":"lab-secret-sw1"}}', 'result.ipassignments: '],
    [
      'an assignment without address',
      '{"result":{"id":1,"ipassignments":[{"primary_ip":1}]}}',
      'result.ipassignments.0.ip: ',
    ],
    [
      'a flag that is no flag',
      '{"result":{"id":1,"ipassignments":[{"ip":"10.0.0.1","primary_ip":"lab-secret-sw1"}]}}',
      'result.ipassignments.0.primary_ip: must be a boolean',
    ],
  ])('%s is panel-invalid-answer naming the field, not the value', async (_name, answer, text) => {
    body = answer;
    const error = await failureOf(odd.getServer(id(1), signal));
    expect(error.code).toBe('panel-invalid-answer');
    expect(error.message).toContain(text);
    expectNoSecrets(error);
  });

  test('lists that PHP wrote as objects, and numeric text, are read', async () => {
    body = JSON.stringify({
      result: { '0': { id: '5', servername: 'five', ipassignments: { '3': { ip: '10.0.0.1', primary_ip: '1' } } } },
    });
    const { servers } = await odd.servers.list(signal);
    expect(servers.get(id(5))).toMatchObject({
      name: 'five',
      kindHint: 'unknown',
      ips: [{ ip: '10.0.0.1', primary: true }],
    });
  });

  test('no more requests run at once than allowed', async () => {
    body = JSON.stringify({ result: { id: 1, ipassignments: [] } });
    await Promise.all(Array.from({ length: 12 }, (_, index) => odd.servers.addressesOf([id(index + 1)], signal)));
    expect(mostInFlight).toBe(2);
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { seedScenario } from '../../../lab/scenarios/seed';
import { startTenantosLab, type TenantosLab } from '../../../lab/tenantos/lab';
import { runTenantosLab } from '../../../lab/tenantos/main';

const API_KEY = 'lab-behaviour-key';
const TOKEN = 'lab-webhook-token';

interface Received {
  readonly authorization: string | undefined;
  readonly body: unknown;
}

interface Port {
  readonly id: number;
  readonly assignments: readonly unknown[];
}

let lab: TenantosLab;
let receiver: Server;
let received: Received[];
let answerStatus: number;

beforeEach(async () => {
  received = [];
  answerStatus = 202;
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      });
      response.writeHead(answerStatus, { 'content-type': 'application/json' }).end('{"workflowId":"w1"}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  lab = await startTenantosLab({ world: seedScenario.panel, apiKey: API_KEY, webhook: { url, token: TOKEN } });
});

afterEach(async () => {
  await lab.close();
  await new Promise((resolve) => {
    receiver.close(resolve);
    receiver.closeAllConnections();
  });
});

const bodies = (): unknown[] => received.map((one) => one.body);

async function panel(
  path: string,
  key = API_KEY,
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(`${lab.url}/api${path}`, { headers: { authorization: `Bearer ${key}` } });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

async function admin(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${lab.adminUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the webhook', () => {
  test('tells of each change, as the listener does', async () => {
    await lab.assign({ serverId: 101, ip: '10.0.48.7' });
    await lab.remove({ serverId: 101, ips: ['10.0.48.7', '10.0.48.6'] });
    const [result] = await lab.deleteServer(101);
    expect(bodies()).toEqual([
      { action: 'ip_assigned', serverId: 101, ip: '10.0.48.7' },
      { action: 'ip_removed', serverId: 101, ip: '10.0.48.7' },
      { action: 'ip_removed', serverId: 101, ip: '10.0.48.6' },
      { action: 'server_deleted', serverId: 101 },
    ]);
    expect(new Set(received.map((one) => one.authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(result).toEqual({
      event: { action: 'server_deleted', serverId: 101 },
      status: 202,
      body: { workflowId: 'w1' },
    });
    expect(lab.deliveries).toHaveLength(4);
    expect((await panel('/servers/101')).status).toBe(404);
  });

  test('can stay silent, repeat, and reorder', async () => {
    await lab.assign({ serverId: 101, ip: '10.0.48.7' }, { fire: false });
    expect(received).toEqual([]);
    await lab.remove({ serverId: 101, ip: '10.0.48.7' }, { copies: 3 });
    expect(received).toHaveLength(3);
    received = [];
    await lab.assign({ serverId: 101, ip: '10.0.48.8' }, { hold: true });
    await lab.remove({ serverId: 101, ip: '10.0.48.8' }, { hold: true });
    expect(received).toEqual([]);
    await lab.release('reversed');
    expect(bodies()).toMatchObject([{ action: 'ip_removed' }, { action: 'ip_assigned' }]);
    expect(await lab.release()).toEqual([]);
  });

  test('can be late: the data has changed by then', async () => {
    const delivery = lab.assign({ serverId: 101, ip: '10.0.48.7' }, { delayMs: 150 });
    expect(JSON.stringify((await panel('/servers/101')).body)).toContain('10.0.48.7');
    expect(received).toEqual([]);
    await delivery;
    expect(received).toHaveLength(1);
  });

  test('records what the receiver answers, and that it is not there', async () => {
    answerStatus = 503;
    expect((await lab.assign({ serverId: 101, ip: '10.0.48.7' }))[0]?.status).toBe(503);
    lab.setWebhook({ url: 'http://127.0.0.1:1/hook', token: TOKEN });
    const [result] = await lab.assign({ serverId: 101, ip: '10.0.48.8' });
    expect(result?.status).toBeUndefined();
    expect(result?.error).toBeDefined();
    lab.setWebhook(undefined);
    expect(await lab.assign({ serverId: 101, ip: '10.0.48.9' })).toEqual([]);
  });
});

describe('the administration over HTTP', () => {
  test('assigns, removes, deletes and adds', async () => {
    expect((await admin('POST', '/assign', { serverId: 101, ip: '10.0.48.7', vlan: 77 })).body).toMatchObject({
      deliveries: [{ status: 202 }],
    });
    expect(
      (await admin('POST', '/remove', { serverId: 101, ip: '10.0.48.7', delivery: { copies: 2 } })).body['deliveries'],
    ).toHaveLength(2);
    expect((await admin('POST', '/delete', { serverId: 101 })).status).toBe(200);
    expect((await panel('/servers/101')).status).toBe(404);
    await admin('POST', '/servers', {
      id: 500,
      servername: 'new',
      kind: 'dedicated',
      switchPorts: [{ switchId: 1, portId: 5, switchAutomation: 1 }],
    });
    await admin('POST', '/servers/500', { pxeMac: '02:00:00:00:05:00' });
    expect(JSON.stringify((await panel('/servers/500/connections')).body)).toContain('02:00:00:00:05:00');
    expect(JSON.stringify((await panel('/networkDevices/1')).body)).toContain('"relId":500');
    const subnets = (await panel('/subnets')).body['result'] as { subnet: string; static_access_vlan_id: unknown }[];
    expect(Number(subnets.find((subnet) => subnet.subnet === '10.0.48.7')?.static_access_vlan_id)).toBe(77);
  });

  test('a switch names what is connected to its ports as it is at that moment, in both of its answers', async () => {
    const ports = async (path: string): Promise<Record<string, unknown>> => {
      const result = (await panel(path)).body['result'] as { ports?: Port[]; extendedDetails?: { ports: Port[] } };
      const listed = result.extendedDetails?.ports ?? result.ports ?? [];
      return Object.fromEntries(
        listed.filter(({ assignments }) => assignments.length > 0).map(({ id, assignments }) => [id, assignments]),
      );
    };
    const both = async (): Promise<Record<string, unknown>> => {
      const details = await ports('/networkDevices/1/extendedDetails');
      expect(await ports('/networkDevices/1')).toEqual(details);
      return details;
    };
    const before = await both();
    const connections = (await panel('/servers/101/connections')).body['result'] as {
      id: number;
      related_data: { type: string };
    }[];
    const connectionId = connections.find(({ related_data: { type } }) => type === 'snmp_switch')?.id;
    expect(before[1]).toEqual([{ type: 'server', relId: 101, connectionId }]);
    await admin('POST', '/servers/101', {
      switchPorts: [
        { switchId: 1, portId: 2 },
        { switchId: 2, portId: 1 },
      ],
    });
    const moved = await both();
    expect(moved[1]).toBeUndefined();
    expect(moved[2]).toHaveLength(2);
    expect(moved[2]).toEqual(expect.arrayContaining(before[2] as unknown[]));
    await admin('POST', '/delete', { serverId: 101, delivery: { fire: false } });
    expect((await both())[2]).toEqual(before[2]);
  });

  test('moves and removes a switch', async () => {
    await admin('POST', '/switches/1', { host: '127.0.0.1', managementPort: 2022 });
    expect((await panel('/networkDevices/1')).body['result']).toMatchObject({
      host: '127.0.0.1',
      managementPort: '2022',
    });
    await admin('DELETE', '/switches/1');
    expect((await panel('/networkDevices/1')).status).toBe(404);
  });

  test("answers 404 as a gateway does, or in the panel's own words for what exists", async () => {
    await admin('POST', '/faults', { kind: 'gateway-404', path: '^/servers/101$', times: 1 });
    await admin('POST', '/faults', { kind: 'not-found', path: '^/servers/101$', times: 1 });
    expect(await panel('/servers/101')).toMatchObject({ status: 404, body: { message: 'Not Found' } });
    expect(await panel('/servers/101')).toMatchObject({
      status: 404,
      body: { message: 'No query results for model [App\\Models\\Entity] 101' },
    });
    expect((await panel('/servers/101')).status).toBe(200);
  });

  test('gives a server the host name that its customer chose', async () => {
    await admin('POST', '/servers/101', { hostname: 'pve1' });
    expect((await panel('/servers/101')).body['result']).toMatchObject({
      servername: 'dedicated-101',
      hostname: 'pve1',
    });
  });

  test("mistypes a subnet's VLAN, makes its row odd, adds and removes one", async () => {
    const row = async (id: number): Promise<unknown> =>
      ((await panel('/subnets')).body['result'] as { id: number }[]).find((one) => one.id === id);
    const information = async (): Promise<unknown> =>
      ((await panel('/servers/101')).body['result'] as { ipassignments: { subnetinformation: unknown }[] })
        .ipassignments[0]?.subnetinformation;
    await admin('POST', '/subnets/1', { staticAccessVlanId: 31 });
    expect(await row(1)).toMatchObject({ subnet: '10.0.48.0', cidr: 24, static_access_vlan_id: 31 });
    await admin('POST', '/subnets/1', {
      staticAccessVlanId: null,
      row: { static_access_vlan_id: '13,14', cidr: '/24' },
      information: { cidr: false },
    });
    expect(await row(1)).toMatchObject({ subnet: '10.0.48.0', cidr: '/24', static_access_vlan_id: '13,14' });
    expect(await information()).toMatchObject({ subnet: '10.0.48.0', cidr: false });
    await admin('POST', '/subnets/1', { staticAccessVlanId: 13, row: null, information: null });
    expect([await row(1), await information()]).toMatchObject([{ cidr: 24, static_access_vlan_id: 13 }, { cidr: 24 }]);
    await admin('POST', '/subnets/9', { subnet: '10.0.48.0', cidr: 28, rootSubnetId: 1 });
    expect(await row(9)).toMatchObject({ subnet: '10.0.48.0', cidr: 28, rootSubnetId: 1, static_access_vlan_id: null });
    await admin('DELETE', '/subnets/9');
    expect(await row(9)).toBeUndefined();
    expect((await admin('POST', '/subnets/9', { staticAccessVlanId: 13 })).status).toBe(404);
    expect((await admin('DELETE', '/subnets/9')).status).toBe(404);
  });

  test('sets, lists and clears faults; counts requests', async () => {
    await admin('POST', '/faults', { kind: 'status', status: 429, retryAfter: 5, path: '^/servers$', times: 2 });
    const throttled = await panel('/servers');
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await admin('GET', '/faults')).body['faults']).toEqual([
      { kind: 'status', status: 429, retryAfter: 5, path: '^/servers$', times: 1 },
    ]);
    expect((await panel('/subnets')).status).toBe(200);
    await admin('DELETE', '/faults');
    expect((await panel('/servers')).status).toBe(200);
    expect((await admin('GET', '/requests')).body['requests']).toEqual({ 'GET /servers': 2, 'GET /subnets': 1 });
    await admin('DELETE', '/requests');
    expect(lab.requestCount(/./)).toBe(0);
  });

  test('holds and releases events', async () => {
    await admin('POST', '/events', {
      action: 'ip_assigned',
      serverId: 102,
      ip: '10.0.48.20',
      delivery: { hold: true },
    });
    expect(received).toEqual([]);
    await admin('POST', '/release');
    expect(bodies()).toEqual([{ action: 'ip_assigned', serverId: 102, ip: '10.0.48.20' }]);
    expect((await admin('GET', '/deliveries')).body['deliveries']).toHaveLength(1);
  });

  test.each([
    ['POST', '/assign', { serverId: 999, ip: '10.0.48.7' }, 404],
    ['POST', '/assign', { serverId: 101, ip: '10.0.48.20' }, 409],
    ['POST', '/assign', { serverId: 101 }, 422],
    ['POST', '/remove', { serverId: 101, ip: '10.0.48.77' }, 404],
    ['POST', '/servers', { id: 101, servername: 'x', kind: 'dedicated' }, 409],
    ['POST', '/faults', { kind: 'nonsense' }, 422],
    ['POST', '/faults', { kind: 'drop', path: '(' }, 400],
    ['POST', '/nonsense', {}, 404],
  ])('%s %s %j is refused with %p', async (method, path, body, status) => {
    const answer = await admin(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body['message']).toEqual(expect.any(String));
    expect(received).toEqual([]);
  });
});

test('a change of several addresses happens whole or not at all', async () => {
  await expect(lab.assign({ serverId: 101, ips: ['10.0.48.7', '10.0.48.20'] })).rejects.toThrow(
    '10.0.48.20 is assigned to server 102 already',
  );
  await expect(lab.remove({ serverId: 101, ips: ['10.0.48.5', '10.0.48.7'] })).rejects.toThrow(
    'Server 101 does not have 10.0.48.7',
  );
  expect(lab.state.server(101).ips).toEqual(['10.0.48.5', '10.0.48.6']);
  expect(received).toEqual([]);
});

test('a wrong key is refused', async () => {
  expect(await panel('/servers', 'wrong')).toMatchObject({ status: 401, body: { message: 'Unauthenticated.' } });
});

test('runTenantosLab prints where it is', async () => {
  const part = await runTenantosLab(['--api-key', 'k1', '--switch', '1=127.0.0.1:2022']);
  const values = Object.fromEntries(part.lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  expect(Object.keys(values)).toEqual(['TENANTOS_URL', 'TENANTOS_API_KEY', 'TENANTOS_ADMIN_URL']);
  const response = await fetch(`${values['TENANTOS_URL']}/api/networkDevices/1`, {
    headers: { authorization: 'Bearer k1' },
  });
  expect(((await response.json()) as { result: unknown }).result).toMatchObject({
    host: '127.0.0.1',
    managementPort: '2022',
  });
  expect((await fetch(`${values['TENANTOS_ADMIN_URL']}/state`)).status).toBe(200);
  await part.close();
  await expect(runTenantosLab(['--switch', 'nonsense'])).rejects.toThrow('--switch must be ID=HOST:PORT');
  await expect(runTenantosLab(['--port', 'x'])).rejects.toThrow('--port');
});

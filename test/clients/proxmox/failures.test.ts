import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AUDITOR, type LabToken } from '../../../lab/proxmox/access';
import type { ProxmoxFault } from '../../../lab/proxmox/faults';
import { PortwardenError, type ErrorCode } from '../../../src/domain/errors';
import { verifyVisible } from '../../../src/clients/proxmox/verification';
import { ProxmoxCluster } from '../../../src/sources/proxmox/cluster';
import {
  closeAll,
  closeLater,
  connect,
  connectReader,
  expectNoSecret,
  failureOf,
  SECRET,
  startLab,
  TOKEN,
  world,
} from '../../sources/proxmox/support';

afterEach(closeAll);

const withoutPrivilege = (name: string): LabToken => ({
  token: TOKEN,
  acl: [{ path: '/', privileges: AUDITOR.filter((privilege) => privilege !== name), propagate: true }],
});

describe('what makes an inventory reject', () => {
  it.each<[string, ProxmoxFault, ErrorCode, RegExp]>([
    [
      'an error of every guest',
      { kind: 'status', path: '/config', status: 500, reason: 'got timeout' },
      'proxmox-failed',
      /500 got timeout/,
    ],
    [
      'a throttled guest',
      { kind: 'status', path: '/lxc/101/', status: 429, reason: 'Too Many Requests' },
      'proxmox-failed',
      /429/,
    ],
    ['a body that is not JSON', { kind: 'garbage', path: '/network' }, 'proxmox-invalid-answer', /not JSON/],
    [
      'an answer of another shape',
      { kind: 'status', path: '/network', status: 200, body: '{"data":[{"type":"bridge"}]}' },
      'proxmox-invalid-answer',
      /0\.iface/,
    ],
    [
      'an answer without data',
      { kind: 'status', path: '/network', status: 200, body: '{"success":1}' },
      'proxmox-invalid-answer',
      /no "data"/,
    ],
    [
      'a guest without node',
      { kind: 'status', path: '/cluster/resources', status: 200, body: '{"data":[{"type":"qemu","vmid":100}]}' },
      'proxmox-invalid-answer',
      /vmid or node/,
    ],
    [
      'a redirect',
      { kind: 'status', path: '/network', status: 301, reason: 'Moved Permanently' },
      'proxmox-invalid-answer',
      /301/,
    ],
    [
      'a broken hop body',
      { kind: 'status', path: '/config', status: 597, reason: 'unexpected end of body' },
      'proxmox-failed',
      /597/,
    ],
    [
      'a single API host that cannot reach the node',
      { kind: 'status', path: '/config', status: 596, reason: 'Connection timed out' },
      'proxmox-failed',
      /596/,
    ],
    [
      'a call that does not exist',
      { kind: 'status', path: '/network', status: 501, reason: 'not implemented' },
      'proxmox-failed',
      /501/,
    ],
    ['a dropped connection', { kind: 'drop', path: '/network' }, 'proxmox-unreachable', /no API host answers/],
    [
      'a connection dropped within the body',
      { kind: 'truncate', path: '/network' },
      'proxmox-unreachable',
      /no API host answers/,
    ],
    ['a revoked token', { kind: 'unauthorized' }, 'proxmox-unauthorized', /401 Authentication failed!/],
  ])('%s', async (_case, fault, code, message) => {
    const lab = await startLab();
    lab.addFault(fault);
    const error = await failureOf(connect(lab.urls).inventory('pve1'), code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('pve-test');
  });

  it('a node that is down, while the cluster still lists its guests', async () => {
    const lab = await startLab();
    const node = lab.cluster.node('pve2');
    if (node !== undefined) node.online = false;
    const client = connect(lab.urls);
    expect(await client.locate(200)).toEqual({ node: 'pve2', type: 'qemu', migrating: false });
    const error = await failureOf(client.inventory('pve2'), 'proxmox-node-down');
    expect(error.details).toMatchObject({ node: 'pve2', status: 595 });
    expect((await client.inventory('pve1')).guests).toHaveLength(4);
  });

  it('a node that the cluster does not know', async () => {
    const lab = await startLab();
    await failureOf(connect(lab.urls).inventory('pve9'), 'proxmox-failed');
  });

  it('a lost quorum', async () => {
    const lab = await startLab();
    lab.cluster.quorate = false;
    const client = connect(lab.urls);
    await failureOf(client.verify(), 'proxmox-no-quorum');
    await failureOf(client.inventory('pve1'), 'proxmox-no-quorum');
    await failureOf(client.locate(100), 'proxmox-no-quorum');
    lab.cluster.quorate = true;
    await client.verify();
  });

  it('a host that never answers, within the time limit', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'timeout', path: '/network' });
    const error = await failureOf(connect(lab.urls, { timeoutMs: 300 }).inventory('pve1'), 'proxmox-unreachable');
    expect(error.message).toContain('no answer within 300 ms');
  });

  it('hands on how long a throttling proxy asks to wait', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'status', status: 429, reason: 'Too Many Requests', retryAfter: 7 });
    const error = await failureOf(connect(lab.urls).resources(), 'proxmox-failed');
    expect(error).toMatchObject({ retryAfterMs: 7000, retryable: true });
  });

  it('reads the message from the body when there is no reason phrase', async () => {
    const lab = await startLab();
    lab.addFault({
      kind: 'status',
      status: 500,
      reason: '',
      body: '{"data":null,"message":"storage \'local\' is not online\\n"}',
    });
    expect((await failureOf(connect(lab.urls).resources(), 'proxmox-failed')).message).toContain(
      "storage 'local' is not online",
    );
  });
});

describe('a guest that cannot be read', () => {
  const others = [100, 102, 103];

  it.each<[string, ProxmoxFault, ErrorCode, RegExp]>([
    [
      'because of an error',
      { kind: 'status', path: '/lxc/101/', status: 500, reason: 'got timeout' },
      'proxmox-failed',
      /500 got timeout/,
    ],
    [
      'because it may not be',
      { kind: 'status', path: '/lxc/101/', status: 403, reason: 'Permission check failed (/vms/101, VM.Audit)' },
      'proxmox-forbidden',
      /VM\.Audit/,
    ],
    ['because the answer is no JSON', { kind: 'garbage', path: '/lxc/101/' }, 'proxmox-invalid-answer', /not JSON/],
    [
      'because the answer is no configuration',
      { kind: 'garbage', path: '/lxc/101/', body: '{"data":{}}' },
      'proxmox-invalid-answer',
      /digest/,
    ],
    [
      'because only its live configuration is none',
      { kind: 'garbage', path: '/lxc/101/config.current=1', body: '{"data":{}}' },
      'proxmox-invalid-answer',
      /digest/,
    ],
    [
      'because the answer is null',
      { kind: 'garbage', path: '/lxc/101/', body: '{"data":null}' },
      'proxmox-invalid-answer',
      /expected object/,
    ],
  ])('%s is told as unread; the others are read', async (_case, fault, code, message) => {
    const lab = await startLab();
    lab.addFault(fault);
    const { guests, unread } = await connect(lab.urls).inventory('pve1');
    expect(guests.map(({ vmid }) => vmid)).toEqual(others);
    expect(unread).toEqual([
      {
        vmid: 101,
        error: expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as unknown,
      },
    ]);
  });

  it('is read when it answers at the second or third time', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'status', path: '/lxc/101/', status: 500, reason: 'got timeout', times: 2 });
    const { guests, unread } = await connect(lab.urls).inventory('pve1');
    expect([guests.map(({ vmid }) => vmid), unread]).toEqual([[100, 101, 102, 103], undefined]);
  });

  it('is told as unread even when it is the only one', async () => {
    const lab = await startLab();
    lab.cluster.guest(200).hollow = true;
    expect(await connect(lab.urls).inventory('pve2')).toMatchObject({ guests: [], unread: [{ vmid: 200 }] });
  });

  it('has a NIC of unknown VLAN where an entry is no text', async () => {
    const lab = await startLab();
    const config = {
      digest: 'abc',
      net0: 5,
      net1: '',
      net2: null,
      net3: 'virtio=BC:24:11:00:01:01,bridge=vmbr0,tag=13',
    };
    lab.addFault({ kind: 'garbage', path: '/qemu/200/', body: JSON.stringify({ data: config }) });
    const [guest] = (await connect(lab.urls).inventory('pve2')).guests;
    expect(guest?.nics.map(({ index, vlan }) => [index, vlan.kind])).toEqual([
      [0, 'unknown'],
      [1, 'unknown'],
      [2, 'unknown'],
      [3, 'tagged'],
    ]);
  });
});

describe('privileges', () => {
  it.each(['VM.Audit', 'Sys.Audit'])('names the missing %s', async (privilege) => {
    const lab = await startLab({ tokens: [withoutPrivilege(privilege)] });
    const client = connect(lab.urls);
    expect((await failureOf(client.verify(), 'proxmox-forbidden')).message).toContain(privilege);
    expect((await failureOf(client.inventory('pve1'), 'proxmox-forbidden')).message).toContain(privilege);
  });

  it('refuses VM.Audit that does not propagate', async () => {
    const lab = await startLab({
      tokens: [
        {
          token: TOKEN,
          acl: [
            { path: '/', privileges: ['Sys.Audit'], propagate: true },
            { path: '/vms', privileges: ['VM.Audit'], propagate: false },
          ],
        },
      ],
    });
    await failureOf(connect(lab.urls).verify(), 'proxmox-forbidden');
  });

  it('refuses a privilege-separated token whose user lacks the role', async () => {
    const lab = await startLab({
      tokens: [{ token: TOKEN, acl: [{ path: '/', privileges: AUDITOR, propagate: true }], userAcl: [] }],
    });
    const client = connect(lab.urls);
    expect(await client.resources()).toEqual([]);
    await failureOf(client.verify(), 'proxmox-forbidden');
  });

  it('refuses to call a guest gone that the token may not see', async () => {
    const token: LabToken = {
      token: TOKEN,
      acl: [
        { path: '/', privileges: AUDITOR, propagate: true },
        { path: '/vms/100', privileges: [], propagate: true },
      ],
    };
    const lab = await startLab({ tokens: [token] });
    const client = connect(lab.urls);
    const reader = connectReader(lab.urls);
    expect((await failureOf(verifyVisible(reader, 100), 'proxmox-forbidden')).message).toContain('/vms/100');
    await expect(verifyVisible(reader, 999)).resolves.toBeUndefined();
    expect((await failureOf(client.locate(100), 'proxmox-forbidden')).message).toContain('/vms/100');
    expect(await client.locate(999)).toBeUndefined();
  });

  it('refuses an inventory while a deeper entry lets the token see less of a guest', async () => {
    const token: LabToken = {
      token: TOKEN,
      acl: [
        { path: '/', privileges: AUDITOR, propagate: true },
        { path: '/vms/100', privileges: ['VM.GuestAgent.Audit'], propagate: true },
      ],
    };
    const lab = await startLab({ tokens: [token] });
    expect((await failureOf(connect(lab.urls).inventory('pve1'), 'proxmox-forbidden')).message).toContain('/vms/100');
  });
});

describe('several API hosts', () => {
  it('leaves a host that does not answer, and stays with the next', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.addFault({ kind: 'drop', host: 0 });
    const client = connect(lab.urls);
    expect((await client.inventory('pve1')).guests).toHaveLength(4);
    lab.forgetRequests();
    await client.resources();
    expect(lab.requests().map(({ host }) => host)).toEqual([1]);
  });

  it.each([596, 599])('leaves a host that answers %d', async (status) => {
    const lab = await startLab({ apiHosts: 2 });
    lab.addFault({ kind: 'status', host: 0, path: '/config', status, reason: 'Connection timed out' });
    expect((await connect(lab.urls).inventory('pve1')).guests).toHaveLength(4);
  });

  it('leaves a host that is too slow', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.addFault({ kind: 'timeout', host: 0 });
    expect(await connect(lab.urls, { timeoutMs: 400 }).resources()).toHaveLength(5);
  });

  it('leaves a host that is cut off from the cluster', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.isolate(0);
    lab.removeGuest(200);
    const client = connect(lab.urls);
    expect((await client.resources()).map(({ vmid }) => vmid)).toContain(200);
    expect((await client.inventory('pve2')).guests).toEqual([]);
    expect(await client.locate(200)).toBeUndefined();
  });

  it('proves the quorum again when the host changed while it read', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.isolate(1);
    lab.addFault({ kind: 'drop', host: 0, path: '^/cluster/resources' });
    await failureOf(connect(lab.urls).inventory('pve1'), 'proxmox-node-down');
    lab.rejoin(1);
    expect((await connect(lab.urls).inventory('pve1')).guests).toHaveLength(4);
  });

  it('asks no other host after a refused token or a dead node', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.addFault({ kind: 'unauthorized', host: 0 });
    const client = connect(lab.urls);
    await failureOf(client.resources(), 'proxmox-unauthorized');
    lab.clearFaults();
    lab.addFault({ kind: 'status', host: 0, path: '/network', status: 595, reason: 'No route to host' });
    await failureOf(client.inventory('pve2'), 'proxmox-node-down');
    expect(lab.requests().every(({ host }) => host === 0)).toBe(true);
  });

  it('names every host that failed', async () => {
    const lab = await startLab({ apiHosts: 2 });
    lab.addFault({ kind: 'drop' });
    const error = await failureOf(connect(lab.urls).resources(), 'proxmox-unreachable');
    for (const url of lab.urls) expect(error.message).toContain(new URL(url).host);
  });
});

describe('cancellation', () => {
  it.each(['inventory', 'locate', 'resources', 'verify'] as const)(
    '%s rejects with the reason of the signal',
    async (method) => {
      const lab = await startLab();
      const client = connect(lab.urls);
      const stop = new AbortController();
      const reason = new Error('the batch was cancelled');
      lab.addFault({ kind: 'timeout' });
      lab.onRequest(() => {
        stop.abort(reason);
      });
      const calls = {
        inventory: () => client.inventory('pve1', stop.signal),
        locate: () => client.locate(100, stop.signal),
        resources: () => client.resources(stop.signal),
        verify: () => client.verify(stop.signal),
      };
      await expect(calls[method]()).rejects.toBe(reason);
      await expect(calls[method]()).rejects.toBe(reason);
    },
  );

  it('stops asking once the inventory failed', async () => {
    const guests = Array.from({ length: 60 }, (_, i) => ({
      vmid: 1000 + i,
      type: 'qemu' as const,
      name: `vm${i}`,
      node: 'pve1',
      config: {},
    }));
    const lab = await startLab({ world: { ...world, guests } });
    lab.addFault({ kind: 'status', path: '/qemu/1000/', status: 595, reason: 'No route to host' });
    await failureOf(connect(lab.urls).inventory('pve1'), 'proxmox-node-down');
    expect(lab.requests().filter(({ path }) => path.includes('/config')).length).toBeLessThan(60);
  });
});

describe('secrets', () => {
  it('removes a token that the server repeats', async () => {
    const lab = await startLab();
    lab.addFault({ kind: 'status', status: 500, reason: `bad header PVEAPIToken=${TOKEN}`, body: `and ${SECRET}` });
    const error = await failureOf(connect(lab.urls).resources(), 'proxmox-failed');
    expect(error.message).toContain('[token]');
  });

  it('keeps the token out of every error of the network', async () => {
    const seen: unknown[] = [];
    for (const kind of ['drop', 'truncate', 'timeout', 'garbage', 'unauthorized'] as const) {
      const lab = await startLab();
      lab.addFault({ kind });
      seen.push(
        await connect(lab.urls, { timeoutMs: 200 })
          .inventory('pve1')
          .catch((error: unknown) => error),
      );
    }
    const nobody = await freePort();
    seen.push(
      await connect([`http://127.0.0.1:${nobody}`])
        .resources()
        .catch((error: unknown) => error),
    );
    for (const error of seen) {
      expect(error).toBeInstanceOf(PortwardenError);
      expectNoSecret(error);
    }
  });

  it('follows no redirect with the token', async () => {
    const lab = await startLab();
    const server = createServer((_request, response) => {
      response.writeHead(302, { Location: `${lab.urls[0] ?? ''}/api2/json/cluster/resources` });
      response.end();
    });
    server.listen(0, '127.0.0.1');
    closeLater(
      () =>
        new Promise((resolve) => {
          server.close(() => {
            resolve();
          });
          server.closeAllConnections();
        }),
    );
    await new Promise((resolve) => server.once('listening', resolve));
    await failureOf(
      connect([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]).resources(),
      'proxmox-invalid-answer',
    );
    expect(lab.requests()).toEqual([]);
  });
});

describe('options', () => {
  const good = { name: 'c', hosts: ['https://pve1.example.com:8006'], token: TOKEN, timeoutMs: 1000, concurrency: 4 };

  it.each<[string, object, RegExp]>([
    ['no host', { hosts: [] }, /at least one/],
    ['plain HTTP to another machine', { hosts: ['http://192.0.2.1:8006'] }, /loopback/],
    ['a name that only looks like loopback', { hosts: ['http://127.0.0.1.example.com:8006'] }, /loopback/],
    ['a host with a path', { hosts: ['https://pve1.example.com/api2'] }, /hosts/],
    ['a host with credentials', { hosts: ['https://a:b@pve1.example.com'] }, /hosts/],
    ['a token without id', { token: `root@pam=${SECRET}` }, /USER@REALM!TOKENID=UUID/],
    ['a CA that is no PEM', { ca: 'MII' }, /PEM/],
    [
      'a SHA-1 fingerprint',
      { fingerprints: ['AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD'] },
      /SHA-256/,
    ],
    ['no concurrency', { concurrency: 0 }, /concurrency/],
    ['no time', { timeoutMs: 0 }, /timeoutMs/],
  ])('refuses %s', (_case, wrong, message) => {
    const make = (): unknown => new ProxmoxCluster({ ...good, ...wrong });
    expect(make).toThrow(message);
    try {
      make();
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-configuration' });
      expectNoSecret(error);
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

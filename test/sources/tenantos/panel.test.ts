import { junos } from '../../activities/fakes/values';
import { startTenantosLab, type TenantosLab } from '../../../lab/tenantos/lab';
import { parseServerId } from '../../../src/domain/event/event';
import { parsePortName } from '../../../src/domain/values/port';
import { TenantosPanel, type TenantosOptions } from '../../../src/sources/tenantos/panel';
import { parseIp } from '../../../src/domain/values/ip';
import { testWorld } from './world';

const API_KEY = 'lab-key-of-the-client-test';
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
    clusters: [{ name: 'pve-a', panelProviderId: 1, hosts: ['https://pve1.lab.example:8006'] }],
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

describe('getServer', () => {
  test.each(['object', 'text', 'mixed'] as const)('reads a dedicated server (meta as %s)', async (meta) => {
    lab.setStyle({ meta });
    expect(await client.getServer(id(101), signal)).toEqual({
      serverId: 101,
      name: 'dedicated-101',
      kind: 'dedicated',
      ips: [
        { ip: '10.0.48.5', primary: true, isSubnet: false, subnet: '10.0.48.0/24' },
        { ip: '10.0.48.6', primary: false, isSubnet: false, subnet: '10.0.48.0/24' },
        { ip: '10.9.0.0', primary: false, isSubnet: true, range: '10.9.0.0/28' },
        { ip: '2001:db8::5', primary: false, isSubnet: false, subnet: '2001:db8::/64' },
      ],
      attachments: [{ device: 'junos:1', portId: 1, port: 'ge-0/0/1', automated: true, manageable: true }],
      pxeMac: 'aa:bb:cc:dd:ee:ff',
    });
  });

  test.each([
    [true, true],
    [1, true],
    ['1', true],
    [false, false],
    [0, false],
    ['0', false],
    [null, false],
  ])('reads switchAutomation %p as %p', async (switchAutomation, automated) => {
    lab.updateServer(101, { switchPorts: [{ switchId: 1, portId: 1, switchAutomation }] });
    const server = await client.getServer(id(101), signal);
    expect(server?.attachments.map((one) => one.automated)).toEqual([automated]);
  });

  test('says when the switch has no credentials, unless the configuration has them', async () => {
    const server = await client.getServer(id(105), signal);
    expect(server?.attachments).toEqual([
      { device: 'junos:9', portId: 1, port: 'ge-0/0/1', automated: true, manageable: false },
    ]);
    const configured = open({ configuredLogin: () => ({ host: false, user: true, secret: true }) });
    expect((await configured.getServer(id(105), signal))?.attachments[0]?.manageable).toBe(true);
    configured.close();
  });

  test('keeps the attachment of a switch or port that the panel does not know, without a port name', async () => {
    lab.updateServer(101, {
      switchPorts: [
        { switchId: 77, portId: 1, switchAutomation: true },
        { switchId: 1, portId: 999, switchAutomation: true },
      ],
    });
    expect((await client.getServer(id(101), signal))?.attachments).toEqual([
      { device: 'junos:77', portId: 1, automated: true, manageable: false },
      { device: 'junos:1', portId: 999, automated: true, manageable: true },
    ]);
  });

  test('reads a VM and names its cluster by the configured provider id', async () => {
    const server = await client.getServer(id(301), signal);
    expect(server).toMatchObject({ kind: 'vm', attachments: [], hypervisor: { cluster: 'pve-a', vmid: 3001 } });
    expect(lab.requestCount('GET /externalProviders')).toBe(0);
  });

  test('names the cluster by the API host when no provider id is configured', async () => {
    const byHost = open({ clusters: [{ name: 'by-host', hosts: ['https://PVE1.lab.example:8006'] }] });
    expect((await byHost.getServer(id(301), signal))?.hypervisor).toEqual({ cluster: 'by-host', vmid: 3001 });
    byHost.close();
  });

  test('leaves the hypervisor out when no configured cluster fits', async () => {
    const none = open({ clusters: [{ name: 'other', panelProviderId: 5, hosts: ['https://elsewhere:8006'] }] });
    const server = await none.getServer(id(301), signal);
    expect(server?.kind).toBe('vm');
    expect(server?.hypervisor).toBeUndefined();
    none.close();
  });

  test('is asked for its entry and its connections at once', async () => {
    lab.fault({ kind: 'hang', path: '^/servers/101$' });
    const stop = new AbortController();
    const reading = client.getServer(id(101), stop.signal).catch(() => undefined);
    while (lab.requestCount(/servers.101.connections/) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await reading;
    expect(lab.requestCount(/servers.101.connections/)).toBe(1);
  });

  test('is undefined for an unknown server', async () => {
    expect(await client.getServer(id(999), signal)).toBeUndefined();
    expect(lab.requestCount(/networkDevices|externalProviders/)).toBe(0);
  });

  test('asks for the addresses singly when the answer lacks them', async () => {
    lab.fault({ kind: 'no-ips' });
    const server = await client.getServer(id(102), signal);
    expect(server?.ips.map((one) => one.ip)).toEqual(['10.0.48.20']);
    expect(lab.requestCount('GET /servers/102/ipassignments')).toBe(1);
  });
});

describe('what is remembered and merged', () => {
  test('port names of a switch are asked for once within the time to live, and again after it', async () => {
    await client.getServer(id(101), signal);
    await client.getServer(id(102), signal);
    expect(lab.requestCount('GET /networkDevices/1')).toBe(1);
    const forgetful = open({ deviceDirectoryTtlMs: 0 });
    await forgetful.getServer(id(101), signal);
    await forgetful.getServer(id(101), signal);
    expect(lab.requestCount('GET /networkDevices/1')).toBe(3);
    forgetful.close();
  });

  test('simultaneous identical calls become one request', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.getServer(id(103), signal)));
    expect(answers.every((answer) => answer?.name === 'dedicated-103')).toBe(true);
    expect(lab.requestCount('GET /servers/103')).toBe(1);
  });

  test('a call that begins while a read is under way never gets that older answer', async () => {
    lab.fault({ kind: 'latency', ms: 300, path: '^/servers/102$', times: 1 });
    const older = client.servers.addressesOf([id(102)], signal);
    await until(() => lab.requestCount('GET /servers/102') === 1);
    await lab.assign({ serverId: 102, ip: '10.0.48.21' });
    const newer = await client.servers.addressesOf([id(102)], signal);
    expect(newer.found.get(id(102))?.ips.map((one) => one.ip)).toEqual(['10.0.48.20', '10.0.48.21']);
    expect((await older).found.get(id(102))?.ips.map((one) => one.ip)).toEqual(['10.0.48.20']);
  });

  test('nothing of a server is remembered', async () => {
    await client.getServer(id(102), signal);
    await lab.remove({ serverId: 102, ip: '10.0.48.20' });
    expect((await client.getServer(id(102), signal))?.ips).toEqual([]);
  });
});

describe('a server that is not there', () => {
  test.each([
    ['of an API gateway', 'gateway-404'],
    ['of a web server', 'proxy-404'],
  ] as const)('a 404 %s is a fault of the way there, not its deletion', async (_whose, kind) => {
    lab.fault({ kind, path: '^/servers/101' });
    await expect(client.getServer(id(101), signal)).rejects.toMatchObject({
      code: 'panel-invalid-answer',
      retryable: true,
    });
    await expect(client.connections.of(id(101), signal)).rejects.toMatchObject({ code: 'panel-invalid-answer' });
    const { gone, failed } = await client.servers.addressesOf([id(101)], signal);
    expect([gone, failed.get(id(101))?.code]).toEqual([[], 'panel-invalid-answer']);
  });

  test('is gone when the list of servers, which has others, lacks it too', async () => {
    expect(await client.getServer(id(999), signal)).toBeUndefined();
    expect((await client.servers.addressesOf([id(999)], signal)).gone).toEqual([999]);
  });

  test('is a contradiction when the list has it', async () => {
    lab.fault({ kind: 'not-found', path: '^/servers/101$' });
    await expect(client.getServer(id(101), signal)).rejects.toMatchObject({
      code: 'panel-contradiction',
      retryable: true,
    });
    const alone = await client.servers.addressesOf([id(101)], signal);
    expect([alone.gone, alone.failed.get(id(101))?.code]).toEqual([[], 'panel-contradiction']);
    lab.fault({ kind: 'no-ips', path: '^/servers$' });
    const several = await client.servers.addressesOf([id(101), id(102)], signal);
    expect([several.gone, several.failed.get(id(101))?.code, [...several.found.keys()]]).toEqual([
      [],
      'panel-contradiction',
      [102],
    ]);
  });

  test('is a contradiction when its connections alone are not there', async () => {
    lab.fault({ kind: 'not-found', path: '^/servers/101/connections$' });
    await expect(client.getServer(id(101), signal)).rejects.toMatchObject({ code: 'panel-contradiction' });
  });

  test('is not believed while nothing known to exist answers', async () => {
    for (const { id: serverId } of testWorld.servers) lab.state.delete(serverId);
    await expect(client.getServer(id(101), signal)).rejects.toMatchObject({ code: 'panel-contradiction' });
    lab.fault({ kind: 'not-found', path: '^/servers$' });
    await expect(client.getServer(id(101), signal)).rejects.toMatchObject({ code: 'panel-invalid-answer' });
  });
});

describe('getServersIps', () => {
  test('uses one list call for several servers', async () => {
    const { found, gone, failed } = await client.servers.addressesOf([id(101), id(102), id(301), id(102)], signal);
    expect([...found.keys()].sort()).toEqual([101, 102, 301]);
    expect({ gone, failed: failed.size }).toEqual({ gone: [], failed: 0 });
    expect(lab.requestCount(/./)).toBe(1);
  });

  test('asks singly for what the list lacks: only a 404 means gone', async () => {
    lab.fault({ kind: 'missing-servers', serverIds: [102] });
    const { found, gone } = await client.servers.addressesOf([id(101), id(102), id(999)], signal);
    expect(found.get(id(102))?.ips.map((one) => one.ip)).toEqual(['10.0.48.20']);
    expect(gone).toEqual([999]);
    expect(lab.requestCount(/^GET \/servers\/\d+$/)).toBe(2);
  });

  test('a server whose addresses cannot be understood fails alone and is not taken for empty', async () => {
    lab.updateServer(102, { ips: ['10.0.48.20', 'not-an-address'] });
    const { found, gone, failed } = await client.servers.addressesOf([id(101), id(102)], signal);
    expect([...found.keys()]).toEqual([101]);
    expect(gone).toEqual([]);
    expect(failed.get(id(102))?.code).toBe('panel-invalid-answer');
    expect(failed.get(id(102))?.message).toContain('result.ipassignments.1.ip must be an IP address');
    const listing = await client.servers.list(signal);
    expect([...listing.unreadable.keys()]).toEqual([102]);
    expect(listing.servers.has(id(102))).toBe(false);
  });
});

describe('the other reads', () => {
  test('listServers gives name, kind and addresses from one call', async () => {
    const { servers, unreadable } = await client.servers.list(signal);
    expect(servers.size).toBe(testWorld.servers.length);
    expect(servers.get(id(301))).toMatchObject({ name: 'vm-301', kindHint: 'vm', ips: [{ ip: '10.0.48.101' }] });
    expect(unreadable.size).toBe(0);
    expect(lab.requestCount(/./)).toBe(1);
  });

  test('where a VM runs is read from the connections alone', async () => {
    const hypervisorOf = async (server: number) => (await client.connections.of(id(server), signal))?.hypervisor;
    expect(await hypervisorOf(301)).toEqual({ cluster: 'pve-a', vmid: 3001 });
    expect(await hypervisorOf(101)).toBeUndefined();
    expect(await hypervisorOf(999)).toBeUndefined();
    expect(lab.requestCount(/^GET \/servers\/\d+$/)).toBe(0);
  });

  test('vmServerIds lists the servers of a cluster', async () => {
    expect(await client.connections.vmServerIds('pve-a', signal)).toEqual([301, 302]);
    expect(await client.connections.vmServerIds('other', signal)).toEqual([]);
  });

  test('findNodeEntry knows server names alone, never the host name that a customer chose, and refuses an ambiguous one', async () => {
    expect((await client.servers.findByName('PVE1', signal))?.serverId).toBe(201);
    expect(await client.servers.findByName('vm-301', signal)).toBeUndefined();
    for (const hostname of ['pve2', 'pve2.example.com']) {
      lab.updateServer(101, { hostname });
      expect(await client.servers.findByName('pve2', signal)).toBeUndefined();
      expect(await client.servers.findByName(hostname, signal)).toBeUndefined();
    }
    lab.updateServer(103, { servername: 'pve1' });
    await expect(client.servers.findByName('pve1', signal)).rejects.toMatchObject({
      code: 'proxmox-uplink-unknown',
      message: expect.stringMatching(/201, 103|103, 201/) as unknown,
    });
  });

  test('addressHolders finds who has an address, alone or within a range, and whose entry does not say', async () => {
    const asked = ['10.0.48.20', '10.9.0.7', '10.0.48.250'].map(parseIp);
    const { holders, unread } = await client.servers.addressHolders(asked, signal);
    expect([...holders]).toEqual([
      ['10.9.0.7', [101]],
      ['10.0.48.20', [102]],
    ]);
    expect(unread).toEqual([]);
    lab.updateServer(102, { ips: ['10.0.48.20', 'not-an-address'] });
    expect(await client.servers.addressHolders(asked, signal)).toMatchObject({ unread: [102] });
    lab.fault({ kind: 'no-ips' });
    expect((await client.servers.addressHolders(asked, signal)).unread).toHaveLength(testWorld.servers.length);
  });

  test('portAssignments lists who is plugged in, by number or name, always afresh', async () => {
    const port = parsePortName('ge-0/0/1');
    expect(await client.switches.portAssignments(1, 1, signal)).toEqual([101]);
    lab.updateServer(102, { switchPorts: [{ switchId: 1, portId: 1 }] });
    expect(await client.switches.portAssignments(1, port, signal)).toEqual([101, 102]);
    expect(await client.switches.portAssignments(1, parsePortName('ge-0/0/1.0'), signal)).toEqual([101, 102]);
    expect(await client.switches.portAssignments(1, 999, signal)).toEqual([]);
    await expect(client.switches.portAssignments(77, 1, signal)).rejects.toMatchObject({ code: 'device-missing' });
  });

  test('the VLANs of subnets', async () => {
    const subnets = await client.subnets(signal);
    expect(subnets.of({ ip: parseIp('10.0.48.5') }).vlan).toBe(13);
    expect(subnets.of({ ip: parseIp('10.0.48.65') }).vlan).toBe(14);
    expect(subnets.of({ ip: parseIp('10.0.48.129') }).vlan).toBe(13);
    expect(subnets.of({ ip: parseIp('10.2.200.1') }).vlan).toBeUndefined();
    expect(subnets.of({ ip: parseIp('192.0.2.1') }).vlan).toBeUndefined();
    expect(subnets.of({ ip: parseIp('2001:db8::5') }).vlan).toBe(66);
  });

  test('an assignment with a VLAN makes the panel say so', async () => {
    await lab.assign({ serverId: 101, ip: '10.0.48.200', vlan: 77 });
    expect((await client.subnets(signal)).of({ ip: parseIp('10.0.48.200') }).vlan).toBe(77);
  });

  test('portVlan reads the access VLAN of a port', async () => {
    expect((await client.switches.portVlans(1, signal))(parsePortName('ge-0/0/2.0'))).toBe(48);
    expect((await client.switches.portVlans(1, signal))(parsePortName('ge-0/0/1'))).toBeUndefined();
    expect((await client.switches.portVlans(77, signal))(parsePortName('ge-0/0/1'))).toBeUndefined();
  });
});

describe('the login of a switch', () => {
  test('gives host, port, user and password, always afresh', async () => {
    lab.setSwitch(1, { host: '127.0.0.1', managementPort: 2222 });
    const first = await client.switches.login(1, signal);
    expect({ ...Object.fromEntries(Object.entries(first)), password: first.password }).toEqual({
      name: 'access-sw1',
      host: '127.0.0.1',
      port: 2222,
      username: 'portwarden',
      vendor: 'juniperSsh',
      password: 'lab-secret-sw1',
    });
    lab.setSwitch(1, { managementPassword: 'changed-secret' });
    expect((await client.switches.login(1, signal)).password).toBe('changed-secret');
  });

  test('names what is absent, and does not ask for what the configuration has', async () => {
    await expect(client.switches.login(9, signal)).rejects.toMatchObject({
      code: 'device-not-configured',
      message: 'Switch 9 has no management user, no management password in the panel',
    });
    await expect(client.switches.login(77, signal)).rejects.toMatchObject({ code: 'device-missing' });
    const configured = open({ configuredLogin: () => ({ host: false, user: true, secret: true }) });
    expect((await configured.switches.login(9, signal)).username).toBeUndefined();
    configured.close();
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  expect(condition()).toBe(true);
}

import { inspect } from 'node:util';

import { parseServerId } from '../../../src/domain/event/event';
import { parsePortName } from '../../../src/domain/values/port';
import { clusterOfProvider, hypervisorAttachment, mapProviders } from '../../../src/sources/tenantos/clusters';
import { NOTHING_CONFIGURED, panelLogin } from '../../../src/sources/tenantos/switchLogin';
import {
  findPort,
  kindHintOf,
  kindOf,
  mapAssignments,
  mapConnections,
  mapDevice,
  portVlanOf,
} from '../../../src/sources/tenantos/mapping';
import {
  connectionList,
  extendedDetailsAnswer,
  externalProviderList,
  ipAssignmentList,
  networkDeviceAnswer,
  serverAnswer,
} from '../../../src/clients/tenantos/schemas';

const connections = (...data: readonly (readonly [type: string, meta: unknown])[]): ReturnType<typeof mapConnections> =>
  mapConnections(
    connectionList.parse(data.map(([type, meta], index) => ({ id: index, related_data: { id: index, type, meta } }))),
  );

describe('what a server is', () => {
  test.each([
    [{ typeOfServer: 'dedicated', servertype: 'auto' }, false, 'dedicated'],
    [{ typeOfServer: 'dedicated', servertype: 'auto' }, true, 'dedicated'],
    [{ typeOfServer: 'vm', servertype: 'vm' }, true, 'vm'],
    [{ typeOfServer: 'vm' }, false, 'vm'],
    [{ typeOfServer: 'something-new' }, true, 'vm'],
    [{ typeOfServer: 'something-new' }, false, 'dedicated'],
    [{ servertype: 'auto' }, true, 'vm'],
    [{ servertype: 'auto' }, false, 'dedicated'],
    [{ typeOfServer: null, servertype: 'vm' }, false, 'vm'],
  ])('%p, hypervisor connection %p: %s', (fields, withHypervisor, kind) => {
    const server = serverAnswer.parse({ id: 1, ...fields });
    const known = withHypervisor ? connections(['proxmox', { vmid: 1 }]) : connections();
    expect(kindOf(kindHintOf(server), known)).toBe(kind);
  });
});

describe('connections', () => {
  test('only those that matter are looked into', () => {
    expect(connections(['ipmi', '{broken'], ['pxe', []], ['snmp_switch', []], ['dhcp', []])).toEqual({ switches: [] });
  });

  test('spellings of the switch connection', () => {
    const expected = { switches: [{ switchId: 3, portId: 7, portName: 'ge-0/0/7', automated: true }] };
    expect(
      connections(['snmp_switch', { switchId: '3', portId: '7', portName: 'ge-0/0/7', switchAutomation: '1' }]),
    ).toEqual(expected);
    expect(
      connections(['snmp_switch', '{"switchId":3,"portId":7,"portName":"ge-0/0/7","switchAutomation":true}']),
    ).toEqual(expected);
  });

  test('a connection without automation flag is not automated; one that cannot be understood is refused', () => {
    expect(connections(['snmp_switch', { switchId: 3, portId: 7 }]).switches[0]?.automated).toBe(false);
    expect(() => connections(['snmp_switch', { switchId: 3, switchAutomation: 'maybe' }])).toThrow(
      '0.related_data.meta.switchAutomation must be a boolean',
    );
    expect(() => connections(['snmp_switch', { switchId: 'x' }])).toThrow(
      '0.related_data.meta.switchId must be an integer',
    );
    expect(() => connections(['snmp_switch', '{broken'])).toThrow('0.related_data.meta must be an object');
  });

  test('the first usable MAC counts; one that is none is left out', () => {
    expect(connections(['dhcp', { pxe_mac: '' }], ['dhcp', { pxe_mac: 'AABB.CCDD.EEFF' }]).pxeMac).toBe(
      'aa:bb:cc:dd:ee:ff',
    );
    expect(connections(['dhcp', { pxe_mac: 'ff:ff:ff:ff:ff:ff' }]).pxeMac).toBeUndefined();
  });

  test.each([
    [{ vmid: 7, providerId: 1 }],
    [{ vmId: '7', externalProviderId: '1' }],
    [{ vm_id: '7', provider_id: 1, node: 'pve1' }],
    ['{"vmid":"7","providerId":"1"}'],
  ])('spellings of the hypervisor connection: %p', (meta) => {
    expect(connections(['proxmox', meta]).hypervisor).toEqual({ vmid: 7, providerId: 1 });
  });
});

describe('addresses', () => {
  const map = (...ips: readonly unknown[]): ReturnType<typeof mapAssignments> =>
    mapAssignments(ipAssignmentList.parse(ips));

  test('something odd in the subnetinformation is as if it was not there; the rest is read', () => {
    const one = (subnetinformation: unknown): unknown => map({ ip: '10.0.48.1', primary_ip: 1, subnetinformation })[0];
    const plain = { ip: '10.0.48.1', primary: true, isSubnet: false };
    expect(one({ subnet: '10.0.48.0', cidr: '24', gw: '10.0.48.1' })).toEqual({
      ...plain,
      subnet: '10.0.48.0/24',
      isGateway: true,
    });
    expect(one({ subnet: '10.0.48.0', cidr: 24, gw: '10.0.48.2' })).toEqual({ ...plain, subnet: '10.0.48.0/24' });
    expect(one({ subnet: '10.0.48.0', cidr: '/24', gw: '10.0.48.1' })).toEqual({ ...plain, isGateway: true });
    expect(one({ subnet: '10.0.48.0', cidr: 24, gw: false })).toEqual({ ...plain, subnet: '10.0.48.0/24' });
    for (const odd of ['nonsense', false, [], null, {}, { subnet: {}, cidr: -1 }]) expect(one(odd)).toEqual(plain);
  });

  test('a range is a subnet assignment whatever the flag says, a range of one is not', () => {
    expect(
      map(
        { ip: '10.0.0.8/29' },
        { ip: '10.0.0.1/32' },
        { ip: '2001:db8::1/128' },
        { ip: '10.0.0.9', ipAttributes: { isSubnet: '1' } },
      ),
    ).toEqual([
      { ip: '10.0.0.8', primary: false, isSubnet: true, range: '10.0.0.8/29' },
      { ip: '10.0.0.1', primary: false, isSubnet: false },
      { ip: '2001:db8::1', primary: false, isSubnet: false },
      { ip: '10.0.0.9', primary: false, isSubnet: true },
    ]);
  });

  test("a subnet's range is that of its assignment, else that of its subnet when both begin alike; its gateway is one inside", () => {
    const subnet = (subnetinformation: unknown, ip = '10.0.0.8'): unknown =>
      map({ ip, ipAttributes: { isSubnet: 1 }, subnetinformation })[0];
    const whole = { ip: '10.0.0.8', primary: false, isSubnet: true };
    const of29 = { subnet: '10.0.0.8/29', range: '10.0.0.8/29' };
    expect(subnet({ subnet: '10.0.0.8', cidr: 29, gw: '10.0.0.9' })).toEqual({
      ...whole,
      ...of29,
      gateway: '10.0.0.9',
    });
    expect(subnet({ subnet: '10.0.0.8', cidr: 29, gw: '10.0.0.1' })).toEqual({ ...whole, ...of29 });
    expect(subnet({ subnet: '10.0.0.0', cidr: 24, gw: '10.0.0.1' })).toEqual({ ...whole, subnet: '10.0.0.0/24' });
    expect(subnet({ subnet: '10.0.0.0', cidr: 24, gw: '10.0.0.9' }, '10.0.0.8/30')).toEqual({
      ...whole,
      subnet: '10.0.0.0/24',
      range: '10.0.0.8/30',
      gateway: '10.0.0.9',
    });
  });

  test('a repeated address is listed once and primary when one of them is', () => {
    expect(map({ ip: '2001:DB8::1', primary_ip: 0 }, { ip: '2001:db8:0::1', primary_ip: '1' })).toEqual([
      { ip: '2001:db8::1', primary: true, isSubnet: false },
    ]);
  });

  test.each(['', '10.0.0', '10.0.0.256', '10.0.0.1/33', 'example.com'])('%p is refused', (ip) => {
    expect(() => map({ ip: '10.0.0.1' }, { ip })).toThrow('ipassignments.1.ip must be an IP address');
  });
});

describe('hypervisors', () => {
  const providers = mapProviders(
    externalProviderList.parse([
      { id: 1, provider: 'proxmox', apiUrl: 'pve-a.example.com', usage: { serverIds: [5, '6'] } },
      { id: '2', provider: 'Proxmox', apiUrl: 'https://PVE-B.example.com:8006/api2/json', usage: { serverIds: [7] } },
      { id: 3, provider: 'hetzner', apiUrl: 'pve-a.example.com', usage: [] },
    ]),
  );
  const clusters = [
    { name: 'a', panelProviderId: 1, hosts: ['https://10.0.0.1:8006'] },
    { name: 'b', hosts: ['https://pve-b.example.com:8006', 'https://pve-b2.example.com:8006'] },
  ];
  const id = parseServerId;

  test('other providers are left out', () => {
    expect(providers.map((provider) => [provider.providerId, provider.serverIds])).toEqual([
      [1, [5, 6]],
      [2, [7]],
    ]);
  });

  test('a cluster is named by provider id, else by API host', () => {
    expect(providers.map((provider) => clusterOfProvider(provider, clusters))).toEqual(['a', 'b']);
  });

  test('an API host that two clusters have names none', () => {
    const twice = [
      { name: 'x', hosts: ['pve-b.example.com'] },
      { name: 'y', hosts: ['https://pve-b.example.com'] },
    ];
    expect(providers.map((provider) => clusterOfProvider(provider, twice))).toEqual([undefined, undefined]);
  });

  test('a connection without provider id belongs to the one provider that lists its server', () => {
    expect(hypervisorAttachment(id(7), { vmid: 100 }, providers, clusters)).toEqual({ cluster: 'b', vmid: 100 });
    expect(hypervisorAttachment(id(8), { vmid: 100 }, providers, clusters)).toBeUndefined();
    expect(hypervisorAttachment(id(7), { providerId: 2 }, providers, clusters)).toBeUndefined();
    expect(hypervisorAttachment(id(7), { vmid: 100, providerId: 9 }, providers, clusters)).toBeUndefined();
  });
});

describe('switches', () => {
  const answer = networkDeviceAnswer.parse({
    id: '3',
    name: 'sw3',
    host: '192.0.2.3',
    managementPort: '22',
    managementUser: 'admin',
    managementPassword: 'very-secret',
    managementVendor: 'juniperSsh',
    ports: [
      {
        id: 1,
        name: 'ge-0/0/1',
        assignments: [
          { type: 'server', relId: '5' },
          { type: 'pdu', relId: 6 },
          { type: 'server', relId: 5 },
        ],
      },
      { id: '1007', name: 'weird name!', assignments: null },
    ],
  });

  test('what is remembered has no password', () => {
    const device = mapDevice(answer);
    expect(device).toEqual({
      switchId: 3,
      name: 'sw3',
      hasUser: true,
      hasPassword: true,
      ports: [
        { portId: 1, port: 'ge-0/0/1', serverIds: [5] },
        { portId: 1007, serverIds: [] },
      ],
    });
    expect(findPort(device, 1007)?.port).toBeUndefined();
    expect(findPort(device, parsePortName('ge-0/0/1.0'))?.portId).toBe(1);
  });

  test('a login shows no password unless asked for it', () => {
    const login = panelLogin(answer, NOTHING_CONFIGURED);
    expect(login.password).toBe('very-secret');
    const shown = [
      JSON.stringify(login),
      inspect(login, { showHidden: true, getters: true }),
      JSON.stringify(Object.entries(login)),
    ];
    for (const text of shown) expect(text).not.toContain('very-secret');
    expect(JSON.parse(JSON.stringify(login))).toEqual({
      name: 'sw3',
      host: '192.0.2.3',
      port: 22,
      username: 'admin',
      vendor: 'juniperSsh',
    });
  });

  test('a login names everything that is absent', () => {
    const bare = networkDeviceAnswer.parse({ id: 4, host: null, managementUser: '', managementPassword: null });
    expect(() => panelLogin(bare, NOTHING_CONFIGURED)).toThrow(
      'Switch 4 has no host, no management user, no management password in the panel',
    );
    expect(() => panelLogin(bare, { host: true, user: true, secret: false })).toThrow(
      'Switch 4 has no management password in the panel',
    );
  });
});

describe('portVlanOf', () => {
  const vlanOf = (interfaces: unknown): number | undefined =>
    portVlanOf(extendedDetailsAnswer.parse({ extendedDetails: { interfaces } }), parsePortName('ge-0/0/1.0'));
  const vlan = (id: unknown, access: unknown, native: unknown): object => ({
    id,
    name: 'x',
    isAccessVlan: access,
    isNativeVlan: native,
  });

  test('the access VLAN, else the native one, else none', () => {
    expect(vlanOf([{ portName: 'ge-0/0/1', vlans: [vlan(5, 0, 1), vlan('13', '1', 0)] }])).toBe(13);
    expect(vlanOf([{ name: 'ge-0/0/1', vlans: [vlan(5, 0, '1'), vlan(6, 0, 0)] }])).toBe(5);
    expect(vlanOf([{ name: 'ge-0/0/1', vlans: [vlan(6, 0, 0)] }])).toBeUndefined();
    expect(vlanOf([{ name: 'ge-0/0/10', vlans: [vlan(6, 1, 0)] }])).toBeUndefined();
    expect(vlanOf(null)).toBeUndefined();
  });

  test('two access VLANs give none', () => {
    expect(vlanOf([{ name: 'ge-0/0/1', vlans: [vlan(5, 1, 0), vlan(6, 1, 0)] }])).toBeUndefined();
  });
});

import { seedScenario } from '../../lab/scenarios/seed';
import type { TenantosLab } from '../../lab/tenantos/lab';
import type { ProxmoxLab } from '../../lab/proxmox/lab';
import { temporalUnavailable } from '../servers/temporal';
import { SystemUnderTest, type EventAnswer } from './site';

const suite = temporalUnavailable() === undefined ? describe : describe.skip;

/** Bindings of the seed world's VMs on the uplink of pve1, as the switch holds them. */
const VM_301 = '10.0.48.101 vlan VLAN.13 mac bc:24:11:00:30:01';
const VM_302 = ['10.0.48.102 vlan VLAN.13 mac bc:24:11:00:31:02', '10.1.100.102 vlan VLAN.100 mac bc:24:11:00:30:02'];
const CT_303 = '10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03';
const AE0 = [VM_301, ...VM_302, CT_303].sort();
const SERVER_101 = ['10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff', '10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff'];

suite('sources in doubt, with the product as a user starts it', () => {
  let system: SystemUnderTest;
  let panel: TenantosLab;
  let cluster: ProxmoxLab;

  beforeAll(async () => {
    system = await SystemUnderTest.create(seedScenario, {
      retries: { deviceBackoff: { initialSeconds: 1, maximumSeconds: 2, giveUpAfterHours: 1 } },
    });
    ({ panel } = system.world);
    const found = system.world.clusters.get('pve-lab');
    if (found === undefined) throw new Error('the seed world has no cluster pve-lab');
    cluster = found;
    await system.start();
    await look(301);
    await look(101);
    expect([await ae0(), await system.bindings(1, 'ge-0/0/1.0')]).toEqual([AE0, SERVER_101]);
  }, 240_000);
  afterAll(() => system.close(), 60_000);
  beforeEach(async () => {
    for (const [id, vlan] of [
      [1, 13],
      [2, 100],
      [3, null],
    ] as const)
      panel.setSubnet(id, { staticAccessVlanId: vlan, row: null, information: null });
    cluster.setBridgesForm('new');
    cluster.cluster.revertNetwork('pve1');
    cluster.setConfig(3001, { net0: 'virtio=BC:24:11:00:30:01,bridge=vmbr0,firewall=1,tag=13' });
    cluster.cluster.guest(3001).template = false;
    cluster.cluster.guest(3001).hollow = false;
    panel.updateServer(101, { ips: ['10.0.48.5', '10.0.48.6'] });
    panel.updateServer(102, { ips: ['10.0.48.20', '10.1.100.20'] });
    panel.updateServer(301, { ips: ['10.0.48.101'] });
    panel.updateServer(302, { ips: ['10.1.100.102', '10.0.48.102'] });
    await system.event({ action: 'ip_removed', serverId: 302, ips: EXTRA });
    await system.event({ action: 'ip_removed', serverId: 301, ips: EXTRA });
    expect(await ae0()).toEqual(AE0);
  }, 60_000);

  /** Addresses that the tests assign beside those of the seed world. */
  const EXTRA = ['10.0.48.111', '10.0.48.112', '10.0.48.113'];
  const ae0 = async (): Promise<string[]> => (await system.bindings(2, 'ae0.0')).sort();
  const look = (serverId: number): Promise<EventAnswer> =>
    system.event({ action: 'ip_assigned', serverId, ip: panel.state.server(serverId).ips[0] });
  const assign = async (serverId: number, ip: string): Promise<EventAnswer> =>
    system.delivered(await panel.assign({ serverId, ip }));
  const rules = (answer: EventAnswer): string[] =>
    (answer.outcome?.ports ?? []).flatMap(({ excluded }) => excluded.map(({ ip, rule }) => `${ip} ${rule}`)).sort();

  test('a mistyped VLAN of a subnet takes no binding away, of no VM and of no dedicated server', async () => {
    panel.setSubnet(1, { staticAccessVlanId: 31 });
    expect(rules(await look(301))).toEqual(['10.0.48.101 vlan-conflict', '10.0.48.102 vlan-conflict']);
    expect(rules(await look(101))).toEqual(['10.0.48.5 vlan-not-allowed', '10.0.48.6 vlan-not-allowed']);
    expect([await ae0(), await system.bindings(1, 'ge-0/0/1.0')]).toEqual([AE0, SERVER_101]);
    panel.setSubnet(1, { staticAccessVlanId: 13 });
    expect((await look(301)).outcome?.status).toBe('unchanged');
  });

  test.each<[string, string, () => void]>([
    [
      'a NIC off every bridge',
      'off-uplink',
      () => {
        cluster.setConfig(3001, { net0: 'virtio=BC:24:11:00:30:01' });
      },
    ],
    [
      'no NIC',
      'no-mac',
      () => {
        cluster.setConfig(3001, { net0: null });
      },
    ],
    [
      'a NIC without a MAC',
      'no-mac',
      () => {
        cluster.setConfig(3001, { net0: 'virtio,bridge=vmbr0,tag=13' });
      },
    ],
    [
      'a NIC in another VLAN',
      'vlan-conflict',
      () => {
        cluster.setConfig(3001, { net0: 'virtio=BC:24:11:00:30:01,bridge=vmbr0,tag=200' });
      },
    ],
    [
      'a guest that became a template',
      'template',
      () => {
        cluster.cluster.guest(3001).template = true;
      },
    ],
  ])('%s takes no binding away', async (_name, rule, change) => {
    change();
    expect(rules(await look(301))).toEqual([`10.0.48.101 ${rule}`]);
    expect(await ae0()).toEqual(AE0);
  });

  test("while a change of the node's network is staged, what runs counts", async () => {
    cluster.cluster.stageNetwork('pve1', [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0.77' }]);
    expect(rules(await assign(301, '10.0.48.111'))).toEqual([]);
    expect(await ae0()).toEqual([...AE0, '10.0.48.111 vlan VLAN.13 mac bc:24:11:00:30:01'].sort());
  });

  test('where what runs cannot be seen, it binds nothing anew and takes nothing away, until it is reverted', async () => {
    cluster.setBridgesForm('absent');
    cluster.cluster.stageNetwork('pve1', [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0.77' }]);
    expect(rules(await assign(301, '10.0.48.111'))).toContain('10.0.48.111 vlan-unresolved');
    expect(await ae0()).toEqual(AE0);
    cluster.cluster.revertNetwork('pve1');
    expect((await look(301)).outcome?.status).toBe('applied');
    expect(await ae0()).toContain('10.0.48.111 vlan VLAN.13 mac bc:24:11:00:30:01');
  });

  test('a guest whose configuration is none keeps what it has; its neighbours go on, and who waits for it alone waits', async () => {
    cluster.cluster.guest(3001).hollow = true;
    expect((await assign(302, '10.0.48.112')).outcome?.status).toBe('applied');
    expect(await ae0()).toEqual([...AE0, '10.0.48.112 vlan VLAN.13 mac bc:24:11:00:31:02'].sort());
    const [delivery] = await panel.assign({ serverId: 301, ip: '10.0.48.111' });
    const { workflowId } = delivery?.body as { workflowId: string };
    await system.waitsFor(workflowId, 'proxmox-invalid-answer');
    expect(await ae0()).toContain(VM_301);
    cluster.cluster.guest(3001).hollow = false;
    expect((await system.outcome(workflowId)).outcome?.status).toBe('applied');
    expect(await ae0()).toContain('10.0.48.111 vlan VLAN.13 mac bc:24:11:00:30:01');
  });

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['a VLAN of "13,14"', { static_access_vlan_id: '13,14' }, {}],
    ['a VLAN of -1', { static_access_vlan_id: -1 }, {}],
    ['a VLAN of false', { static_access_vlan_id: false }, {}],
    ['a length of "/24"', { cidr: '/24' }, { cidr: '/24' }],
  ])("%s in one subnet is that subnet's own doubt", async (_name, row, information) => {
    panel.setSubnet(2, { row, information });
    const answer = await assign(302, '10.0.48.112');
    expect([answer.outcome?.status, rules(answer)]).toEqual(['applied', ['10.1.100.102 vlan-unresolved']]);
    expect(await ae0()).toEqual([...AE0, '10.0.48.112 vlan VLAN.13 mac bc:24:11:00:31:02'].sort());
  });

  test('an address in a part whose VLAN cannot be read does not get the VLAN of the whole', async () => {
    panel.setSubnet(9, {
      subnet: '10.0.48.96',
      cidr: 28,
      gw: '10.0.48.1',
      rootSubnetId: 1,
      row: { static_access_vlan_id: '13,14' },
    });
    try {
      panel.updateServer(301, { ips: ['10.0.48.101', '10.0.48.111', '10.0.48.113'] });
      const answer = await system.event({ action: 'ip_assigned', serverId: 301, ips: ['10.0.48.111', '10.0.48.113'] });
      expect(rules(answer)).toEqual([
        '10.0.48.101 vlan-unresolved',
        '10.0.48.102 vlan-unresolved',
        '10.0.48.111 vlan-unresolved',
      ]);
      expect(await ae0()).toEqual([...AE0, '10.0.48.113 vlan VLAN.13 mac bc:24:11:00:30:01'].sort());
    } finally {
      panel.state.deleteSubnet(9);
    }
  });

  test('gateway, network and broadcast address are bound to nobody', async () => {
    panel.updateServer(101, { ips: ['10.0.48.5', '10.0.48.6', '10.0.48.0', '10.0.48.1', '10.0.48.255'] });
    const answer = await system.event({
      action: 'ip_assigned',
      serverId: 101,
      ips: ['10.0.48.0', '10.0.48.1', '10.0.48.255'],
    });
    expect(rules(answer)).toEqual([
      '10.0.48.0 network-address',
      '10.0.48.1 gateway-address',
      '10.0.48.255 broadcast-address',
    ]);
    expect(await system.bindings(1, 'ge-0/0/1.0')).toEqual(SERVER_101);
  });

  test('an address of two servers stays with the one that had it first, and moves once the panel takes it away there', async () => {
    const port2 = await system.bindings(1, 'ge-0/0/2.0');
    await look(102);
    panel.updateServer(102, { ips: ['10.0.48.20', '10.1.100.20', '10.0.48.6'] });
    const later = await system.event({ action: 'ip_assigned', serverId: 102, ip: '10.0.48.6' });
    expect(rules(later)).toEqual(['10.0.48.6 duplicate-address']);
    expect(rules(await look(101))).toEqual(['10.0.48.6 duplicate-address']);
    expect(await system.bindings(1, 'ge-0/0/1.0')).toEqual(SERVER_101);
    expect((await system.bindings(1, 'ge-0/0/2.0')).join()).not.toContain('10.0.48.6 ');
    panel.updateServer(101, { ips: ['10.0.48.5'] });
    await system.event({ action: 'ip_removed', serverId: 101, ip: '10.0.48.6' });
    await system.event({ action: 'ip_assigned', serverId: 102, ip: '10.0.48.6' });
    expect(await system.bindings(1, 'ge-0/0/1.0')).toEqual(SERVER_101.slice(0, 1));
    expect(await system.bindings(1, 'ge-0/0/2.0')).toContain('10.0.48.6 vlan VLAN.13 mac 00:50:56:86:e1:a2');
    expect(port2.length).toBeGreaterThan(0);
  });

  test('a MAC that a second guest has in the same VLAN stays with the first', async () => {
    cluster.addGuest({
      vmid: 3005,
      type: 'qemu',
      name: 'vm-305',
      node: 'pve1',
      config: { net0: 'virtio=BC:24:11:00:30:01,bridge=vmbr0,tag=13' },
    });
    panel.addServer({
      id: 305,
      servername: 'vm-305',
      kind: 'vm',
      ips: ['10.0.48.113'],
      proxmox: { providerId: 1, vmid: 3005 },
    });
    try {
      expect(rules(await look(305))).toEqual(['10.0.48.113 duplicate-mac']);
      expect((await assign(301, '10.0.48.111')).outcome?.status).toBe('applied');
      expect(await ae0()).toEqual([...AE0, '10.0.48.111 vlan VLAN.13 mac bc:24:11:00:30:01'].sort());
    } finally {
      cluster.removeGuest(3005);
      panel.state.delete(305);
    }
  });
});

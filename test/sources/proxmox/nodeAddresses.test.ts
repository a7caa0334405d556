import { nodeAddresses } from '../../../src/sources/proxmox/nodeAddresses';
import { NodeDirectory } from '../../../src/sources/proxmox/nodeDirectory';
import type { NetworkRow } from '../../../src/clients/proxmox/schema';
import type { NodeNetwork } from '../../../src/sources/proxmox/vlan';
import type { ProxmoxLab } from '../../../lab/proxmox/lab';
import { ip } from '../../activities/fakes/values';
import { closeAll, connect, connectReader, failureOf, startLab, world } from './support';

afterEach(closeAll);

const row = (iface: string, type: string, more: Partial<NetworkRow> = {}): NetworkRow =>
  ({ iface, type, ...more }) as NetworkRow;
const networkOf = (...rows: NetworkRow[]): NodeNetwork => ({
  interfaces: new Map(rows.map((one) => [one.iface, one])),
  vnets: new Map(),
  zones: new Map(),
});
const BOND = row('bond0', 'bond', { slaves: 'eno1 eno2' });
const BRIDGE = { bridge_ports: 'bond0', bridge_vlan_aware: true };
const HWADDRESS = ['\thwaddress BC:24:11:00:00:99'];

describe("a node's own address", () => {
  const one = (...rows: NetworkRow[]) => nodeAddresses(networkOf(...rows), undefined)[0];

  it.each([
    [
      'of a bridge is sent untagged',
      [BOND, row('vmbr0', 'bridge', { ...BRIDGE, cidr: '10.0.0.11/24' })],
      { kind: 'native' },
    ],
    [
      'of a VLAN of a bridge',
      [BOND, row('vmbr0', 'bridge', BRIDGE), row('vmbr0.13', 'vlan', { cidr: '10.0.0.11/24' })],
      { kind: 'tagged', vlan: 13 },
    ],
    ['of a bond, with its own', [{ ...BOND, cidr: '10.0.0.11/24' }], { kind: 'native' }],
    [
      'of a named VLAN interface on a bond',
      [BOND, row('mgmt', 'vlan', { 'vlan-raw-device': 'bond0', 'vlan-id': 20, cidr: '10.0.0.11/24' })],
      { kind: 'tagged', vlan: 20 },
    ],
    [
      'of a bridge on a VLAN interface',
      [BOND, row('vmbr2', 'bridge', { bridge_ports: 'bond0.30', cidr: '10.0.0.11/24' })],
      { kind: 'tagged', vlan: 30 },
    ],
    [
      'of a port of Open vSwitch',
      [
        BOND,
        row('ovs', 'OVSBridge', { ovs_ports: 'bond0 mgmt' }),
        row('mgmt', 'OVSIntPort', { ovs_bridge: 'ovs', ovs_tag: 40, cidr: '10.0.0.11/24' }),
      ],
      { kind: 'tagged', vlan: 40 },
    ],
    [
      'of a bridge without ports stays on the node',
      [row('vmbr9', 'bridge', { bridge_ports: '', cidr: '10.0.0.11/24' })],
      { kind: 'off-uplink' },
    ],
  ])('%s', (_name, rows, vlan) => {
    expect(one(...rows)).toMatchObject({ ip: '10.0.0.11', vlan });
  });

  it('has the MAC that the configuration of its interface, or of what that is on, gives it; any other is not known', () => {
    const bridge = row('vmbr0', 'bridge', { ...BRIDGE, options: HWADDRESS });
    expect(one(BOND, { ...bridge, cidr: '10.0.0.11/24' })?.mac).toBe('bc:24:11:00:00:99');
    expect(one(BOND, bridge, row('vmbr0.13', 'vlan', { cidr: '10.0.0.11/24' }))?.mac).toBe('bc:24:11:00:00:99');
    expect(
      one({ ...BOND, options: HWADDRESS }, row('vmbr0', 'bridge', { ...BRIDGE, cidr: '10.0.0.11/24' }))?.mac,
    ).toBeUndefined();
    expect(
      one(BOND, row('vmbr0', 'bridge', { ...BRIDGE, cidr: '10.0.0.11/24', options: ['\tpost-up true'] }))?.mac,
    ).toBeUndefined();
  });

  it('says what its interface leaves by, for uplinks that name a bond or an Open vSwitch', () => {
    expect(one(BOND, row('vmbr0', 'bridge', BRIDGE), row('vmbr0.13', 'vlan', { cidr: '10.0.0.11/24' }))).toMatchObject({
      iface: 'vmbr0.13',
      leavesBy: ['vmbr0', 'bond0', 'eno1', 'eno2'],
    });
    expect(
      one(
        BOND,
        row('ovs', 'OVSBridge', { ovs_ports: 'bond0 mgmt' }),
        row('mgmt', 'OVSIntPort', { ovs_bridge: 'ovs', cidr: '10.0.0.11/24' }),
      )?.leavesBy,
    ).toContain('ovs');
  });

  it('is listed for both versions, and the one that the cluster knows is added where no interface has it', () => {
    const dual = row('vmbr0', 'bridge', { ...BRIDGE, cidr: '10.0.0.11/24', cidr6: '2001:db8::11/64' });
    expect(nodeAddresses(networkOf(BOND, dual), ip('10.0.0.11')).map((own) => own.ip)).toEqual([
      '10.0.0.11',
      '2001:db8::11',
    ]);
    expect(nodeAddresses(networkOf(BOND), ip('10.0.0.11'))).toEqual([
      { ip: '10.0.0.11', leavesBy: [], vlan: { kind: 'unknown', why: expect.any(String) as string } },
    ]);
  });
});

describe('the nodes of a cluster by address', () => {
  const [pve1, pve2] = world.nodes;
  const site = {
    ...world,
    nodes: [
      {
        name: 'pve1',
        bridges: (pve1?.bridges ?? []).map((bridge, index) =>
          index === 0 ? { ...bridge, address: '10.0.0.11/24' } : bridge,
        ),
      },
      {
        name: 'pve2',
        bridges: [
          ...(pve2?.bridges ?? []),
          { iface: 'vmbr7', vlanAware: false, ports: 'bond7', address: '10.7.0.12/24' },
        ],
      },
    ],
  };
  const signal = new AbortController().signal;
  const start = (): Promise<ProxmoxLab> => startLab({ world: site });

  it('are those that the cluster and each network configuration say', async () => {
    const lab = await start();
    expect([...(await connect(lab.urls).nodeAddresses(signal))].sort()).toEqual([
      ['10.0.0.11', 'pve1'],
      ['10.7.0.12', 'pve2'],
    ]);
  });

  it('last for a minute, and longer while nobody answers; a node that is down keeps what it had', async () => {
    const lab = await start();
    let now = 0;
    const directory = new NodeDirectory(connectReader(lab.urls), () => now);
    const first = await directory.read(signal);
    lab.forgetRequests();
    now = 59_000;
    expect(await directory.read(signal)).toBe(first);
    expect(lab.requests()).toEqual([]);
    now = 61_000;
    for (const node of lab.cluster.nodes.slice(1)) node.online = false;
    expect([...(await directory.read(signal)).keys()]).toContain('10.7.0.12');
    now = 200_000;
    lab.addFault({ kind: 'status', status: 500, path: '/cluster/status' });
    expect([...(await directory.read(signal)).keys()].sort()).toEqual(['10.0.0.11', '10.7.0.12']);
  });

  it('are an error while they were never read, and a cluster that does not answer is left in peace for a while', async () => {
    const lab = await start();
    let now = 0;
    const directory = new NodeDirectory(connectReader(lab.urls), () => now);
    lab.addFault({ kind: 'status', status: 500, path: '/cluster/status', times: 1 });
    await failureOf(directory.read(signal), 'proxmox-failed');
    now = 20_000;
    await failureOf(directory.read(signal), 'proxmox-failed');
    now = 31_000;
    expect((await directory.read(signal)).size).toBe(2);
  });
});

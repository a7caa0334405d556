import type { GuestWorld, PanelServerWorld, Scenario, SubnetWorld, SwitchWorld } from '../../lab/scenarios/scenario';

/** The VLANs of the chaos site and their address ranges. VLAN 66 is not on the first allowlist: until it is, its addresses are not bound. */
export const RANGES = [
  { vlan: 13, prefix: '10.0.48.' },
  { vlan: 100, prefix: '10.1.100.' },
  { vlan: 200, prefix: '10.2.200.' },
  { vlan: 66, prefix: '10.3.66.' },
] as const;

/** The first allowlist of the site. */
export const ALLOWED_VLANS: readonly number[] = [13, 100, 200];

/** Switch ids: a non-ELS access switch, the non-ELS switch of the hypervisors' uplinks, an ELS access switch. */
export const SWITCHES = { access: 1, uplinks: 2, els: 3 } as const;

/** Ports of the access switches that servers may be plugged into; their ids in the panel are their numbers. */
export const ACCESS_PORTS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** A port that a person manages: server 103 is there, without automation. */
const MANUAL_PORT = 9;

export const NODES = ['pve1', 'pve2', 'pve3'] as const;
export const CLUSTER = 'pve-lab';

/** A LAG of the uplinks' switch that no node of the panel has; a configuration may give it one. */
export const SPARE_UPLINK = `${SWITCHES.uplinks} ae${NODES.length}.0`;

/** The ports that nodes' traffic may enter through. */
export const UPLINKS: readonly string[] = [
  ...NODES.map((_, index) => `${SWITCHES.uplinks} ae${index}.0`),
  SPARE_UPLINK,
];

const mac = (prefix: string, id: number): string =>
  `${prefix}:${id
    .toString(16)
    .padStart(4, '0')
    .replace(/(..)(..)/, '$1:$2')}`;

/** A dedicated server of the chaos site. */
export function dedicated(id: number, ips: readonly string[], switchId: number, portId: number): PanelServerWorld {
  return {
    id,
    servername: `dedicated-${id}`,
    kind: 'dedicated',
    ips,
    pxeMac: mac('00:50:56:86', id).toUpperCase(),
    switchPorts: [{ switchId, portId, switchAutomation: true }],
  };
}

/** A VM of the chaos site: its panel entry and its guest with one NIC for each VLAN. */
export function virtual(
  id: number,
  ips: readonly string[],
  node: string,
  vlans: readonly number[],
): { server: PanelServerWorld; guest: GuestWorld } {
  const vmid = 1000 + id;
  const config = Object.fromEntries(
    vlans.map((vlan, index) => [
      `net${index}`,
      `virtio=${mac(`BC:24:11:${index.toString().padStart(2, '0')}`, id).toUpperCase()},bridge=vmbr0,tag=${vlan}`,
    ]),
  );
  return {
    server: { id, servername: `vm-${id}`, kind: 'vm', ips, proxmox: { providerId: 1, vmid } },
    guest: { vmid, type: 'qemu', name: `vm-${id}`, node, config },
  };
}

const SERVERS: readonly PanelServerWorld[] = [
  dedicated(101, ['10.0.48.1', '10.0.48.2'], SWITCHES.access, 1),
  dedicated(102, ['10.1.100.1'], SWITCHES.access, 2),
  dedicated(104, ['10.2.200.1', '10.3.66.1'], SWITCHES.access, 3),
  dedicated(111, ['10.0.48.3'], SWITCHES.els, 1),
  dedicated(112, ['10.1.100.2', '10.2.200.2', '10.0.48.4'], SWITCHES.els, 2),
];

const VMS = [
  virtual(301, ['10.0.48.5'], 'pve1', [13]),
  virtual(302, ['10.1.100.3', '10.0.48.6'], 'pve1', [13, 100]),
  virtual(303, ['10.2.200.3'], 'pve2', [200]),
  virtual(304, ['10.0.48.7'], 'pve2', [13, 100, 200]),
  virtual(305, ['10.0.48.8', '10.1.100.4'], 'pve3', [13, 100]),
];

const MANUAL: PanelServerWorld = {
  ...dedicated(103, ['10.0.48.9'], SWITCHES.access, MANUAL_PORT),
  switchPorts: [{ switchId: SWITCHES.access, portId: MANUAL_PORT, switchAutomation: false }],
};

const HYPERVISORS = NODES.map((name, index): PanelServerWorld => ({
  id: 201 + index,
  servername: name,
  kind: 'dedicated',
  ips: [],
  switchPorts: [{ switchId: SWITCHES.uplinks, portId: 100 + index, switchAutomation: true }],
}));

const SUBNETS = RANGES.map(({ vlan, prefix }, index): SubnetWorld => ({
  id: index + 1,
  subnet: `${prefix}0`,
  cidr: 24,
  gw: `${prefix}254`,
  staticAccessVlanId: vlan,
}));

const accessPorts = [...ACCESS_PORTS, MANUAL_PORT].map((id) => ({ id, name: `ge-0/0/${id}` }));

const CONFIGURATIONS: Readonly<Record<number, SwitchWorld>> = {
  [SWITCHES.access]: {
    id: SWITCHES.access,
    profile: 'ex3300-12.3',
    username: 'portwarden',
    password: 'lab-secret-sw1',
    configuration: [
      'set system host-name access-sw1',
      'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 mac-limit 8 action drop',
      'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.1.100.1 vlan customers-100 mac 00:50:56:86:00:66',
      // Nobody told the panel of this one: the virtual address of a pair of routers.
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.199 vlan VLAN.13 mac 00:00:5e:00:01:ff',
      'set ethernet-switching-options secure-access-port interface ge-0/0/9.0 static-ip 10.0.48.9 vlan VLAN.13 mac 00:50:56:86:00:67',
      'set ethernet-switching-options secure-access-port interface ge-0/0/24.0 dhcp-trusted',
      'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
      'set vlans VLAN.13 vlan-id 13',
      'set vlans VLAN.66 vlan-id 66',
      'set vlans VLAN.200 vlan-id 200',
      'set vlans customers-100 vlan-id 100',
    ],
  },
  [SWITCHES.uplinks]: {
    id: SWITCHES.uplinks,
    profile: 'ex4200-vc',
    username: 'portwarden',
    password: 'lab-secret-sw2',
    configuration: [
      'set system host-name uplink-sw2',
      'set interfaces ae0 unit 0 family ethernet-switching port-mode trunk',
      'set interfaces ae1 unit 0 family ethernet-switching port-mode trunk',
      'set interfaces ae2 unit 0 family ethernet-switching port-mode trunk',
      'set interfaces ae3 unit 0 family ethernet-switching port-mode trunk',
      'set ethernet-switching-options secure-access-port interface ae0.0 static-ip 10.1.100.199 vlan VLAN.100 mac 00:00:5e:00:01:fe',
      'set vlans VLAN.100 vlan-id 100',
      'set vlans VLAN.13 vlan-id 13',
      'set vlans VLAN.66 vlan-id 66',
      'set vlans VLAN.200 vlan-id 200',
    ],
  },
  [SWITCHES.els]: {
    id: SWITCHES.els,
    profile: 'ex3400-18',
    username: 'portwarden',
    password: 'lab-secret-sw3',
    configuration: [
      'set system host-name els-sw3',
      'set interfaces ge-0/0/1 unit 0 family ethernet-switching interface-mode access',
      'set vlans v100 vlan-id 100',
      'set vlans v100 forwarding-options dhcp-security arp-inspection',
      'set vlans v13 vlan-id 13',
      'set vlans v200 vlan-id 200',
      'set vlans v66 vlan-id 66',
    ],
  },
};

/** The world that every chaos run starts with. */
export const chaosScenario: Scenario = {
  name: 'chaos',
  panel: {
    servers: [...SERVERS, MANUAL, ...HYPERVISORS, ...VMS.map(({ server }) => server)],
    networkDevices: Object.values(CONFIGURATIONS).map(({ id, username, password }) => ({
      id,
      name: `switch-${id}`,
      managementVendor: 'juniperSsh',
      managementUser: username,
      managementPassword: password,
      ports:
        id === SWITCHES.uplinks ? UPLINKS.map((_, index) => ({ id: 100 + index, name: `ae${index}` })) : accessPorts,
    })),
    subnets: SUBNETS,
    externalProviders: [{ id: 1, name: CLUSTER, apiUrl: 'pve1.lab.example' }],
  },
  proxmox: [
    {
      name: CLUSTER,
      nodes: NODES.map((name) => ({ name, bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }] })),
      guests: VMS.map(({ guest }) => guest),
    },
  ],
  switches: Object.values(CONFIGURATIONS),
};

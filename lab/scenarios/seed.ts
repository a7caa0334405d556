import type { Scenario } from './scenario';

/**
 * The world of `npm run demo`: a small hosting provider. Switch 1 is a non-ELS EX3300 with dedicated servers,
 * switch 2 a non-ELS EX4200 virtual chassis whose ae0 and ae1 are the uplinks of two Proxmox nodes.
 */
export const seedScenario: Scenario = {
  name: 'seed',
  panel: {
    servers: [
      {
        id: 101,
        servername: 'dedicated-101',
        kind: 'dedicated',
        ips: ['10.0.48.5', '10.0.48.6'],
        pxeMac: 'AA:BB:CC:DD:EE:FF',
        switchPorts: [{ switchId: 1, portId: 1, switchAutomation: true }],
      },
      {
        id: 102,
        servername: 'dedicated-102',
        kind: 'dedicated',
        ips: ['10.0.48.20', '10.1.100.20'],
        pxeMac: '00:50:56:86:E1:A2',
        switchPorts: [{ switchId: 1, portId: 2, switchAutomation: 1 }],
      },
      {
        id: 103,
        servername: 'dedicated-103-manual',
        kind: 'dedicated',
        ips: ['10.0.48.30'],
        pxeMac: '00:50:56:86:E1:A3',
        switchPorts: [{ switchId: 1, portId: 3, switchAutomation: false }],
      },
      { id: 104, servername: 'dedicated-104-unplugged', kind: 'dedicated', ips: ['10.0.48.40'], pxeMac: '00:50:56:86:E1:A4' },
      { id: 201, servername: 'pve1', kind: 'dedicated', ips: [], switchPorts: [{ switchId: 2, portId: 100, switchAutomation: '1' }] },
      { id: 202, servername: 'pve2', kind: 'dedicated', ips: [], switchPorts: [{ switchId: 2, portId: 101, switchAutomation: true }] },
      { id: 301, servername: 'vm-301', kind: 'vm', ips: ['10.0.48.101'], proxmox: { providerId: 1, vmid: 3001 } },
      { id: 302, servername: 'vm-302', kind: 'vm', ips: ['10.1.100.102', '10.0.48.102'], proxmox: { providerId: 1, vmid: 3002 } },
      { id: 303, servername: 'ct-303', kind: 'vm', ips: ['10.2.200.103'], proxmox: { providerId: 1, vmid: 3003 } },
      { id: 304, servername: 'vm-304', kind: 'vm', ips: ['10.0.48.104'], proxmox: { providerId: 1, vmid: 3004 } },
    ],
    networkDevices: [
      {
        id: 1,
        name: 'access-sw1',
        managementVendor: 'juniperSsh',
        managementUser: 'portwarden',
        managementPassword: 'lab-secret-sw1',
        ports: Array.from({ length: 24 }, (_, i) => ({ id: i + 1, name: `ge-0/0/${i + 1}` })),
      },
      {
        id: 2,
        name: 'uplink-sw2',
        managementVendor: 'juniperSsh',
        managementUser: 'portwarden',
        managementPassword: 'lab-secret-sw2',
        ports: [
          ...Array.from({ length: 24 }, (_, i) => ({ id: i + 1, name: `ge-0/0/${i + 1}` })),
          { id: 100, name: 'ae0' },
          { id: 101, name: 'ae1' },
        ],
      },
    ],
    subnets: [
      { id: 1, subnet: '10.0.48.0', cidr: 24, gw: '10.0.48.1', staticAccessVlanId: 13 },
      { id: 2, subnet: '10.1.100.0', cidr: 24, gw: '10.1.100.1', staticAccessVlanId: 100 },
      { id: 3, subnet: '10.2.200.0', cidr: 24, gw: '10.2.200.1' },
    ],
    externalProviders: [{ id: 1, name: 'pve-lab', apiUrl: 'pve1.lab.example' }],
  },
  proxmox: [
    {
      name: 'pve-lab',
      nodes: [
        { name: 'pve1', bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }] },
        { name: 'pve2', bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }] },
      ],
      guests: [
        { vmid: 3001, type: 'qemu', name: 'vm-301', node: 'pve1', config: { net0: 'virtio=BC:24:11:00:30:01,bridge=vmbr0,firewall=1,tag=13' } },
        {
          vmid: 3002,
          type: 'qemu',
          name: 'vm-302',
          node: 'pve1',
          config: {
            net0: 'virtio=BC:24:11:00:30:02,bridge=vmbr0,tag=100',
            net1: 'e1000=BC:24:11:00:31:02,bridge=vmbr0,tag=13',
          },
        },
        {
          vmid: 3003,
          type: 'lxc',
          name: 'ct-303',
          node: 'pve1',
          status: 'stopped',
          config: { net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:30:03,tag=200,type=veth,ip=10.2.200.103/24' },
        },
        { vmid: 3004, type: 'qemu', name: 'vm-304', node: 'pve2', config: { net0: 'virtio=BC:24:11:00:30:04,bridge=vmbr0,tag=13' } },
      ],
    },
  ],
  switches: [
    {
      id: 1,
      profile: 'ex3300-12.3',
      username: 'portwarden',
      password: 'lab-secret-sw1',
      configuration: [
        'set system host-name access-sw1',
        'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode access',
        'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members VLAN.13',
        'set interfaces ge-0/0/2 unit 0 family ethernet-switching port-mode trunk',
        'set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members VLAN.13',
        'set interfaces ge-0/0/2 unit 0 family ethernet-switching vlan members customers-100',
        'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 mac-limit 8 action drop',
        'set ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2',
        'set ethernet-switching-options secure-access-port interface ge-0/0/24.0 dhcp-trusted',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 ip-source-guard',
        'set vlans VLAN.13 vlan-id 13',
        'set vlans customers-100 vlan-id 100',
        'set vlans VLAN.200 vlan-id 200',
      ],
    },
    {
      id: 2,
      profile: 'ex4200-vc',
      username: 'portwarden',
      password: 'lab-secret-sw2',
      configuration: [
        'set system host-name uplink-sw2',
        'set interfaces ge-0/0/10 ether-options 802.3ad ae0',
        'set interfaces ge-0/0/11 ether-options 802.3ad ae1',
        'set interfaces ae0 unit 0 family ethernet-switching port-mode trunk',
        'set interfaces ae0 unit 0 family ethernet-switching vlan members all',
        'set interfaces ae1 unit 0 family ethernet-switching port-mode trunk',
        'set interfaces ae1 unit 0 family ethernet-switching vlan members all',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
        'set vlans VLAN.13 vlan-id 13',
        'set vlans VLAN.100 vlan-id 100',
        'set vlans VLAN.200 vlan-id 200',
      ],
    },
  ],
};

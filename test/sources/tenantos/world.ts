import type { PanelWorld } from '../../../lab/scenarios/scenario';

/** A small panel for the client's tests. */
export const testWorld: PanelWorld = {
  servers: [
    {
      id: 101,
      servername: 'dedicated-101',
      kind: 'dedicated',
      ips: ['10.0.48.5', '10.0.48.6', '10.9.0.0/28', '2001:DB8::5'],
      pxeMac: 'AA-BB-CC-DD-EE-FF',
      switchPorts: [{ switchId: 1, portId: 1, switchAutomation: '1' }],
    },
    {
      id: 102,
      servername: 'dedicated-102',
      kind: 'dedicated',
      ips: ['10.0.48.20'],
      switchPorts: [{ switchId: 1, portId: 2 }],
    },
    { id: 103, servername: 'dedicated-103', kind: 'dedicated', ips: [] },
    {
      id: 105,
      servername: 'dedicated-105',
      kind: 'dedicated',
      ips: [],
      switchPorts: [{ switchId: 9, portId: 1, switchAutomation: true }],
    },
    {
      id: 201,
      servername: 'pve1',
      kind: 'dedicated',
      ips: [],
      switchPorts: [{ switchId: 1, portId: 3, switchAutomation: true }],
    },
    {
      id: 301,
      servername: 'vm-301',
      kind: 'vm',
      ips: ['10.0.48.101'],
      proxmox: { providerId: 1, vmid: 3001, node: 'pve1' },
    },
    { id: 302, servername: 'vm-302', kind: 'vm', ips: ['10.0.48.102'], proxmox: { providerId: 1, vmid: 3002 } },
  ],
  networkDevices: [
    {
      id: 1,
      name: 'access-sw1',
      managementVendor: 'juniperSsh',
      managementUser: 'portwarden',
      managementPassword: 'lab-secret-sw1',
      ports: [
        { id: 1, name: 'ge-0/0/1' },
        { id: 2, name: 'ge-0/0/2', accessVlan: 48 },
        { id: 3, name: 'ae0' },
      ],
    },
    { id: 9, name: 'unmanaged-sw9', ports: [{ id: 1, name: 'ge-0/0/1' }] },
  ],
  subnets: [
    { id: 1, subnet: '10.0.48.0', cidr: 24, gw: '10.0.48.1', staticAccessVlanId: 13 },
    { id: 2, subnet: '10.0.48.64', cidr: 26, gw: '10.0.48.65', rootSubnetId: 1, staticAccessVlanId: 14 },
    { id: 3, subnet: '10.0.48.128', cidr: 25, gw: '10.0.48.129', rootSubnetId: 1 },
    { id: 4, subnet: '10.2.200.0', cidr: 24, gw: '10.2.200.1' },
    { id: 5, subnet: '2001:db8::', cidr: 64, gw: '2001:db8::1', staticAccessVlanId: 66 },
  ],
  externalProviders: [{ id: 1, name: 'pve-a', apiUrl: 'pve1.lab.example' }],
};

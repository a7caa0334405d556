import { bridgesNamed, interfacesBelow } from '../../../src/sources/proxmox/bridges';
import type { NetworkRow, VnetRow, ZoneRow } from '../../../src/clients/proxmox/schema';
import type { NodeNetwork } from '../../../src/sources/proxmox/vlan';

const row = (iface: string, type: string, more: Partial<NetworkRow> = {}): NetworkRow =>
  ({ iface, type, ...more }) as NetworkRow;
const rows = [
  row('eno1', 'eth'),
  row('bond0', 'bond', { slaves: 'eno1 eno2' }),
  row('vmbr0', 'bridge', { bridge_ports: 'bond0' }),
  row('vmbr1', 'bridge', { bridge_ports: 'bond0.20 bond1' }),
  row('storage', 'vlan', { 'vlan-raw-device': 'bond1', 'vlan-id': 30 }),
  row('vmbr2', 'bridge', { bridge_ports: 'storage' }),
  row('vmbr3', 'bridge', { bridge_ports: 'none' }),
  row('ring', 'bridge', { bridge_ports: 'ring' }),
  row('ovs', 'OVSBridge', { ovs_ports: 'obond mgmt' }),
  row('obond', 'OVSBond', { ovs_bonds: 'eno5 eno6' }),
  row('mgmt', 'OVSIntPort'),
];
const network: NodeNetwork = {
  interfaces: new Map(rows.map((one) => [one.iface, one])),
  vnets: new Map([['cust', { vnet: 'cust', zone: 'prod' } as VnetRow]]),
  zones: new Map([['prod', { zone: 'prod', type: 'vlan', bridge: 'vmbr0' } as ZoneRow]]),
};

it.each([
  ['vmbr0', ['bond0', 'eno1', 'eno2']],
  ['vmbr1', ['bond0.20', 'bond0', 'eno1', 'eno2', 'bond1']],
  ['vmbr2', ['storage', 'bond1']],
  ['vmbr3', []],
  ['ring', []],
  ['ovs', ['obond', 'eno5', 'eno6']],
  ['cust', ['vmbr0', 'bond0', 'eno1', 'eno2']],
  ['nowhere', []],
])('below %s are its ports, the devices under them and the cards of bonds', (name, below) => {
  expect(interfacesBelow(name, network)).toEqual(below);
});

it('each bridge that guests use stands once', () => {
  expect(bridgesNamed(['vmbr3', 'vmbr0', 'vmbr3'], network).map(({ name }) => name)).toEqual(['vmbr0', 'vmbr3']);
});

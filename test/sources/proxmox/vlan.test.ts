import fc from 'fast-check';
import { parseNic } from '../../../src/clients/proxmox/nic';
import type { NetworkRow, VnetRow, ZoneRow } from '../../../src/clients/proxmox/schema';
import { resolveVlan, type NodeNetwork } from '../../../src/sources/proxmox/vlan';

const row = (iface: string, type: string, more: Partial<NetworkRow> = {}): NetworkRow =>
  ({ iface, type, ...more }) as NetworkRow;
const vnet = (name: string, zone: string, tag?: number, vlanaware?: boolean): VnetRow => ({
  vnet: name,
  zone,
  tag,
  vlanaware,
});
const zone = (name: string, type: string, bridge?: string, tag?: number): ZoneRow => ({
  zone: name,
  type,
  bridge,
  tag,
});

const network: NodeNetwork = {
  interfaces: new Map(
    [
      row('bond0', 'bond'),
      row('bond0.13', 'vlan', { 'vlan-raw-device': 'bond0', 'vlan-id': 13 }),
      row('uplink200', 'vlan', { 'vlan-raw-device': 'bond0', 'vlan-id': 200 }),
      row('aware', 'bridge', { bridge_ports: 'bond0', bridge_vlan_aware: true }),
      row('plain', 'bridge', { bridge_ports: 'bond0' }),
      row('sub13', 'bridge', { bridge_ports: 'bond0.13' }),
      row('sub200', 'bridge', { bridge_ports: 'uplink200' }),
      row('undeclared', 'bridge', { bridge_ports: 'eno9.77' }),
      row('stacked', 'bridge', { bridge_ports: 'aware.50' }),
      row('mixed', 'bridge', { bridge_ports: 'eno1 bond0.13' }),
      row('internal', 'bridge', { bridge_ports: 'none' }),
      row('portless', 'bridge', { bridge_ports: '' }),
      row('ring', 'bridge', { bridge_ports: 'ring' }),
      row('ovs', 'OVSBridge', { ovs_ports: 'bond1 mgmt' }),
      row('mgmt', 'OVSIntPort', { ovs_tag: 5 }),
      row('ovslocal', 'OVSBridge', { ovs_ports: 'mgmt' }),
      row('ovsaccess', 'OVSBridge', { ovs_ports: 'bond9' }),
      row('bond9', 'OVSBond', { ovs_tag: 9 }),
    ].map((entry) => [entry.iface, entry]),
  ),
  vnets: new Map(
    [
      vnet('v100', 'vlanzone', 100),
      vnet('vaware', 'vlanzone', 100, true),
      vnet('vnotag', 'vlanzone'),
      vnet('vsub', 'subzone', 100),
      vnet('vlost', 'lostzone', 100),
      vnet('vq', 'qzone', 7),
      vnet('vx', 'xzone', 70_000),
      vnet('ve', 'ezone', 70_001),
      vnet('vs', 'szone'),
      vnet('vhidden', 'nozone', 1),
      vnet('vnew', 'newzone', 1),
    ].map((entry) => [entry.vnet, entry]),
  ),
  zones: new Map(
    [
      zone('vlanzone', 'vlan', 'aware'),
      zone('subzone', 'vlan', 'sub13'),
      zone('lostzone', 'vlan', 'vmbr77'),
      zone('qzone', 'qinq', 'aware', 900),
      zone('xzone', 'vxlan'),
      zone('ezone', 'evpn'),
      zone('szone', 'simple'),
      zone('newzone', 'geneve'),
    ].map((entry) => [entry.zone, entry]),
  ),
};

const resolve = (text: string): unknown =>
  resolveVlan(parseNic('qemu', `virtio=BC:24:11:00:00:01${text === '' ? '' : `,${text}`}`), network);

describe('VLAN on the uplink', () => {
  it.each([
    ['VLAN-aware bridge, tag', 'bridge=aware,tag=13', { kind: 'tagged', vlan: 13 }],
    ['VLAN-aware bridge, the default PVID', 'bridge=aware,tag=1', { kind: 'native' }],
    ['VLAN-aware bridge, untagged', 'bridge=aware', { kind: 'native' }],
    [
      'VLAN-aware bridge, trunks',
      'bridge=aware,trunks=30;10-12',
      { kind: 'trunk', vlans: [10, 11, 12, 30], native: true },
    ],
    [
      'VLAN-aware bridge, trunks and tag',
      'bridge=aware,trunks=30,tag=5',
      { kind: 'trunk', vlans: [5, 30], native: false },
    ],
    ['all ids in trunks', 'bridge=aware,trunks=2-4094', { kind: 'trunk', vlans: 'all', native: true }],
    ['plain bridge, tag', 'bridge=plain,tag=13', { kind: 'tagged', vlan: 13 }],
    ['plain bridge, untagged', 'bridge=plain', { kind: 'native' }],
    ['bridge on a VLAN interface', 'bridge=sub13', { kind: 'tagged', vlan: 13 }],
    ['bridge on a named VLAN interface', 'bridge=sub200', { kind: 'tagged', vlan: 200 }],
    ['bridge on a VLAN interface that is not listed', 'bridge=undeclared', { kind: 'tagged', vlan: 77 }],
    ["bridge on another bridge's VLAN", 'bridge=stacked', { kind: 'tagged', vlan: 50 }],
    ['Open vSwitch, tag', 'bridge=ovs,tag=13', { kind: 'tagged', vlan: 13 }],
    ['Open vSwitch, untagged', 'bridge=ovs', { kind: 'native' }],
    ['Open vSwitch, tag and trunks', 'bridge=ovs,tag=13,trunks=20', { kind: 'trunk', vlans: [13, 20], native: false }],
    ['Open vSwitch, trunks', 'bridge=ovs,trunks=20', { kind: 'trunk', vlans: [20], native: false }],
    ['vnet of a VLAN zone', 'bridge=v100', { kind: 'tagged', vlan: 100 }],
    ['VLAN-aware vnet, untagged guest', 'bridge=vaware', { kind: 'tagged', vlan: 100 }],
  ])('%s', (_case, text, expected) => {
    expect(resolve(text)).toEqual(expected);
  });

  it.each([
    ['user-mode NAT', ''],
    ['bridge without ports', 'bridge=portless,tag=13'],
    ['bridge with ports none', 'bridge=internal'],
    ['Open vSwitch with internal ports only', 'bridge=ovslocal,tag=13'],
    ['simple zone', 'bridge=vs'],
    ['VXLAN zone', 'bridge=vx'],
    ['EVPN zone', 'bridge=ve'],
  ])('%s never reaches the uplink', (_case, text) => {
    expect(resolve(text)).toMatchObject({ kind: 'off-uplink' });
  });

  it.each([
    ['a bridge that nobody lists', 'bridge=vmbr99,tag=13', /SDN\.Audit/],
    ['a bond used as a bridge', 'bridge=bond0', /SDN\.Audit/],
    ['trunks on a plain bridge', 'bridge=plain,trunks=10', /VLAN aware/],
    ['a tag inside a VLAN interface', 'bridge=sub13,tag=7', /several VLAN tags/],
    ['ports with different VLANs', 'bridge=mixed', /different VLANs/],
    ['a ring of bridges', 'bridge=ring', /deeply|ring/],
    ['an Open vSwitch access uplink', 'bridge=ovsaccess,tag=13', /access port/],
    ['a QinQ zone', 'bridge=vq', /two VLAN tags: outer 900, inner 7/],
    ['a guest tag inside a vnet', 'bridge=vaware,tag=7', /inside vnet/],
    ['a vnet without tag', 'bridge=vnotag', /no VLAN tag/],
    ['a zone on a bridge that is a VLAN itself', 'bridge=vsub', /several VLAN tags/],
    ['a zone whose bridge is missing', 'bridge=vlost', /no bridge vmbr77/],
    ['a hidden zone', 'bridge=vhidden', /SDN\.Audit/],
    ['a zone type of a later release', 'bridge=vnew', /unknown type geneve/],
  ])('%s is unknown, never untagged', (_case, text, why) => {
    expect(resolve(text)).toMatchObject({ kind: 'unknown', why: expect.stringMatching(why) as string });
  });

  it('gives every tag but the PVID on every ordinary bridge back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4094 }), fc.constantFrom('aware', 'plain', 'ovs'), (tag, bridge) => {
        expect(resolve(`bridge=${bridge},tag=${tag}`)).toEqual({ kind: 'tagged', vlan: tag });
      }),
    );
  });

  it('expands trunks to exactly the ids that were written', () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 4094 }), fc.nat(20))
      .map(([from, n]) => [from, Math.min(from + n, 4094)] as const);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (ranges) => {
        const ids = new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
        const text = ranges.map(([from, to]) => `${from}-${to}`).join(';');
        expect(resolve(`bridge=aware,trunks=${text}`)).toEqual({
          kind: 'trunk',
          vlans: [...ids].sort((a, b) => a - b),
          native: true,
        });
      }),
    );
  });
});

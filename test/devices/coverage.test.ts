import { emptyTree } from '../../lab/junos/config/node';
import { grammar } from '../../lab/junos/config/schema';
import { runCommands } from '../../lab/junos/config/set';
import { renderXml } from '../../lab/junos/config/xml';
import { parseXml } from '../../src/clients/netconf/xml';
import { portRow } from '../../src/clients/openstack/schemas';
import { dhcpSecurity } from '../../src/devices/junos/dialects/dhcpSecurity';
import { secureAccessPort } from '../../src/devices/junos/dialects/secureAccessPort';
import { JunosState } from '../../src/devices/junos/junosState';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../../src/devices/junos/settings';
import { parseSwitchState } from '../../src/devices/junos/switchState';
import { NeutronState } from '../../src/devices/neutron/neutronState';
import type { CoverageEntry } from '../../src/domain/coverage';
import { parsePortName } from '../../src/domain/values/port';
import { oneNic, type OneNic } from './proxmoxFirewall/oneNic';

/*
 * What a driver says of one port in the state that it is in. That nothing is missing in it, the oracle shows (`test/oracle`).
 */

const PORT = parsePortName('ge-0/0/1.0');

/** Each entry as `effect` and what of the port it concerns. */
function said(entries: readonly CoverageEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.map(({ code, effect, message }) => [code, [effect, /\(([^()]*)\)$/.exec(message)?.[1]].join(' ').trim()]),
  );
}

function onSwitch(
  dialect: 'els' | 'non-els',
  lines: readonly string[],
  policies: Partial<JunosSettings['policies']> = {},
): Readonly<Record<string, string>> {
  const tree = emptyTree(grammar(dialect, true));
  expect(runCommands({ node: tree, statement: tree.statement, path: [] }, lines)).toEqual([]);
  const settings = { ...DEFAULT_JUNOS_SETTINGS, policies: { ...DEFAULT_JUNOS_SETTINGS.policies, ...policies } };
  const { root } = parseXml(`<configuration>${renderXml(tree)}</configuration>`);
  const parsed = parseSwitchState(root, dialect === 'els' ? dhcpSecurity : secureAccessPort, settings);
  return said(new JunosState(parsed, settings).coverage(PORT));
}

const VLANS = ['set vlans v10 vlan-id 10', 'set vlans v20 vlan-id 20', 'set vlans v30 vlan-id 30'];
const MEMBER = 'set interfaces ge-0/0/1 unit 0 family ethernet-switching';
const MEMBERS = ['v10', 'v20', 'v30'].map((name) => `${MEMBER} vlan members ${name}`);
const ELS = 'forwarding-options dhcp-security';
const OLD = 'set ethernet-switching-options secure-access-port';

describe('a switch port', () => {
  test('ELS: which VLANs nothing filters, and of which something is left, by their names', () => {
    const guarded = [
      ...['ip-source-guard', 'ipv6-source-guard', 'arp-inspection'].map((knob) => `set vlans v10 ${ELS} ${knob}`),
      `set vlans v20 ${ELS} ip-source-guard`,
    ];
    expect(onSwitch('els', [...VLANS, ...MEMBERS, ...guarded])).toEqual({
      'source-addresses': 'enforced v10, v20, v30',
      'same-node-traffic': 'open',
      'hypervisor-input': 'open',
      'ipv6-link-local': 'enforced',
      'dhcp-clients': 'open',
      'dhcp-servers': 'shut',
      'other-vlans': expect.stringMatching(/^enforced/) as string,
      'unguarded-vlans': 'open v20: ARP, IPv6, v30',
      'wide-ranges': 'shut 16 addresses',
      'uncertain-addresses': 'shut',
      'two-macs': 'shut',
      'taken-addresses': 'enforced',
      'refused-groups': 'open',
    });
  });

  test('without any filter: its addresses are open, and so is every VLAN', () => {
    const open = onSwitch('els', [...VLANS, ...MEMBERS]);
    expect([open['source-addresses'], open['unguarded-vlans'], open['dhcp-servers']]).toEqual([
      'open v10, v20, v30',
      'open v10, v20, v30',
      undefined,
    ]);
  });

  test('non-ELS: IPv6 is open; a trunk may be trusted, and is not where the switch is told so', () => {
    const lines = [...VLANS, ...MEMBERS, `${OLD} vlan all ip-source-guard`, `${OLD} vlan all arp-inspection`];
    const trunk = [...lines, `${MEMBER} port-mode trunk`];
    expect(onSwitch('non-els', lines)).toMatchObject({ 'ipv6-without-bindings': 'open' });
    expect(onSwitch('non-els', lines)).not.toHaveProperty('unguarded-vlans');
    expect(onSwitch('non-els', trunk)['other-vlans']).toMatch(/^partly the port is a trunk/);
    expect(onSwitch('non-els', [...trunk, `${OLD} interface ${PORT} no-dhcp-trusted`])['other-vlans']).toMatch(
      /^enforced/,
    );
  });

  test('a trusted port, whoever trusts it, is not filtered', () => {
    const lines = [...VLANS, ...MEMBERS, `${OLD} vlan all ip-source-guard`];
    expect(onSwitch('non-els', lines)).not.toHaveProperty('filtering-off');
    expect(onSwitch('non-els', [...lines, `${OLD} interface ${PORT} dhcp-trusted`])).toMatchObject({
      'filtering-off': 'open dhcp-trusted',
      'dhcp-servers': 'partly',
    });
    const els = [...VLANS, ...MEMBERS, `set vlans v10 ${ELS} ip-source-guard`];
    const trusted = [
      `set vlans v10 ${ELS} group others overrides trusted`,
      `set vlans v10 ${ELS} group others interface ${PORT}`,
    ];
    expect(onSwitch('els', [...els, ...trusted])).toMatchObject({ 'filtering-off': 'open v10' });
  });

  test('what the switch is configured to do with policies decides what is said of them', () => {
    expect(onSwitch('els', VLANS, { off: 'none', securityGroups: 'firewall-filter' })).toMatchObject({
      'off-without-bindings': 'shut',
      'empty-groups': 'open',
      'mixed-groups': 'shut',
      'unopened-connections': 'open',
      'source-addresses': 'open no VLAN of the port is known',
    });
  });
});

describe('a Neutron port', () => {
  const row = {
    id: '3f0c1f6e-0000-4000-8000-00000000000a',
    mac_address: '02:00:00:00:00:0a',
    network_id: 'n',
    project_id: 'p',
    device_owner: 'compute:nova',
    'binding:vnic_type': 'normal',
    fixed_ips: [{ ip_address: '10.10.10.11', subnet_id: 's' }],
    allowed_address_pairs: [{ ip_address: '10.10.10.200/28', mac_address: '02:00:00:00:00:0a' }],
    security_groups: [],
    port_security_enabled: true,
    revision_number: 1,
  };
  const of = (change: object): Readonly<Record<string, string>> =>
    said(new NeutronState([portRow.parse({ ...row, ...change })], 10).coverage(parsePortName(row.id)));

  test('enforced: its fixed addresses and what somebody typed with host bits are named', () => {
    expect(of({})).toMatchObject({
      'source-addresses': 'enforced',
      'same-node-traffic': 'enforced',
      'dhcp-servers': 'shut',
      'fixed-addresses': 'open 10.10.10.11',
      'host-bits': 'partly 10.10.10.200/28',
    });
    expect(of({ fixed_ips: [], allowed_address_pairs: [] })).not.toHaveProperty('host-bits');
  });

  test('without port security nothing else is said of it; one past the filters is enforced in part', () => {
    expect(of({ port_security_enabled: false })).toEqual({
      'filtering-off': 'open port security is off',
      'other-vlans': 'partly',
    });
    expect(of({ port_security_enabled: undefined })['filtering-off']).toContain('no port security');
    expect(of({ 'binding:vnic_type': 'direct' })['source-addresses']).toMatch(/^partly .*not proven/);
  });

  test('of a port that is not there nothing is said', () => {
    expect(new NeutronState([], 10).coverage(parsePortName(row.id))).toEqual([]);
  });
});

describe('a NIC of a guest', () => {
  const of = (
    entries: readonly string[] | undefined,
    options: OneNic['options'] = {},
    more: Pick<OneNic, 'cluster' | 'isAside'> = {},
  ): Readonly<Record<string, string>> =>
    said(oneNic({ entries, options, ...more }).coverage(parsePortName('101/net0')));

  test('with a set: what it filters, and what passes it', () => {
    expect(of(['10.0.48.5'])).toEqual({
      'source-addresses': 'enforced',
      'same-node-traffic': 'enforced',
      'hypervisor-input': 'open',
      'ipv6-link-local': 'open',
      'dhcp-clients': 'open',
      'dhcp-servers': 'enforced',
      'other-vlans': 'partly',
      'foreign-macs': 'shut',
      'macs-while-off': 'shut',
      'guest-groups': 'open',
    });
    expect(of(['2001:db8::5'])['arp-without-addresses']).toBe('open');
    expect(of(['10.0.48.5'], { dhcp: false })['dhcp-clients']).toBe('enforced');
    expect(of(['10.0.48.0/24', '2001:db8::5'])).not.toHaveProperty('arp-without-addresses');
    expect(of(['10.0.48.5'], { macfilter: false })).toMatchObject({ 'foreign-macs': 'partly' });
  });

  test('with a set that a policy has put aside, its addresses are open', () => {
    expect(of(['10.0.48.5'], {}, { isAside: true })).toMatchObject({
      'source-addresses': 'open',
      'filtering-off': 'open its filter is put aside as portwarden-off-net0',
      'macs-while-off': 'shut',
    });
  });

  test('without a set, or with a firewall that is off, its addresses are open', () => {
    expect(of(undefined)).toMatchObject({ 'source-addresses': 'open', 'no-set': 'open' });
    expect(of(undefined, { ipfilter: true })).not.toHaveProperty('no-set');
    expect(of(['10.0.48.5'], {}, { cluster: { enable: 0, ebtables: true } })).toMatchObject({
      'source-addresses': 'open',
      'filtering-off': 'open the firewall of the cluster is off',
    });
    expect(of(['10.0.48.5'], {}, { cluster: { enable: 1, ebtables: false } })['filtering-off']).toMatch(
      /^partly ebtables=0/,
    );
  });
});

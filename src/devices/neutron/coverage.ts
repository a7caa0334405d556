import type { NeutronPort } from '../../clients/openstack/schemas';
import type { CoverageFinding, KindCoverage } from '../../domain/coverage';
import { hostBitsOf } from './pairs';
import { doubtOf } from './specialPorts';

/** What Neutron does about each code: docs/openstack.md and docs/policies-neutron.md have the sources. */
export const CLOUD_COVERAGE: KindCoverage = {
  'source-addresses': 'filtered by fixed addresses and address pairs, in whichever network the port is',
  'filtering-off': 'without port security everything passes',
  'same-node-traffic': 'enforced',
  'hypervisor-input': 'enforced',
  'ipv6-link-local': 'passes always',
  'dhcp-clients': 'pass always',
  'dhcp-servers': 'dropped always, but for port security off',
  'other-vlans':
    "a port is in one network: tagged frames are no matter of it, subports have settings of their own. All of the server's addresses become pairs of its port",
  'unguarded-vlans': null,
  'ipv6-without-bindings': null,
  'host-bits': 'one address (OVN) or the whole range (iptables); policies cannot say them without `--as`',
  'wide-ranges': 'enforced',
  'uncertain-addresses': "of the port's own MAC and network",
  'two-macs': 'both pass',
  'taken-addresses': 'refused, unless `--taken-addresses`',
  'fixed-addresses': 'pass always, also while the panel does not assign them',
  'off-without-bindings': null,
  'foreign-macs': null,
  'macs-while-off': null,
  'guest-groups': null,
  'no-set': null,
  'arp-without-addresses': null,
  'refused-groups': null,
  'empty-groups': 'shuts the port',
  'foreign-groups': "stay beside the policy's, and let out what they let out, unless `--exclusive`",
  'mixed-groups': "a group without such rules of its own has OpenStack's, which let everything out",
  'unopened-connections': 'judged by the rules',
};

/**
 * How a port stands to each code; undefined: the project has no such port.
 * @param ports those of the project.
 */
export function coverageOfPort(
  port: NeutronPort | undefined,
  ports: readonly NeutronPort[],
): readonly CoverageFinding[] {
  if (port === undefined) return [];
  const { port_security_enabled: isOn, fixed_ips, allowed_address_pairs } = port;
  const networks: CoverageFinding = ['other-vlans', 'partly'];
  if (isOn !== true)
    return [
      ['filtering-off', 'open', isOn === undefined ? 'its network knows no port security' : 'port security is off'],
      networks,
    ];
  const doubt = doubtOf(port, ports);
  const typed = allowed_address_pairs.filter((pair) => hostBitsOf(pair) !== undefined);
  return [
    ['source-addresses', doubt === undefined ? 'enforced' : 'partly', doubt],
    ['same-node-traffic', 'enforced'],
    ['hypervisor-input', 'enforced'],
    ['ipv6-link-local', 'open'],
    ['dhcp-clients', 'open'],
    ['dhcp-servers', 'shut'],
    networks,
    ...(typed.length === 0
      ? []
      : ([['host-bits', 'partly', typed.map(({ ip_address }) => ip_address).join(', ')]] as const)),
    ['wide-ranges', 'enforced'],
    ['uncertain-addresses', 'enforced'],
    ['two-macs', 'enforced'],
    ['taken-addresses', 'shut'],
    ...(fixed_ips.length === 0
      ? []
      : ([['fixed-addresses', 'open', fixed_ips.map(({ ip_address }) => ip_address).join(', ')]] as const)),
    ['empty-groups', 'enforced'],
    ['foreign-groups', 'open'],
    ['mixed-groups', 'enforced'],
    ['unopened-connections', 'enforced'],
  ];
}

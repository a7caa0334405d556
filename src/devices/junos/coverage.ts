import type { CoverageFinding, KindCoverage } from '../../domain/coverage';
import type { PortName } from '../../domain/values/port';
import { trustedVlans } from './dialects/dialect';
import { filterName } from './filters/filterTerm';
import { filtersOf } from './offRemarks';
import type { JunosSettings } from './settings';
import { vlansOfPort, type SwitchState } from './switchState';

/** What switches do about each code: docs/junos.md and docs/policies-junos.md have the sources. */
export const SWITCH_COVERAGE: KindCoverage = {
  'source-addresses': 'filtered in VLANs with source guard or ARP inspection, by the bindings of the port',
  'filtering-off': 'nothing filters a port that the switch trusts',
  'same-node-traffic': 'not seen: frames do not cross the switch. Filters on NICs are for this',
  'hypervisor-input': 'not seen',
  'ipv6-link-local': 'dropped where IPv6 source guard is on, unless it is bound',
  'dhcp-clients': 'pass always',
  'dhcp-servers':
    'dropped in snooped VLANs, even from a bound address; with port security off by trust they are believed',
  'other-vlans':
    'enforced, each VLAN with its own bindings; but many releases trust trunks by default, and filter nothing there (junos.md)',
  'unguarded-vlans': 'nothing is filtered there (`portwarden preview` says so)',
  'ipv6-without-bindings':
    'never filtered by source on non-ELS switches: there are no IPv6 bindings. Filters of groups drop what names a protocol',
  'host-bits': null,
  'wide-ranges': 'refused: nothing of the range passes',
  'uncertain-addresses':
    'refused where the policy names neither: nobody known behind the port, or bindings in several VLANs',
  'two-macs': "the panel's MAC alone: the policy's is refused",
  'taken-addresses': 'enforced',
  'fixed-addresses': null,
  'off-without-bindings': 'cuts the port off where source guard is on; `trusted` opens it',
  'foreign-macs': null,
  'macs-while-off': null,
  'guest-groups': null,
  'no-set': null,
  'arp-without-addresses': null,
  'refused-groups': 'not enforced; the outcome says so',
  'empty-groups': 'no filter',
  'foreign-groups': null,
  'mixed-groups': 'only what `egress` rules let out',
  'unopened-connections':
    'TCP that is no first segment passes, and UDP *from* the ports of an `ingress` rule: filters know no connections',
};

/** How a port stands to each code, by the configuration in force and the switch's settings. */
export function coverageOfPort(
  state: SwitchState,
  port: PortName,
  { policies }: Pick<JunosSettings, 'policies'>,
): readonly CoverageFinding[] {
  const isEls = state.dialect.name === 'dhcp-security';
  const vlans = vlansOfPort(state, port);
  const isFiltered = vlans.some((name) => filtersOf(state, name).length > 0);
  const trusted = trustedVlans(state.bindings, port);
  const gaps = vlans.flatMap((name) => gapOf(state, name));
  const guardsIpv6 = vlans.some((name) => filtersOf(state, name).includes('ipv6-source-guard'));
  const trunk = trustOfTrunk(state, port);
  const hasInput = state.filters.named.get(port)?.input === filterName(port, 'input');
  return [
    [
      'source-addresses',
      isFiltered ? 'enforced' : 'open',
      vlans.length === 0 ? 'no VLAN of the port is known' : list(vlans),
    ],
    ...when(trusted.length > 0, 'filtering-off', 'open', list(trusted.filter((name) => name !== '')) || 'dhcp-trusted'),
    ['same-node-traffic', 'open'],
    ['hypervisor-input', 'open'],
    ...when(isEls && guardsIpv6, 'ipv6-link-local', 'enforced'),
    ['dhcp-clients', 'open'],
    ...when(isFiltered, 'dhcp-servers', trusted.length > 0 ? 'partly' : 'shut'),
    ['other-vlans', trunk === undefined ? 'enforced' : 'partly', trunk],
    ...when(gaps.length > 0, 'unguarded-vlans', 'open', list(gaps)),
    ...when(!isEls, 'ipv6-without-bindings', hasInput ? 'partly' : 'open'),
    ['wide-ranges', 'shut', `${policies.maxAddresses} addresses`],
    ['uncertain-addresses', 'shut'],
    ['two-macs', 'shut'],
    ['taken-addresses', 'enforced'],
    ...when(policies.off === 'none', 'off-without-bindings', 'shut'),
    ...(policies.securityGroups === 'refuse'
      ? ([['refused-groups', 'open']] as const)
      : ([
          ['empty-groups', 'open'],
          ['mixed-groups', 'shut'],
          ['unopened-connections', 'open'],
        ] as const)),
  ];
}

/** What nothing filters in a VLAN: everything, or some of it. */
function gapOf(state: SwitchState, vlanName: string): readonly string[] {
  const filters = filtersOf(state, vlanName);
  if (filters.length === 0) return [vlanName];
  const missing = [
    ...(filters.includes('ip-source-guard') ? [] : ['IPv4']),
    ...(filters.includes('arp-inspection') ? [] : ['ARP']),
    ...(state.dialect.name === 'secure-access-port' || filters.includes('ipv6-source-guard') ? [] : ['IPv6']),
  ];
  return missing.length === 0 ? [] : [`${vlanName}: ${missing.join(', ')}`];
}

/** A trunk of which the configuration does not say that the switch shall not trust it. */
function trustOfTrunk({ dialect, bindings, trunks }: SwitchState, port: PortName): string | undefined {
  if (!trunks.has(port)) return undefined;
  const nodes = bindings.interfaces.filter((node) => node.active && node.ports.includes(port));
  const isUntrusted = nodes.some(({ vlanName = '', group = '', settings }) =>
    dialect.name === 'dhcp-security'
      ? bindings.knobs.some(({ kind, subject }) => kind === 'untrusted-group' && subject === `${vlanName} ${group}`)
      : settings.includes('no-dhcp-trusted'),
  );
  return isUntrusted ? undefined : 'the port is a trunk, and nothing says that the switch does not trust it';
}

function list(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, MOST_NAMED), names.length - MOST_NAMED];
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** An uplink may be in thousands of VLANs. */
const MOST_NAMED = 20;

function when(is: boolean, ...finding: CoverageFinding): readonly CoverageFinding[] {
  return is ? [finding] : [];
}

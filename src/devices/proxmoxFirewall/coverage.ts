import type { CoverageFinding, KindCoverage } from '../../domain/coverage';
import type { ClusterFirewallOptions } from '../../clients/proxmox/schema';
import type { Statement } from '../../domain/change/statement';
import { whatIsLeft, whyNotEnforced } from './enforcement';
import type { NicFilter } from './nicFilter';

/** What filters on NICs do about each code: docs/proxmox-firewall.md has the sources. */
export const FILTER_COVERAGE: KindCoverage = {
  'source-addresses': "filtered by the NIC's set; the MAC is the NIC's own",
  'filtering-off':
    'nothing is filtered there, or not all of it; `switchOn` of the cluster has `firewall=1` and *MAC filter* switched on where that is safe',
  'same-node-traffic': 'enforced',
  'hypervisor-input': 'not enforced: filters are in FORWARD',
  'ipv6-link-local': 'passes always',
  'dhcp-clients': 'pass always, unless the guest has `dhcp: 0`',
  'dhcp-servers': 'by their address, like everything else',
  'other-vlans': 'a NIC has one tag: addresses of other VLANs are on other NICs, further addresses on each of them',
  'unguarded-vlans': null,
  'ipv6-without-bindings': null,
  'host-bits': null,
  'wide-ranges': null,
  'uncertain-addresses': null,
  'two-macs': null,
  'taken-addresses': null,
  'fixed-addresses': null,
  'off-without-bindings': null,
  'foreign-macs': 'refused: a set has no MACs, and a NIC sends with its own',
  'macs-while-off': "the NIC's own alone: *MAC filter* is of the whole guest",
  'guest-groups': "not carried out, and said: rules of a guest's firewall are never portwarden's",
  'no-set': 'not filtered: there is no set',
  'arp-without-addresses': 'not filtered',
  'refused-groups': null,
  'empty-groups': null,
  'foreign-groups': null,
  'mixed-groups': null,
  'unopened-connections': null,
};

/** How a NIC stands to each code. @param filter undefined: the cluster has no such guest, or the token may not see it. */
export function coverageOfNic(
  filter: NicFilter | undefined,
  {
    statements,
    isOpen,
    cluster,
  }: {
    readonly statements: readonly Statement[];
    /** The NIC has no set, and nothing makes one for it. */
    readonly isOpen: boolean;
    readonly cluster: ClusterFirewallOptions;
  },
): readonly CoverageFinding[] {
  if (filter === undefined) return [];
  const { settings } = filter.filters;
  const isUnread = 'unread' in settings;
  const why = isUnread
    ? [`it is not known whether Proxmox enforces it: ${settings.unread.message}`]
    : whyNotEnforced(filter, settings, cluster);
  const left = isUnread || why.length > 0 ? [] : whatIsLeft(settings, cluster);
  const isFiltered = why.length === 0 && !isOpen;
  const hasIpv4 = statements.some(({ key }) => /^[\d.]+(\/\d+)?$/.test(key));
  const hasOwnMac = !isUnread && settings.options.macfilter !== false;
  const isClientStopped = !isUnread && settings.options.dhcp === false;
  return [
    ['source-addresses', isFiltered ? 'enforced' : 'open'],
    ...when(
      [...why, ...left].length > 0,
      'filtering-off',
      why.length > 0 ? 'open' : 'partly',
      [...why, ...left].join(', '),
    ),
    ['same-node-traffic', isFiltered ? 'enforced' : 'open'],
    ['hypervisor-input', 'open'],
    ['ipv6-link-local', 'open'],
    ['dhcp-clients', isClientStopped ? 'enforced' : 'open'],
    ['dhcp-servers', isFiltered ? 'enforced' : 'open'],
    ['other-vlans', 'partly'],
    ['foreign-macs', hasOwnMac ? 'shut' : 'partly'],
    ...when(hasOwnMac, 'macs-while-off', 'shut'),
    ['guest-groups', 'open'],
    ...when(isOpen, 'no-set', 'open'),
    ...when(!hasIpv4, 'arp-without-addresses', 'open'),
  ];
}

function when(is: boolean, ...finding: CoverageFinding): readonly CoverageFinding[] {
  return is ? [finding] : [];
}

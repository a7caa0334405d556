/**
 * Where a device may do anything else than what panel and policies say of a port, by stable codes: a source address passes with
 * its MAC, in its VLAN, when the panel assigns it or a policy says it, and everything else is dropped. The text names the
 * traffic or the situation. What each kind does there is its own ({@link KindCoverage}); docs/policies.md shows both, and the
 * packet oracle (`test/oracle`) permits no other difference.
 */
export const COVERAGE = {
  'source-addresses': 'Source addresses with their MAC, in their VLAN',
  'filtering-off': 'Filtering that is off at the port, or around it',
  'same-node-traffic': 'Traffic inside one hypervisor node',
  'hypervisor-input': 'Traffic to the hypervisor itself',
  'ipv6-link-local': 'IPv6 link-local address of the MAC',
  'dhcp-clients': 'DHCP clients',
  'dhcp-servers': 'DHCP servers behind a port',
  'other-vlans': 'Other VLANs of the port (trunks)',
  'unguarded-vlans': 'VLANs without source guard',
  'ipv6-without-bindings': 'IPv6 where the device has no bindings for it',
  'host-bits': 'Ranges with host bits that somebody else typed',
  'wide-ranges': 'Ranges of more than `policies.maxAddresses`',
  'uncertain-addresses': 'Further addresses whose MAC or VLAN is not certain',
  'two-macs': 'One address with two MACs',
  'taken-addresses': "Further addresses that are a gateway's or another port's",
  'fixed-addresses': 'Fixed addresses of a Neutron port',
  'off-without-bindings': 'Port security off with `policies.off: none`',
  'foreign-macs': "Further addresses with a MAC that is not the port's",
  'macs-while-off': 'MACs with port security off',
  'guest-groups': 'Security groups on NICs of guests',
  'no-set': 'NICs that never had an address',
  'arp-without-addresses': 'ARP of a NIC without IPv4 entries',
  'refused-groups': 'Security groups with `policies.securityGroups: refuse`',
  'empty-groups': 'An empty list of security groups',
  'foreign-groups': 'Security groups that others set',
  'mixed-groups': 'Groups with and without `egress` rules on one port',
  'unopened-connections': 'Connections that nobody opened',
} as const;

/** One of {@link COVERAGE}. */
export type CoverageCode = keyof typeof COVERAGE;

/** All codes, in the order in which they are shown. */
export const COVERAGE_CODES = Object.keys(COVERAGE) as readonly CoverageCode[];

/** What a kind of device does about each code, in words that go on after its text; null: it is no matter of the kind. */
export type KindCoverage = Readonly<Record<CoverageCode, string | null>>;

/** `enforced`: as panel and policies say. `open`: it passes all the same. `shut`: it is dropped all the same. `partly`: now one, now the other. */
export type CoverageEffect = 'enforced' | 'open' | 'shut' | 'partly';

/** How one port, as its device is set now, stands to one code. */
export interface CoverageEntry {
  readonly code: CoverageCode;
  readonly effect: CoverageEffect;
  /** The text of the code. */
  readonly about: string;
  /** What the kind does about it, and what of this port it concerns. */
  readonly message: string;
}

/** What a driver found of one code: the effect, and what of this port it concerns where that can be named. */
export type CoverageFinding = readonly [code: CoverageCode, effect: CoverageEffect, detail?: string | undefined];

/**
 * A port's coverage in the words of its kind, in the order of {@link COVERAGE_CODES}; what the kind has no word for is no
 * matter of it.
 */
export function coverageOf(kind: KindCoverage, findings: readonly CoverageFinding[]): readonly CoverageEntry[] {
  return COVERAGE_CODES.flatMap((code) =>
    findings.flatMap(([found, effect, detail]): CoverageEntry[] => {
      const words = kind[code];
      if (found !== code || words === null) return [];
      return [{ code, effect, about: COVERAGE[code], message: detail === undefined ? words : `${words} (${detail})` }];
    }),
  );
}

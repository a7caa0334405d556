import type { PortName } from '../../domain/values/port';
import type { VlanKnob } from './dialects/dialect';
import type { PolicySettings } from './settings';
import type { SwitchState } from './switchState';

/** What filters by bindings: any of them, in a VLAN. */
const FILTERS: readonly VlanKnob[] = [
  'ip-source-guard',
  'arp-inspection',
  'ipv6-source-guard',
  'neighbor-discovery-inspection',
];

/** The settings of a VLAN that filter by its bindings; of all VLANs where one says `all`. */
export function filtersOf({ bindings }: SwitchState, vlanName: string): readonly VlanKnob[] {
  return FILTERS.filter((filter) =>
    bindings.knobs.some(({ kind, subject }) => kind === filter && (subject === vlanName || subject === 'all')),
  );
}

/** What port security off opens on a port, or what it does instead. @param vlans where the port is bound or filtered. */
export function offRemarks(
  state: SwitchState,
  port: PortName,
  vlans: readonly string[],
  mode: PolicySettings['off'],
): readonly string[] {
  const filtered = vlans.flatMap((name) => {
    const filters = filtersOf(state, name);
    return filters.length === 0 ? [] : [`${name} (${filters.join(', ')})`];
  });
  if (filtered.length === 0)
    return [
      `port security of ${port} is off, but nothing filters by bindings in its VLANs: whatever is behind it could send from any address before`,
    ];
  if (mode === 'none')
    return [
      `port security of ${port} is off by taking its bindings away (policies.off: none), and ${filtered.join('; ')} drops what has no binding: whatever is behind the port is cut off there, not let through; \`policies.off: trusted\` lets it through`,
    ];
  return [
    `port security of ${port} is off: whatever is behind it may send from any address in ${filtered.join('; ')}, may answer ARP for any, and its DHCP servers are believed; its bindings stay and do nothing meanwhile`,
  ];
}

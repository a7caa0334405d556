import type { Dialect } from './schema';
import { container, flag, leaf, leafList, list, type Statement } from './statement';

/** A condition that names prefixes: a block of them in text form, repeated elements with `<name>` in XML. */
function prefixes(name: string): Record<string, Statement> {
  const entry = list({ except: flag() }, { hidden: true, oneLiner: true, closed: true });
  return { [name]: container({ [name]: entry }, { transparent: true }) };
}

const byName = (...names: string[]): Record<string, Statement> =>
  Object.fromEntries(names.map((name) => [name, leafList()]));
const flags = (...names: string[]): Record<string, Statement> =>
  Object.fromEntries(names.map((name) => [name, flag()]));

/** Documented: "Firewall Filter Match Conditions and Actions for EX Series Switches" (Junos 9.6 and 10.3), IPv4 and layer 2. */
const COMMON = {
  ...byName('source-mac-address', 'destination-mac-address', 'ether-type', 'vlan', 'dot1q-tag', 'interface'),
  ...prefixes('source-address'),
  ...prefixes('destination-address'),
  ...byName('protocol', 'source-port', 'destination-port', 'icmp-type', 'icmp-code', 'dscp', 'precedence'),
  'tcp-flags': leaf(),
  ...flags('tcp-initial', 'tcp-established', 'is-fragment'),
};

/** Schema: Juniper's 18.3R1 XSD (codeout/junoser vsrx-18.3R1.9.rb, es_filter): what ELS adds. */
const ELS = {
  ...prefixes('ip-source-address'),
  ...prefixes('ip-destination-address'),
  ...byName('ip-protocol', 'user-vlan-id', 'learn-vlan-id', 'ether-type-except'),
  'ip-version': container({
    ipv4: container({
      ...prefixes('ip-source-address'),
      ...prefixes('ip-destination-address'),
      ...byName('ip-protocol', 'source-port', 'destination-port', 'icmp-type', 'icmp-code'),
      ...flags('tcp-initial', 'tcp-established'),
    }),
    ipv6: container(
      {
        ...byName('next-header', 'source-port', 'destination-port', 'icmp-type', 'icmp-code'),
        ...flags('tcp-initial', 'tcp-established'),
        ...prefixes('ip6-source-address'),
        ...prefixes('ip6-destination-address'),
      },
      { closed: true },
    ),
  }),
};

/** `firewall family ethernet-switching`: filters for ports and VLANs, whose terms are tried in the order in which they stand. */
export function layer2Filters(dialect: Dialect): Statement {
  const term = list(
    {
      from: container(dialect === 'els' ? { ...COMMON, ...ELS } : COMMON, { closed: true }),
      // A single action stands beside `then` (recorded in any public configuration); several would stand in a block.
      then: container(
        { ...flags('accept', 'discard', 'log', 'syslog'), count: leaf(), policer: leaf(), 'forwarding-class': leaf() },
        { closed: true, inline: true },
      ),
    },
    { closed: true },
  );
  return container({ filter: list({ 'interface-specific': flag(), term }, { closed: true }) });
}

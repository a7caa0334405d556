import { layer2Filters } from './filters';
import { container, flag, leaf, leafList, list, type Statement } from './statement';
import {
  normaliseIpv6,
  normaliseMac,
  refuseGroupName,
  refuseInterfaceName,
  refuseIpv4,
  refuseIpv6,
  refuseLength,
  refuseMac,
  refuseOutside,
} from './values';

/** The two ways in which EX switches are configured: before and since Enhanced Layer 2 Software. */
export type Dialect = 'non-els' | 'els';

const mac = (): Statement => leaf({ normalise: normaliseMac, refuse: refuseMac });
const anyOf = (...names: string[]): Record<string, Statement> =>
  Object.fromEntries(names.map((n) => [n, container({}, { presence: true })]));

/** Schema: Juniper's 12.1X47 XSD (codeout/junoser vsrx-12.1.x47.rb, secure-access-port). No IPv6 in this grammar. */
const secureAccessPort = container(
  {
    'dhcp-snooping-file': container({ location: leaf(), 'write-interval': leaf(), timeout: leaf() }),
    interface: list(
      {
        'allowed-mac': list({}, { normalise: normaliseMac, oneLiner: true }),
        'no-allowed-mac-log': flag(),
        'mac-limit': container({ action: leaf() }, { argument: 'limit', oneLiner: true }),
        'persistent-learning': flag(),
        'dhcp-trusted': flag(),
        'no-dhcp-trusted': flag(),
        'fcoe-trusted': flag(),
        'no-fcoe-trusted': flag(),
        'static-ip': list({ vlan: leaf(), mac: mac() }, { oneLiner: true, closed: true, refuse: refuseIpv4 }),
      },
      { closed: true },
    ),
    vlan: list(
      {
        'arp-inspection': container({}, { presence: true }),
        'no-arp-inspection': flag(),
        'examine-dhcp': container({}, { presence: true }),
        'no-examine-dhcp': flag(),
        'ip-source-guard': flag(),
        'no-ip-source-guard': flag(),
        'examine-fip': container({}, { presence: true }),
        'mac-move-limit': container({ action: leaf() }, { argument: 'limit', oneLiner: true }),
        'dhcp-option82': container({}, { presence: true }),
      },
      { closed: true },
    ),
  },
  { closed: true },
);

/** Schema: Juniper/yang 18.1R1 and 21.4R1, module junos-ex-conf-vlans, groupings jdhcp-security-type and ds-group. */
const dhcpSecurity = (presence: boolean): Statement =>
  container(
    {
      'no-dhcp-snooping': flag(),
      'arp-inspection': flag(),
      'ip-source-guard': flag(),
      'no-dhcpv6-snooping': flag(),
      'neighbor-discovery-inspection': flag(),
      'ipv6-source-guard': flag(),
      'dhcpv6-options': container(),
      'option-82': container({}, { presence: true }),
      'light-weight-dhcpv6-relay': flag(),
      group: list(
        {
          overrides: container(
            {
              trusted: flag(),
              untrusted: flag(),
              'no-option82': flag(),
              'no-option16': flag(),
              'no-option18': flag(),
              'no-option37': flag(),
            },
            { closed: true },
          ),
          interface: list(
            {
              'static-ip': list({ mac: mac() }, { oneLiner: true, closed: true, refuse: refuseIpv4 }),
              'static-ipv6': list(
                { mac: mac() },
                { oneLiner: true, closed: true, normalise: normaliseIpv6, refuse: refuseIpv6 },
              ),
            },
            { closed: true },
          ),
        },
        { closed: true, refuse: refuseGroupName },
      ),
    },
    { closed: true, presence },
  );

const vlans = (dialect: Dialect, presence: boolean): Statement =>
  container({
    vlan: list(
      {
        description: leaf(),
        'vlan-id': leaf({ refuse: refuseOutside(1, 4094) }),
        'vlan-range': leaf(),
        'vlan-id-list': leafList(),
        'l3-interface': leaf(),
        interface: list({ mapping: container() }),
        'no-mac-learning': flag(),
        'mac-limit': container({ action: leaf() }, { argument: 'limit', oneLiner: true }),
        filter: container({ input: leaf(), output: leaf() }),
        'dot1q-tunneling': container({}, { presence: true }),
        'no-local-switching': flag(),
        'primary-vlan': leaf(),
        'isolation-id': leaf(),
        ...(dialect === 'els'
          ? {
              'switch-options': container(),
              'forwarding-options': container(
                { 'dhcp-security': dhcpSecurity(presence), filter: container({ input: leaf(), output: leaf() }) },
                { closed: true },
              ),
            }
          : {}),
      },
      { hidden: true, closed: true, refuse: refuseLength(2, dialect === 'els' ? 64 : 255) },
    ),
  });

const unit = list({
  description: leaf(),
  disable: flag(),
  'vlan-id': leaf(),
  family: container(
    {
      'ethernet-switching': container(
        {
          'port-mode': leaf(),
          'interface-mode': leaf(),
          vlan: container({ members: leafList() }),
          'native-vlan-id': leaf(),
          filter: container({
            input: leaf(),
            'input-list': leafList(),
            output: leaf(),
            'output-list': leafList(),
          }),
          'storm-control': leaf(),
        },
        { presence: true },
      ),
      inet: container({ address: list({ primary: flag(), preferred: flag() }) }, { presence: true }),
      inet6: container({ address: list({ primary: flag(), preferred: flag() }) }, { presence: true }),
    },
    { inline: true },
  ),
});

const physical = {
  description: leaf(),
  disable: flag(),
  mtu: leaf(),
  'native-vlan-id': leaf(),
  'vlan-tagging': flag(),
  'flexible-vlan-tagging': flag(),
  'ether-options': container({
    '802.3ad': container({}, { argument: 'bundle', xmlName: 'ieee-802.3ad' }),
    'no-auto-negotiation': flag(),
    speed: container({}, { presence: true }),
  }),
  'gigether-options': container({ '802.3ad': container({}, { argument: 'bundle', xmlName: 'ieee-802.3ad' }) }),
  'aggregated-ether-options': container({
    lacp: container({ active: flag(), passive: flag(), periodic: leaf() }),
    'minimum-links': leaf(),
    'link-speed': leaf(),
  }),
  unit,
};

const interfaces = container({
  interface: list(physical, { hidden: true, refuse: refuseInterfaceName }),
  'interface-range': list({
    member: list({}),
    'member-range': list({ to: leaf({ xmlName: 'end-range' }) }, { oneLiner: true }),
    ...physical,
  }),
});

const system = container({
  'host-name': leaf(),
  'domain-name': leaf(),
  'time-zone': leaf(),
  'root-authentication': container({ 'encrypted-password': leaf(), 'ssh-rsa': list() }),
  'name-server': list(),
  login: container({
    message: leaf(),
    announcement: leaf(),
    class: list({
      permissions: leafList(),
      'idle-timeout': leaf(),
      'allow-configuration': leaf(),
      'deny-configuration': leaf(),
      'allow-commands': leaf(),
    }),
    user: list({
      'full-name': leaf(),
      uid: leaf(),
      class: leaf(),
      authentication: container({ 'encrypted-password': leaf(), 'ssh-rsa': list(), 'ssh-ed25519': list() }),
    }),
  }),
  services: container({
    ssh: container(
      { 'root-login': leaf(), 'protocol-version': leafList(), 'connection-limit': leaf(), 'rate-limit': leaf() },
      { presence: true },
    ),
    netconf: container({
      ssh: container({ port: leaf(), 'connection-limit': leaf(), 'rate-limit': leaf() }, { presence: true }),
      'rfc-compliant': flag(),
    }),
    ...anyOf('telnet', 'ftp'),
  }),
  commit: container({ synchronize: flag(), 'fast-synchronize': flag(), 'persist-groups-inheritance': flag() }),
  syslog: container({ user: list({}), host: list({}), file: list({}), console: container() }),
  ntp: container({ server: list({ version: leaf(), prefer: flag() }, { oneLiner: true }), 'boot-server': leaf() }),
});

/** Statements at the top level in the order in which Junos shows them; those without detail take anything. */
function topLevel(dialect: Dialect, dhcpSecurityPresence: boolean): Record<string, Statement> {
  return {
    version: leaf(),
    'apply-groups': leafList(),
    system,
    logical: container(),
    chassis: container(),
    services: container(),
    security: container(),
    interfaces,
    snmp: container({
      name: leaf(),
      description: leaf(),
      location: leaf(),
      contact: leaf(),
      community: list({ authorization: leaf() }),
    }),
    'forwarding-options': container(),
    event: container(),
    'event-options': container(),
    'routing-options': container({
      static: container({ route: list({ 'next-hop': leafList(), discard: flag(), 'no-readvertise': flag() }) }),
      'router-id': leaf(),
    }),
    protocols: container(),
    'policy-options': container(),
    'class-of-service': container(),
    firewall: container({
      family: container({ 'ethernet-switching': layer2Filters(dialect) }, { inline: true }),
    }),
    access: container(),
    'access-profile': leaf(),
    'accounting-options': container(),
    applications: container(),
    'routing-instances': container(),
    'switch-options': container(),
    multicast: container(),
    'multicast-snooping-options': container(),
    'bridge-domains': container(),
    'virtual-chassis': container(),
    ...(dialect === 'non-els'
      ? { 'ethernet-switching-options': container({ 'secure-access-port': secureAccessPort }) }
      : {}),
    vlans: vlans(dialect, dhcpSecurityPresence),
    poe: container({ interface: list() }),
  };
}

/**
 * The grammar of one release: what is absent from it is refused with `syntax error`.
 * @param dhcpSecurityPresence Whether a bare `dhcp-security` is configuration (schema: since 21.4).
 */
export function grammar(dialect: Dialect, dhcpSecurityPresence: boolean): Statement {
  const top = topLevel(dialect, dhcpSecurityPresence);
  const group = list(top, { hidden: true, closed: true });
  const groups = container({ groups: group }, { transparent: true });
  const { version, ...rest } = top;
  return container({ ...(version === undefined ? {} : { version }), groups, ...rest }, { closed: true });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A configuration may have been written by hand on another release: the same grammar with its closed statements
 * opened, for the configuration that a simulated switch starts with.
 */
export function lenient(statement: Statement): Statement {
  const facts: Mutable<Statement> = { ...statement };
  delete facts.closed;
  delete facts.refuse;
  if (statement.children === undefined) return facts;
  return { ...facts, children: new Map([...statement.children].map(([name, inner]) => [name, lenient(inner)])) };
}

import fc from 'fast-check';
import { groupTerms, type GroupTerms } from '../../../../src/devices/junos/filters/groupTerms';
import type { DialectName } from '../../../../src/devices/junos/settings';
import type { SecurityGroups, SecurityRule } from '../../../../src/domain/policies/securityGroup';
import { covers, ipVersion, parseIp, parseIpOrRange, type IpAddress } from '../../../../src/domain/values/ip';

/** A packet that passes a port; `to` the server or from it. */
interface Packet {
  readonly to: boolean;
  readonly other: IpAddress;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'other';
  readonly source: number;
  readonly destination: number;
  readonly isFirst: boolean;
}

const NAMES: Readonly<Record<string, string>> = { icmp6: 'icmp' };

/** What a filter with these terms does with a packet: written from Juniper's page of match conditions, not from the product. */
function passes({ terms }: GroupTerms, packet: Packet): boolean {
  const list = terms.get(packet.to ? 'output' : 'input');
  if (list === undefined) return true;
  const version = ipVersion(packet.other);
  return list.some((conditions) =>
    conditions.every((condition) => {
      const isSix = condition.startsWith('ip-version ipv6 ');
      if (isSix && version !== 6) return false;
      const [name = '', value = ''] = condition.replace('ip-version ipv6 ', '').split(' ');
      if (name === 'ether-type') return value === `ipv${version}`;
      if (!isSix && version === 6) return false;
      if (/^(next-header|ip-protocol|protocol)$/.test(name)) return (NAMES[value] ?? value) === packet.protocol;
      if (/(source|destination)-address$/.test(name)) {
        expect(name.includes(packet.to ? 'source' : 'destination')).toBe(true);
        return covers([parseIpOrRange(value)], packet.other);
      }
      if (name === 'tcp-established') return !packet.isFirst;
      if (name === 'icmp-type') return false;
      const [low = 0, high = low] = value.split('-').map(Number);
      const port = name === 'source-port' ? packet.source : packet.destination;
      return port >= low && port <= high;
    }),
  );
}

/** What the groups mean by docs/policies-junos.md. */
function shallPass(rules: readonly SecurityRule[], packet: Packet): boolean {
  const { to, protocol, source, destination, isFirst } = packet;
  const version = ipVersion(packet.other);
  const isFiltered = to || rules.some(({ direction }) => direction === 'egress');
  if (!isFiltered || (protocol === 'tcp' && !isFirst)) return true;
  const [client, server] = version === 4 ? [68, 67] : [546, 547];
  if (protocol === 'udp' && source === (to ? server : client) && destination === (to ? client : server)) return true;
  return rules.some((rule) => {
    const isForward = (rule.direction === 'ingress') === to;
    const isOther =
      rule.remote === undefined
        ? rule.family === undefined || rule.family === version
        : rule.remote.kind === 'range' && covers([rule.remote.range], packet.other);
    if (!isOther || (rule.protocol !== 'any' && rule.protocol !== protocol)) return false;
    const inPorts = (port: number): boolean =>
      rule.ports === undefined || (port >= rule.ports.from && port <= rule.ports.to);
    if (isForward) return inPorts(destination);
    const isAnswered =
      rule.protocol === 'icmp' ||
      (rule.protocol === 'udp' && rule.ports !== undefined && rule.ports.from + (65_535 - rule.ports.to) > 1);
    return isAnswered && inPorts(source);
  });
}

const RANGES = ['10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '2001:db8::/64', '::/0'].map(parseIpOrRange);
const OTHERS = ['10.1.2.3', '10.9.9.9', '192.0.2.1', '2001:db8::1', '2001:db8:1::1'].map(parseIp);
const PORTS = [1, 22, 53, 67, 68, 80, 443, 546, 547, 65_535];

const rule = fc
  .record({
    direction: fc.constantFrom('ingress' as const, 'egress' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'any' as const),
    ports: fc.option(fc.tuple(fc.constantFrom(...PORTS), fc.constantFrom(...PORTS)), { nil: undefined }),
    range: fc.option(fc.constantFrom(...RANGES), { nil: undefined }),
    family: fc.option(fc.constantFrom(4 as const, 6 as const), { nil: undefined }),
  })
  .map(({ direction, protocol, ports, range, family }): SecurityRule => ({
    direction,
    protocol,
    ...(ports === undefined || protocol === 'icmp' || protocol === 'any'
      ? {}
      : { ports: { from: Math.min(...ports), to: Math.max(...ports) } }),
    ...(range === undefined ? (family === undefined ? {} : { family }) : { remote: { kind: 'range', range } }),
  }));
const packet: fc.Arbitrary<Packet> = fc.record({
  to: fc.boolean(),
  other: fc.constantFrom(...OTHERS),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'other' as const),
  source: fc.constantFrom(...PORTS),
  destination: fc.constantFrom(...PORTS),
  isFirst: fc.boolean(),
});

function render(rules: readonly SecurityRule[], dialect: DialectName): GroupTerms {
  const groups: SecurityGroups = new Map([['web', rules]]);
  return groupTerms({ names: ['web'], groups, dialect, addressesOf: () => [] });
}

/** Filters of non-ELS switches see nothing of IPv6 but that it is IPv6. */
function shallPassBlindly(rules: readonly SecurityRule[], { to }: Packet): boolean {
  if (!to && rules.every(({ direction }) => direction === 'ingress')) return true;
  return rules.some(
    ({ direction, protocol, remote, family }) =>
      (direction === 'ingress') === to &&
      protocol === 'any' &&
      (remote === undefined ? family !== 4 : remote.kind === 'range' && remote.range === '::/0'),
  );
}

it.each(['dhcp-security', 'secure-access-port'] as const)(
  'packets pass %s exactly where the rules say so',
  (dialect) => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), packet, (rules, one) => {
        const isBlind = dialect === 'secure-access-port' && ipVersion(one.other) === 6;
        const shall = isBlind ? shallPassBlindly(rules, one) : shallPass(rules, one);
        expect(passes(render(rules, dialect), one)).toBe(shall);
      }),
      { numRuns: 5_000 },
    );
  },
);

it('ARP always passes, and each condition has one value', () => {
  const { terms } = render([{ direction: 'egress', protocol: 'tcp', ports: { from: 22, to: 22 } }], 'dhcp-security');
  for (const list of terms.values()) {
    expect(list).toContainEqual(['ether-type arp']);
    for (const conditions of list) expect(new Set(conditions).size).toBe(conditions.length);
  }
});

it('a rule for a group is one for the addresses of its ports, and says when there are none', () => {
  const groups: SecurityGroups = new Map([
    [
      'web',
      [
        {
          direction: 'ingress',
          protocol: 'tcp',
          ports: { from: 5432, to: 5432 },
          remote: { kind: 'group', group: 'app' },
        },
      ],
    ],
    ['app', []],
  ]);
  const of = (ips: readonly string[]): GroupTerms =>
    groupTerms({ names: ['web'], groups, dialect: 'dhcp-security', addressesOf: () => ips.map(parseIp) });
  expect(of(['192.0.2.7', '2001:db8::7']).terms.get('output')).toEqual(
    expect.arrayContaining([
      ['ip-protocol tcp', 'ip-source-address 192.0.2.7/32', 'destination-port 5432'],
      [
        'ip-version ipv6 next-header tcp',
        'ip-version ipv6 ip6-source-address 2001:db8::7/128',
        'ip-version ipv6 destination-port 5432',
      ],
    ]),
  );
  expect(of([]).remarks).toEqual([expect.stringContaining('no port that is known has it')]);
});

import fc from 'fast-check';
import type { Binding } from '../../src/domain/desired/binding';
import type { AddressPair } from '../../src/domain/policies/addressPair';
import type { PortPolicy } from '../../src/domain/policies/policy';
import type { SecurityGroups, SecurityRule } from '../../src/domain/policies/securityGroup';
import { parseCidr, parseIp, type IpAddress } from '../../src/domain/values/ip';
import { parseMac, type MacAddress } from '../../src/domain/values/mac';
import type { DeviceId } from '../../src/domain/values/device';
import type { PortName } from '../../src/domain/values/port';
import { bind } from '../devices/support';

/*
 * One port of one server, as each kind of device has it: what is wanted on it, and the packets that come from it.
 */

/** The server's own MAC, and one that a policy may name besides. */
export const OWN: MacAddress = parseMac('02:00:00:00:00:0a');
export const OTHER: MacAddress = parseMac('02:00:00:00:00:0b');

/** The port's VLAN; one more that is filtered; one in which nobody switched source guard on. */
export const VLANS = [10, 20, 30] as const;
export const HOME = 10;
export const UNGUARDED = 30;

/** The fixed address of the Neutron port, which the panel may or may not name; and that of another port of the network. */
export const FIXED = parseIp('10.10.10.11');
export const TAKEN = parseIp('10.10.10.12');
/** A pair that somebody else typed on the Neutron port: one address or sixteen, by the back end. */
export const HOST_BITS = { address: parseIp('10.10.10.200'), range: parseCidr('10.10.10.192/28') };

const OWN_TEXT = String(OWN);
/** What the panel may assign to the server. The last one is in another VLAN, and so behind another NIC or subport elsewhere. */
const ASSIGNABLE: readonly Binding[] = [
  bind(FIXED, OWN_TEXT, HOME),
  bind('10.10.10.50', OWN_TEXT, HOME),
  bind('10.10.10.51', OWN_TEXT, HOME),
  bind('2001:db8::50', OWN_TEXT, HOME),
  bind('10.20.20.70', OWN_TEXT, 20),
];

const PAIRS: readonly AddressPair[] = [
  { address: parseIp('192.0.2.99') },
  { address: parseIp('192.0.2.98'), mac: OTHER },
  { address: parseIp('10.10.10.50'), mac: OTHER },
  { address: TAKEN },
  { address: parseCidr('198.51.100.0/30') },
  { address: parseCidr('203.0.113.0/24') },
  { address: parseIp('2001:db8::99') },
];

/** Groups by the same names and rules everywhere. As OpenStack makes them, one without an `egress` rule of its own lets everything out. */
export const GROUPS: SecurityGroups = new Map<string, readonly SecurityRule[]>([
  ['web', [{ direction: 'ingress', protocol: 'tcp', ports: { from: 80, to: 443 } }]],
  ['dns', [{ direction: 'egress', protocol: 'udp', ports: { from: 53, to: 53 } }]],
  [
    'strict',
    [
      { direction: 'egress', protocol: 'tcp', ports: { from: 443, to: 443 } },
      { direction: 'ingress', protocol: 'udp', ports: { from: 53, to: 53 } },
    ],
  ],
]);

/** What a policy says of the port. */
interface Saying {
  readonly security?: 'on' | 'off';
  readonly pairs?: readonly AddressPair[];
  readonly groups?: readonly string[];
  readonly exclusive: boolean;
}

/** A port with what is wanted on it, and how the devices that have it are set. */
export interface WantedPort {
  /** What the panel assigns. */
  readonly sources: readonly Binding[];
  /** Absent: no policy. */
  readonly says?: Saying;
  readonly dialect: 'els' | 'non-els';
  /** `policies.off` and `policies.securityGroups` of the switch. */
  readonly off: 'trusted' | 'none';
  readonly groupsAs: 'refuse' | 'firewall-filter';
  /** Whether somebody else's pair {@link HOST_BITS} is on the Neutron port, and how its back end reads it. */
  readonly hasForeignPair: boolean;
  readonly reading: 'host' | 'network';
  /** Whether the NIC of the guest has had a filter before. */
  readonly hasSet: boolean;
}

/** What a server sends. */
export interface Packet {
  readonly to: 'outside' | 'same-node' | 'hypervisor';
  readonly vlan: number;
  readonly mac: MacAddress;
  /** Its source address; in ARP that of the sender. */
  readonly ip: IpAddress;
  readonly what: 'arp' | 'dhcp-client' | 'dhcp-server' | 'neighbour' | 'tcp' | 'udp';
  /** Ports, of TCP and UDP alone. */
  readonly source: number;
  readonly destination: number;
  /** Of TCP: the first segment, or one of a connection that nobody has opened. */
  readonly isFirst: boolean;
}

/** The policy in the product's words. @param idOf how a device calls a group. */
export function policiesOf(
  { says }: WantedPort,
  device: DeviceId,
  port: PortName,
  idOf: (group: string) => string = (name) => name,
): readonly PortPolicy[] {
  if (says === undefined) return [];
  const { security, pairs, groups, exclusive } = says;
  return [
    {
      scope: { kind: 'port', device, port },
      reason: 'test',
      author: 'ada',
      createdAt: new Date(0),
      exclusive,
      ...(security === undefined ? {} : { portSecurity: security }),
      ...(pairs === undefined ? {} : { allowedAddressPairs: pairs }),
      ...(groups === undefined ? {} : { securityGroups: groups.map(idOf) }),
    },
  ];
}

const saying: fc.Arbitrary<Saying> = fc
  .record({
    security: fc.option(fc.constantFrom('on' as const, 'off' as const), { nil: undefined }),
    pairs: fc.option(fc.oneof(fc.subarray([...PAIRS]), fc.constant(PAIRS.filter(({ mac }) => mac === OTHER))), {
      nil: undefined,
    }),
    groups: fc.option(fc.oneof(fc.subarray([...GROUPS.keys()]), fc.constantFrom(['web', 'dns'], ['strict'], [])), {
      nil: undefined,
    }),
    exclusive: fc.boolean(),
  })
  .filter(({ security, pairs, groups }) => security !== undefined || pairs !== undefined || groups !== undefined)
  .map(({ security, pairs, groups, exclusive }) => ({
    exclusive,
    ...(security === undefined ? {} : { security }),
    ...(pairs === undefined || security === 'off' ? {} : { pairs }),
    ...(groups === undefined || security === 'off' ? {} : { groups }),
  }));

export const wantedPort: fc.Arbitrary<WantedPort> = fc
  .record({
    sources: fc.oneof(
      { weight: 1, arbitrary: fc.constant<readonly Binding[]>([]) },
      { weight: 1, arbitrary: fc.constant(ASSIGNABLE.filter(({ vlan }) => vlan !== HOME)) },
      { weight: 5, arbitrary: fc.subarray([...ASSIGNABLE]) },
    ),
    says: fc.option(saying, { nil: undefined, freq: 8 }),
    dialect: fc.constantFrom('els' as const, 'non-els' as const),
    off: fc.constantFrom('trusted' as const, 'none' as const),
    groupsAs: fc.constantFrom('refuse' as const, 'firewall-filter' as const),
    hasForeignPair: fc.boolean(),
    reading: fc.constantFrom('host' as const, 'network' as const),
    hasSet: fc.boolean(),
  })
  .map(({ says, ...rest }) => ({ ...rest, ...(says === undefined ? {} : { says }) }));

/** The link-local address that belongs to a MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: MacAddress): IpAddress {
  const [first = 0, ...rest] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const words = [0, 2, 4, 6].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return parseIp(`fe80::${words.join(':')}`);
}

/** Addresses that something is said of, and some of which nothing is. */
const SENDERS = [
  ...ASSIGNABLE.map(({ ip }) => ip),
  TAKEN,
  HOST_BITS.address,
  ...['10.10.10.201', '192.0.2.98', '192.0.2.99', '198.51.100.1', '203.0.113.7', '2001:db8::99'].map(parseIp),
  ...['192.0.2.1', '2001:db8::bad'].map(parseIp),
];

/** What is asked of every port, so that no difference of a single address is left to chance. */
export const PROBES: readonly Packet[] = SENDERS.flatMap((ip) =>
  [OWN, OTHER].flatMap((mac) =>
    (
      [
        { what: 'tcp', source: 4711, destination: 443, isFirst: true },
        { what: 'tcp', source: 4711, destination: 9, isFirst: false },
        { what: 'udp', source: 53, destination: 4711, isFirst: true },
        { what: 'udp', source: 4711, destination: 9, isFirst: true },
      ] as const
    ).map((rest): Packet => ({ to: 'outside', vlan: HOME, mac, ip, ...rest })),
  ),
);

export const packet: fc.Arbitrary<Packet> = fc
  .record({
    to: fc.oneof(
      { weight: 8, arbitrary: fc.constant('outside' as const) },
      { weight: 1, arbitrary: fc.constantFrom('same-node' as const, 'hypervisor' as const) },
    ),
    vlan: fc.oneof(
      { weight: 4, arbitrary: fc.constant<number>(HOME) },
      { weight: 1, arbitrary: fc.constantFrom(...VLANS) },
    ),
    mac: fc.oneof({ weight: 3, arbitrary: fc.constant(OWN) }, { weight: 1, arbitrary: fc.constant(OTHER) }),
    ip: fc.constantFrom(...SENDERS),
    what: fc.constantFrom(...(['arp', 'dhcp-client', 'dhcp-server', 'neighbour', 'tcp', 'tcp', 'udp', 'udp'] as const)),
    source: fc.constantFrom(53, 4711),
    destination: fc.constantFrom(53, 443, 9),
    isFirst: fc.boolean(),
  })
  .map((one): Packet => {
    switch (one.what) {
      case 'dhcp-client':
        return { ...one, ip: parseIp('0.0.0.0'), source: 68, destination: 67 };
      case 'neighbour':
        return { ...one, ip: linkLocalOf(one.mac) };
      case 'dhcp-server':
        return { ...one, ip: one.ip.includes(':') ? FIXED : one.ip, source: 67, destination: 68 };
      case 'arp':
        return { ...one, ip: one.ip.includes(':') ? FIXED : one.ip };
      default:
        return one;
    }
  });

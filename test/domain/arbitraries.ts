import fc from 'fast-check';
import type { Statement } from '../../src/domain/change/statement';
import { macInVlanKey, type Binding, type MacInVlan } from '../../src/domain/desired/binding';
import type { KnownClaims } from '../../src/domain/desired/claims';
import { parseServerId, type ServerId } from '../../src/domain/event/event';
import { parseIp, type IpAddress } from '../../src/domain/values/ip';
import { parseMac, type MacAddress } from '../../src/domain/values/mac';
import { parsePortName, type PortName } from '../../src/domain/values/port';
import type { AssignedIp, Guest, GuestNic, NicVlan } from '../../src/domain/servers/server';
import { parseVlanId, type VlanId } from '../../src/domain/values/vlan';
import { statement } from '../activities/fakes/values';
import type { DedicatedSource, GuestSource, PortSources } from '../../src/domain/desired/sources';

/** Values of the domain, from small ranges, so that they meet each other often. */
export const anyIp: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((n) => parseIp(`10.0.48.${n}`)),
  fc.integer({ min: 1, max: 3 }).map((n) => parseIp(`2001:db8::${n}`)),
);
const anyMac: fc.Arbitrary<MacAddress> = fc.integer({ min: 1, max: 4 }).map((n) => parseMac(`00:50:56:00:00:0${n}`));
export const anyVlan: fc.Arbitrary<VlanId> = fc.constantFrom(13, 100, 200).map(parseVlanId);
export const anyPort: fc.Arbitrary<PortName> = fc
  .integer({ min: 0, max: 3 })
  .map((n) => parsePortName(`ge-0/0/${n}.0`));

const anyStatement: fc.Arbitrary<Statement> = fc
  .tuple(anyIp, fc.oneof(anyMac, fc.constant('')), anyVlan)
  .map(([ip, mac, vlan]) => statement(ip, mac, `VLAN.${vlan}`));
/** One that is about no address, as kinds of device may have them. */
const anyAddressless: fc.Arbitrary<Statement> = fc
  .constantFrom('any to any', 'dhcp', 'icmp')
  .map((text) => ({ key: text, text }));

/** What a device holds: a statement is there once. */
export const anyActual: fc.Arbitrary<Statement[]> = fc.uniqueArray(anyStatement, {
  maxLength: 10,
  selector: ({ key }) => key,
});
/** The same, with statements among them that are about no address. */
export const anyMixed: fc.Arbitrary<Statement[]> = fc.uniqueArray(fc.oneof(anyStatement, anyAddressless), {
  maxLength: 10,
  selector: ({ key }) => key,
});
/** What is desired: an address once. */
export const anyDesired: fc.Arbitrary<Statement[]> = fc.uniqueArray(anyStatement, {
  maxLength: 10,
  selector: ({ ip }) => ip,
});

const anyAssigned: fc.Arbitrary<AssignedIp> = fc.record({
  ip: anyIp,
  primary: fc.boolean(),
  isSubnet: fc.boolean(),
});

const anyNicVlan: fc.Arbitrary<NicVlan> = fc.oneof(
  anyVlan.map((vlan): NicVlan => ({ kind: 'tagged', vlan })),
  fc.constant<NicVlan>({ kind: 'native' }),
  fc.record({
    kind: fc.constant('trunk' as const),
    vlans: fc.oneof(fc.constant('all' as const), fc.array(anyVlan, { maxLength: 2 })),
    native: fc.boolean(),
  }),
  fc.constant<NicVlan>({ kind: 'off-uplink', why: 'NAT' }),
  fc.constant<NicVlan>({ kind: 'unknown', why: 'zone not readable' }),
);

const anyNic: fc.Arbitrary<Omit<GuestNic, 'index'>> = fc.record(
  {
    macs: fc.array(anyMac, { maxLength: 2 }),
    vlan: anyNicVlan,
    ips: fc.array(anyIp, { maxLength: 2 }),
    linkDown: fc.constant(true as const),
    pending: fc.constant('the tag 14 instead of 13'),
    notYet: fc.constant(true as const),
  },
  { requiredKeys: ['macs', 'vlan', 'ips'] },
);
const anyGuest: fc.Arbitrary<Guest> = fc.record(
  {
    vmid: fc.integer({ min: 100, max: 110 }),
    type: fc.constantFrom('qemu' as const, 'lxc' as const),
    name: fc.constant('guest'),
    template: fc.boolean(),
    migrating: fc.boolean(),
    nics: fc.array(anyNic, { maxLength: 3 }).map((nics) => nics.map((nic, index): GuestNic => ({ ...nic, index }))),
    chosenNics: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 }),
    templateRuns: fc.constant(true as const),
  },
  { requiredKeys: ['vmid', 'type', 'name', 'template', 'migrating', 'nics'] },
);

const anyServer: fc.Arbitrary<ServerId> = fc.integer({ min: 1, max: 6 }).map(parseServerId);
const anyMacInVlan: fc.Arbitrary<MacInVlan> = fc.record({ mac: anyMac, vlan: anyVlan });
/** What is known of earlier claims. */
const anyKnown: fc.Arbitrary<KnownClaims> = fc.record({
  here: fc
    .array(fc.tuple(anyServer, fc.array(anyIp, { maxLength: 3 })), { maxLength: 4 })
    .map((pairs) => new Map(pairs.map(([id, ips]) => [id, new Set(ips)]))),
  macsHere: fc
    .array(fc.tuple(anyServer, fc.array(anyMacInVlan, { maxLength: 3 })), { maxLength: 4 })
    .map((pairs) => new Map(pairs.map(([id, macs]) => [id, new Set(macs.map(macInVlanKey))]))),
  elsewhere: fc
    .array(fc.tuple(anyIp, fc.boolean()), { maxLength: 3 })
    .map((pairs) => new Map(pairs.map(([address, hasIt]) => [address, [{ name: 'server 99', hasIt }]]))),
  macsElsewhere: fc
    .array(fc.tuple(anyMacInVlan, fc.boolean()), { maxLength: 3 })
    .map((pairs) => new Map(pairs.map(([mac, hasIt]) => [macInVlanKey(mac), [{ name: 'server 99', hasIt }]]))),
});

const anyDedicated: fc.Arbitrary<DedicatedSource> = fc.record(
  {
    serverId: anyServer,
    name: fc.constant('srv'),
    ips: fc.array(anyAssigned, { maxLength: 4 }),
    pxeMac: anyMac,
    portVlan: anyVlan,
  },
  { requiredKeys: ['serverId', 'name', 'ips'] },
);
const anyGuestSource: fc.Arbitrary<GuestSource> = fc.record({
  serverId: anyServer,
  name: fc.constant('vm'),
  guest: anyGuest,
  ips: fc.array(anyAssigned, { maxLength: 3 }),
});

/** What the sources say of a port, and what is known of earlier claims. */
export type KnownSources = PortSources & { readonly known?: KnownClaims };

export const anySources: fc.Arbitrary<KnownSources> = fc.record(
  {
    dedicated: fc.array(anyDedicated, { maxLength: 3 }),
    guests: fc.array(anyGuestSource, { maxLength: 4 }),
    stated: fc
      .array(fc.tuple(anyIp, anyVlan), { maxLength: 8 })
      .map((pairs) => new Map(pairs.map(([ip, vlan]) => [ip, { vlan, source: 'panel-subnet' as const }]))),
    allowlist: fc.constantFrom<readonly VlanId[]>([], [parseVlanId(13)], [parseVlanId(13), parseVlanId(100)]),
    nativeVlan: anyVlan,
    known: anyKnown,
  },
  { requiredKeys: ['dedicated', 'guests', 'stated', 'allowlist'] },
);

/** A desired binding as a device holds it. */
export const enforced = ({ ip, mac, vlan }: Binding): Statement => statement(ip, mac, `VLAN.${vlan}`);

import fc from 'fast-check';
import {
  keepsOwnMac,
  type AdditionalAddressPolicy,
  type ServerMacs,
} from '../../../src/domain/desired/additionalAddress';
import { claimedMac, NOTHING_KNOWN } from '../../../src/domain/desired/claims';
import { claimsOf, desiredBindings } from '../../../src/domain/desired/desiredBindings';
import type { PortSources } from '../../../src/domain/desired/sources';
import type { AssignedIp } from '../../../src/domain/servers/server';
import { assigned, ip, mac, server, vlan } from '../../activities/fakes/values';
import { anyIp } from '../arbitraries';

const OWN = mac('00:50:56:00:00:01');
const VIRTUAL = mac('02:00:00:00:00:07');
const FIRST = assigned('10.0.48.5');
const SECOND = assigned('10.0.48.6', { primary: false });
const THIRD = assigned('10.0.48.7', { primary: false });

const macs = (policy: AdditionalAddressPolicy, more: Partial<ServerMacs> = {}): ServerMacs => ({
  policy,
  virtual: new Map(),
  revoked: new Map(),
  bound: new Set(),
  ...more,
});
const sources = (ips: readonly AssignedIp[], of?: ServerMacs, more: Partial<PortSources> = {}): PortSources => ({
  dedicated: [{ serverId: server(12), name: 'web-1', pxeMac: OWN, ips, portVlan: vlan(13), ...(of && { macs: of }) }],
  guests: [],
  stated: new Map(),
  allowlist: [],
  ...more,
});
const desired = (from: PortSources) => desiredBindings(claimsOf(from), NOTHING_KNOWN);
const pairs = (from: PortSources) => desired(from).bindings.map(({ ip: of, mac: with_ }) => [of, with_]);

describe('the MAC of an address of a dedicated server', () => {
  it('is its own for all of them while no policy says otherwise', () => {
    expect(pairs(sources([FIRST, SECOND]))).toEqual([
      [FIRST.ip, OWN],
      [SECOND.ip, OWN],
    ]);
    expect(pairs(sources([FIRST, SECOND], macs('same-mac')))).toHaveLength(2);
  });

  it.each(['virtual-mac', 'reject'] as const)('with %s is its own for the primary one alone', (policy) => {
    const result = desired(sources([FIRST, SECOND, THIRD], macs(policy, { bound: new Set([THIRD.ip]) })));
    expect(result.bindings).toEqual([{ ip: FIRST.ip, mac: OWN, vlan: 13 }]);
    expect(result.additional.map(({ ip: of, policy: by, wasBound }) => [of, by, wasBound])).toEqual([
      [SECOND.ip, policy, false],
      [THIRD.ip, policy, true],
    ]);
    expect([result.excluded, result.retainIps]).toEqual([[], []]);
  });

  it.each(['same-mac', 'virtual-mac', 'reject'] as const)('with %s is the virtual one where it has one', (policy) => {
    const has = macs(policy, { virtual: new Map([[SECOND.ip, VIRTUAL]]) });
    const result = desired(sources([FIRST, SECOND], has));
    expect(result.bindings).toEqual([
      { ip: FIRST.ip, mac: OWN, vlan: 13 },
      { ip: SECOND.ip, mac: VIRTUAL, vlan: 13 },
    ]);
    expect(result.additional).toEqual([]);
  });

  it('stays virtual when the panel forgets the pxe_mac, and when the address becomes the primary one', () => {
    const has = macs('virtual-mac', { virtual: new Map([[SECOND.ip, VIRTUAL]]) });
    const { dedicated, ...rest } = sources([{ ...SECOND, primary: true }], has);
    const without = dedicated.map(({ serverId, name, ips, portVlan = vlan(13), macs: of = has }) => ({
      serverId,
      name,
      ips,
      portVlan,
      macs: of,
    }));
    expect(pairs({ ...rest, dedicated: without })).toEqual([[SECOND.ip, VIRTUAL]]);
  });

  it('is asked of nobody for an address that is bound to nobody', () => {
    const refused = new Map([[SECOND.ip, { rule: 'gateway-address' as const, message: 'a gateway' }]]);
    const result = desired(sources([FIRST, SECOND], macs('virtual-mac'), { refused, allowlist: [vlan(13)] }));
    expect([result.additional, result.excluded.map(({ rule }) => rule)]).toEqual([[], ['gateway-address']]);
    const elsewhere = desired(sources([FIRST, SECOND], macs('virtual-mac'), { allowlist: [vlan(100)] }));
    expect([elsewhere.additional, elsewhere.excluded.map(({ rule }) => rule)]).toEqual([
      [],
      ['vlan-not-allowed', 'vlan-not-allowed'],
    ]);
  });
});

describe('which address keeps the own MAC', () => {
  const NONE = macs('virtual-mac');
  const keeps = (ips: readonly AssignedIp[], of: ServerMacs = NONE): string[] =>
    ips.filter((one) => keepsOwnMac(one, ips, of)).map((one) => one.ip);
  const six = assigned('2001:db8::6', { primary: false });

  it('is the primary one, and in a family without one the first that has no virtual one', () => {
    expect(keeps([SECOND, FIRST, six])).toEqual([FIRST.ip, six.ip]);
    expect(keeps([SECOND, THIRD])).toEqual([SECOND.ip]);
    expect(keeps([SECOND, THIRD], macs('virtual-mac', { virtual: new Map([[SECOND.ip, VIRTUAL]]) }))).toEqual([
      THIRD.ip,
    ]);
    expect(keeps([SECOND, THIRD], macs('virtual-mac', { bound: new Set([THIRD.ip]) }))).toEqual([THIRD.ip]);
  });

  it('is one in each family, and all that the panel calls primary', () => {
    const anyAssigned = fc.uniqueArray(fc.record({ ip: anyIp, primary: fc.boolean(), isSubnet: fc.constant(false) }), {
      selector: (one) => one.ip,
      minLength: 1,
    });
    fc.assert(
      fc.property(anyAssigned, (ips) => {
        for (const version of [':', '.']) {
          const family = ips.filter((one) => one.ip.includes(version));
          const primary = family.filter((one) => one.primary).length;
          const kept = family.filter((one) => keepsOwnMac(one, ips, NONE));
          expect(kept).toHaveLength(family.length === 0 ? 0 : Math.max(primary, 1));
        }
      }),
    );
  });
});

describe('claims of further addresses', () => {
  const bound = macs('virtual-mac', { bound: new Set([SECOND.ip]) });

  it('claim the own MAC only when they were bound to it', () => {
    const claims = claimsOf(sources([FIRST, SECOND, THIRD], bound));
    expect(claims.map((claim) => claimedMac(claim)?.mac)).toEqual([OWN, OWN, undefined]);
  });

  it('are settled with the own MAC of another server, and not held up by it when they get a virtual one', () => {
    const key = `${OWN} 13`;
    const known = { ...NOTHING_KNOWN, macsElsewhere: new Map([[key, [{ name: 'server 9', hasIt: true }]]]) };
    const result = desiredBindings(claimsOf(sources([FIRST, SECOND, THIRD], bound)), known);
    expect(result.bindings).toEqual([]);
    expect(result.additional.map((one) => one.ip)).toEqual([THIRD.ip]);
    expect(result.excluded.map((one) => [one.ip, one.rule])).toEqual([
      [FIRST.ip, 'duplicate-mac'],
      [SECOND.ip, 'duplicate-mac'],
    ]);
  });

  it('a virtual MAC that something else on the network has too is a conflict like any other', () => {
    const has = macs('virtual-mac', { virtual: new Map([[SECOND.ip, VIRTUAL]]) });
    const known = {
      ...NOTHING_KNOWN,
      macsElsewhere: new Map([[`${VIRTUAL} 13`, [{ name: 'server 9', hasIt: true }]]]),
    };
    const result = desiredBindings(claimsOf(sources([FIRST, SECOND], has)), known);
    expect(result.bindings.map((one) => one.ip)).toEqual([FIRST.ip]);
    expect(result.excluded.map((one) => [one.ip, one.rule])).toEqual([[SECOND.ip, 'duplicate-mac']]);
  });

  it('an address of two servers gets no virtual MAC before that is settled', () => {
    const known = { ...NOTHING_KNOWN, elsewhere: new Map([[ip('10.0.48.7'), [{ name: 'server 9', hasIt: false }]]]) };
    const result = desiredBindings(claimsOf(sources([FIRST, THIRD], macs('virtual-mac'))), known);
    expect([result.additional, result.excluded.map(({ rule }) => rule)]).toEqual([[], ['duplicate-address']]);
  });
});

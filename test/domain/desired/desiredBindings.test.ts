import fc from 'fast-check';
import { NOTHING_KNOWN } from '../../../src/domain/desired/claims';
import { claimsOf, desiredBindings, type DesiredPort } from '../../../src/domain/desired/desiredBindings';
import type { GuestSource, PortSources } from '../../../src/domain/desired/sources';
import { addressesOf, type Statement } from '../../../src/domain/change/statement';
import type { IpAddress } from '../../../src/domain/values/ip';
import { applyPlan, type PortPlan } from '../../../src/domain/change/plan';
import { planPort } from '../../../src/domain/change/planPort';
import type { GuestNic } from '../../../src/domain/servers/server';
import { assigned, guest, ip, mac, nic, port, server as serverOf, vlan } from '../../activities/fakes/values';
import { anySources, enforced, type KnownSources } from '../arbitraries';

const desiredOf = (of: KnownSources): DesiredPort => desiredBindings(claimsOf(of), of.known ?? NOTHING_KNOWN);
const sources = (extra: Partial<PortSources> = {}): PortSources => ({
  dedicated: [],
  guests: [],
  stated: new Map(),
  allowlist: [],
  ...extra,
});
const stated = (...pairs: [string, number][]) =>
  new Map(pairs.map(([address, id]) => [ip(address), { vlan: vlan(id), source: 'panel-subnet' as const }]));
const A = '10.0.48.1';
const vm = (nics: readonly GuestNic[], extra: Partial<GuestSource> = {}): GuestSource => ({
  serverId: serverOf(301),
  name: 'vm',
  guest: guest(100, nics),
  ips: [assigned(A)],
  ...extra,
});
const MAC1 = 'bc:24:11:00:00:01';
const MAC2 = 'bc:24:11:00:00:02';

describe('a dedicated server', () => {
  const server = { serverId: serverOf(101), name: 'srv', pxeMac: mac(MAC1), ips: [assigned(A)] };

  it.each([
    ['its stated VLAN', stated([A, 13]), vlan(77), 13],
    ["else its port's", stated(), vlan(77), 77],
  ])('has %s', (_name, known, portVlan, expected) => {
    expect(desiredOf(sources({ dedicated: [{ ...server, portVlan }], stated: known })).bindings).toEqual([
      { ip: A, mac: MAC1, vlan: expected },
    ]);
  });

  it.each([
    ['no MAC', { serverId: serverOf(101), name: 'srv', ips: [assigned(A)] }, stated([A, 13]), [], 'no-mac'],
    ['no VLAN', server, stated(), [], 'vlan-unresolved'],
    ['a VLAN outside the allowlist', server, stated([A, 13]), [vlan(100)], 'vlan-not-allowed'],
    ['a whole subnet', { ...server, ips: [assigned(A, { isSubnet: true })] }, stated([A, 13]), [], 'subnet-assignment'],
  ] as const)('with %s is left out, and keeps what it has', (_name, dedicated, known, allowlist, rule) => {
    const result = desiredOf(sources({ dedicated: [dedicated], stated: known, allowlist }));
    expect([result.bindings, result.excluded.map((exclusion) => exclusion.rule), result.retainIps]).toEqual([
      [],
      [rule],
      [A],
    ]);
  });
});

describe('a guest', () => {
  const run = (source: GuestSource, extra: Partial<PortSources> = {}) => {
    const { bindings, excluded, retainIps } = desiredOf(sources({ guests: [source], ...extra }));
    return {
      bound: bindings.map((binding) => `${binding.mac} ${binding.vlan}`),
      rules: excluded.map((exclusion) => exclusion.rule),
      retained: retainIps.length > 0,
    };
  };
  const bound = (what: string) => ({ bound: [what], rules: [], retained: false });
  const out = (rule: string) => ({ bound: [], rules: [rule], retained: true });

  it('has the VLAN of its NIC', () => {
    expect(run(vm([nic(0, MAC1)]))).toEqual(bound(`${MAC1} 13`));
  });
  it('of several NICs the one in the stated VLAN', () => {
    expect(
      run(vm([nic(0, MAC1), nic(1, MAC2, { kind: 'tagged', vlan: vlan(100) })]), { stated: stated([A, 100]) }),
    ).toEqual(bound(`${MAC2} 100`));
  });
  it('of several NICs the one that Proxmox ties the address to', () => {
    expect(run(vm([nic(0, MAC1), nic(1, MAC2, undefined, { ips: [ip(A)] })]))).toEqual(bound(`${MAC2} 13`));
  });
  it('of several that fit, none is guessed', () => {
    expect(run(vm([nic(0, MAC1), nic(1, MAC2)]))).toEqual(out('ambiguous-nic'));
  });
  it.each([
    ['a trunk', { kind: 'trunk', vlans: 'all', native: false } as const],
    ['one whose VLAN could not be read', { kind: 'unknown', why: 'zone' } as const],
    ['an untagged one without a native VLAN', { kind: 'native' } as const],
  ])('without a stated VLAN is not moved to a tagged NIC when there is also %s', (_name, other) => {
    const nics = [nic(0, MAC1), nic(1, MAC2, other)];
    expect(run(vm(nics))).toEqual(out('ambiguous-nic'));
    expect(run(vm(nics), { stated: stated([A, 13]) })).toEqual(bound(`${MAC1} 13`));
  });
  it('is not kept from its NIC by one that is off the uplink', () => {
    expect(run(vm([nic(0, MAC1), nic(1, MAC2, { kind: 'off-uplink', why: 'NAT' })]))).toEqual(bound(`${MAC1} 13`));
  });
  it('untagged has the configured native VLAN', () => {
    expect(run(vm([nic(0, MAC1, { kind: 'native' })]), { nativeVlan: vlan(13), stated: stated([A, 13]) })).toEqual(
      bound(`${MAC1} 13`),
    );
    expect(run(vm([nic(0, MAC1, { kind: 'native' })]), { nativeVlan: vlan(13) })).toEqual(bound(`${MAC1} 13`));
  });
  it('untagged in another VLAN than stated is a conflict', () => {
    expect(run(vm([nic(0, MAC1, { kind: 'native' })]), { nativeVlan: vlan(7), stated: stated([A, 13]) })).toEqual(
      out('vlan-conflict'),
    );
  });
  it.each([
    ['an untagged NIC', nic(0, MAC1, { kind: 'native' })],
    ['a trunk with untagged frames', nic(0, MAC1, { kind: 'trunk', vlans: [vlan(100)], native: true })],
  ])('%s without a configured native VLAN is uncertain, not a conflict', (_name, untagged) => {
    expect(run(vm([untagged]), { stated: stated([A, 13]) })).toEqual(out('vlan-unresolved'));
  });
  it('on a trunk has the stated VLAN, when the trunk has it', () => {
    const trunk = (vlans: 'all' | number[]): GuestNic =>
      nic(0, MAC1, { kind: 'trunk', vlans: vlans === 'all' ? 'all' : vlans.map(vlan), native: false });
    expect(run(vm([trunk('all')]), { stated: stated([A, 13]) })).toEqual(bound(`${MAC1} 13`));
    expect(run(vm([trunk([100])]), { stated: stated([A, 13]) })).toEqual(out('vlan-conflict'));
    expect(run(vm([trunk('all')]))).toEqual(out('vlan-unresolved'));
  });
  it('whose VLAN could not be read keeps what it has', () => {
    expect(run(vm([nic(0, MAC1, { kind: 'unknown', why: 'zone' })]), { stated: stated([A, 13]) })).toEqual(
      out('vlan-unresolved'),
    );
  });
  it('off the uplink is left out', () => {
    expect(run(vm([nic(0, MAC1, { kind: 'off-uplink', why: 'NAT' })]))).toEqual(out('off-uplink'));
  });
  it('without a NIC, or a fixed MAC, is left out', () => {
    expect(run(vm([]))).toEqual(out('no-mac'));
    expect(run(vm([{ ...nic(0, MAC1), macs: [] }]))).toEqual(out('no-mac'));
  });
  it('that is a template is left out, and reported while it is not certain to be stopped', () => {
    expect(run(vm([], { guest: guest(100, [nic(0, MAC1)], { template: true }) }))).toEqual(out('template'));
    const running = guest(100, [nic(0, MAC1)], { template: true, templateRuns: true });
    expect(run(vm([], { guest: running }))).toEqual(out('template-runs'));
  });

  const down = { linkDown: true } as const;
  it('of several NICs that fit has the one whose link is up; one alone is bound whatever its link', () => {
    expect(run(vm([nic(0, MAC1, undefined, down), nic(1, MAC2)]))).toEqual(bound(`${MAC2} 13`));
    expect(run(vm([nic(0, MAC1, undefined, down)]))).toEqual(bound(`${MAC1} 13`));
    expect(run(vm([nic(0, MAC1, undefined, down), nic(1, MAC2, undefined, down)]))).toEqual(out('ambiguous-nic'));
    const trunk = { kind: 'trunk', vlans: 'all', native: false } as const;
    expect(run(vm([nic(0, MAC1), nic(1, MAC2, trunk, down)]))).toEqual(bound(`${MAC1} 13`));
    expect(run(vm([nic(0, MAC1, undefined, down), nic(1, MAC2, trunk)]))).toEqual(out('ambiguous-nic'));
  });

  const tagged = (chosenNics: readonly number[], nics = [nic(0, MAC1), nic(1, MAC2)]): GuestSource =>
    vm([], { guest: guest(100, nics, { chosenNics }) });
  it('of several NICs that fit has the one that a tag of the guest chooses', () => {
    expect(run(tagged([1]))).toEqual(bound(`${MAC2} 13`));
    expect(run(tagged([5]))).toEqual(out('ambiguous-nic'));
    expect(run(tagged([0, 1]))).toEqual(out('ambiguous-nic'));
    const [message] = desiredOf(sources({ guests: [tagged([5])] })).excluded.map((one) => one.message);
    expect(message).toContain('the tags of the guest (portwarden-net5) do not choose one of them');
  });
  it('is in no other VLAN for a tag: it settles what is ambiguous and nothing else', () => {
    const nics = [nic(0, MAC1), nic(1, MAC2, { kind: 'tagged', vlan: vlan(100) })];
    expect(run(tagged([0], nics), { stated: stated([A, 100]) })).toEqual(bound(`${MAC2} 100`));
    const open = [nic(0, MAC1), nic(1, MAC2, { kind: 'native' })];
    expect(run(tagged([1], open))).toEqual(out('vlan-unresolved'));
    expect(run(tagged([1], open), { nativeVlan: vlan(7) })).toEqual(bound(`${MAC2} 7`));
  });

  it('is bound by its NIC as it is while another MAC or tag is pending, and that is reported', () => {
    const changing = nic(0, MAC1, undefined, { macs: [mac(MAC1), mac(MAC2)], pending: 'the MAC …' });
    expect(run(vm([changing]))).toEqual({ bound: [`${MAC1} 13`], rules: ['nic-pending'], retained: false });
  });
  it('is not bound by a NIC that the next start adds', () => {
    const later = nic(1, MAC2, { kind: 'tagged', vlan: vlan(100) }, { notYet: true, pending: 'it is added' });
    expect(run(vm([nic(0, MAC1), later]))).toEqual(bound(`${MAC1} 13`));
    expect(run(vm([nic(0, MAC1), later]), { stated: stated([A, 100]) })).toEqual(out('nic-pending'));
    expect(run(vm([nic(0, MAC1), { ...later, ips: [ip(A)] }]))).toEqual(out('nic-pending'));
  });
});

/** As if an event named every address that is bound: only what is desired or retained stays. */
function planNaming(
  actual: readonly Statement[],
  desired: readonly Statement[],
  retainIps: readonly IpAddress[],
): PortPlan {
  const removals = { named: addressesOf(actual), absent: [] };
  return planPort({
    port: port('ae0.0'),
    actual,
    desired,
    retainIps,
    removals,
    limits: { maxRemovedBindings: 0, maxRemovedShare: 0 },
    approved: [],
  }).plan;
}

describe('whatever the sources say', () => {
  it('every address is bound once or left out with a rule, and only those that the panel assigned', () => {
    fc.assert(
      fc.property(anySources, (any) => {
        const { bindings, excluded, retainIps } = desiredOf(any);
        const given = new Set([...any.dedicated, ...any.guests].flatMap((source) => source.ips.map((one) => one.ip)));
        expect(new Set(bindings.map((binding) => binding.ip)).size).toBe(bindings.length);
        expect(
          new Set([...bindings.map((binding) => binding.ip), ...excluded.map((exclusion) => exclusion.ip)]),
        ).toEqual(given);
        const bound = new Set(bindings.map((binding) => binding.ip));
        expect(new Set(retainIps)).toEqual(
          new Set(excluded.map((exclusion) => exclusion.ip).filter((address) => !bound.has(address))),
        );
      }),
    );
  });

  it('nothing is bound by a NIC that is only added at the next start, nor by a pending MAC', () => {
    fc.assert(
      fc.property(anySources, (any) => {
        const live = new Set([
          ...any.dedicated.map((source) => source.pxeMac),
          ...any.guests.flatMap(({ guest: { nics } }) =>
            nics.flatMap((one) => (one.notYet ? [] : one.macs.slice(0, 1))),
          ),
        ]);
        expect(desiredOf(any).bindings.every((binding) => live.has(binding.mac))).toBe(true);
      }),
    );
  });

  it('only permitted VLANs and MACs of the sources are bound', () => {
    fc.assert(
      fc.property(anySources, (any) => {
        const macs = new Set([
          ...any.dedicated.map((source) => source.pxeMac),
          ...any.guests.flatMap((source) => source.guest.nics.flatMap((one) => one.macs)),
        ]);
        for (const binding of desiredOf(any).bindings) {
          expect(macs.has(binding.mac)).toBe(true);
          if (any.allowlist.length > 0) expect(any.allowlist).toContain(binding.vlan);
          const known = any.stated.get(binding.ip);
          if (known !== undefined) expect(binding.vlan).toBe(known.vlan);
        }
      }),
    );
  });

  it('does not depend on the order in which they say it', () => {
    fc.assert(
      fc.property(anySources, (any) => {
        const turned = { ...any, dedicated: [...any.dedicated].reverse(), guests: [...any.guests].reverse() };
        expect(desiredOf(turned).bindings).toEqual(desiredOf(any).bindings);
        expect(desiredOf(turned).retainIps).toEqual(desiredOf(any).retainIps);
      }),
    );
  });

  it('whatever changes of them while the addresses stay assigned (VLANs, allowlist, NICs, MACs, templates), no address loses its binding', () => {
    fc.assert(
      fc.property(anySources, anySources, (any, other) => {
        const before = desiredOf(any).bindings.map(enforced);
        const changed: KnownSources = {
          ...other,
          dedicated: any.dedicated.map((source, index) => ({
            ...(other.dedicated[index] ?? { name: 'srv' }),
            serverId: source.serverId,
            ips: source.ips,
          })),
          guests: any.guests.map((source, index) => ({
            ...(other.guests[index] ?? { name: 'vm', guest: guest(100, []) }),
            serverId: source.serverId,
            ips: source.ips,
          })),
        };
        const { bindings, retainIps } = desiredOf(changed);
        const after = applyPlan(before, planNaming(before, bindings.map(enforced), retainIps));
        for (const { ip: address } of before) expect(after.map((binding) => binding.ip)).toContain(address);
      }),
    );
  });

  it('a source that loses a fact (MACs, VLANs, native VLAN) never removes a binding it made before', () => {
    fc.assert(
      fc.property(anySources, fc.constantFrom('pxeMac', 'stated', 'unknown'), (any, lost) => {
        const before = desiredOf(any).bindings.map(enforced);
        const poorer: KnownSources = {
          ...any,
          stated: lost === 'stated' ? new Map() : any.stated,
          dedicated: any.dedicated.map(({ pxeMac, portVlan, ...rest }) => ({
            ...rest,
            ...(pxeMac === undefined || lost === 'pxeMac' ? {} : { pxeMac }),
            ...(portVlan === undefined || lost === 'stated' ? {} : { portVlan }),
          })),
          guests: any.guests.map((source) =>
            lost === 'unknown'
              ? {
                  ...source,
                  guest: {
                    ...source.guest,
                    nics: source.guest.nics.map((one) => ({ ...one, vlan: { kind: 'unknown' as const, why: 'lost' } })),
                  },
                }
              : source,
          ),
        };
        const { bindings, retainIps } = desiredOf(poorer);
        const after = applyPlan(before, planNaming(before, bindings.map(enforced), retainIps));
        const still = new Set(after.map((binding) => binding.ip));
        const missing = before.filter((binding) => !still.has(binding.ip));
        expect(missing).toEqual([]);
      }),
    );
  });
});

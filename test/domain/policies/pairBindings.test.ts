import fc from 'fast-check';
import type { Binding } from '../../../src/domain/desired/binding';
import { parseAllowedAddress, type AddressPair } from '../../../src/domain/policies/addressPair';
import { pairBindings, type PairBindings } from '../../../src/domain/policies/pairBindings';
import { covers, parseIp } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';
import { parseVlanId } from '../../../src/domain/values/vlan';

/** Pairs of ranges of at most four addresses. */
const bound = (
  pairs: readonly AddressPair[],
  sources: readonly Binding[],
  allowed: readonly number[] = [],
): PairBindings =>
  pairBindings(pairs, sources, { maxAddresses: 4, vlanAllowlist: allowed.map((vlan) => parseVlanId(vlan)) });

const [ONE, TWO] = [parseMac('02:00:00:00:00:01'), parseMac('02:00:00:00:00:02')];
const source = (ip: string, mac = ONE, vlan = 10): Binding => ({ ip: parseIp(ip), mac, vlan: parseVlanId(vlan) });
const pair = (address: string, mac?: typeof ONE, vlan?: number): AddressPair => ({
  address: parseAllowedAddress(address),
  ...(mac === undefined ? {} : { mac }),
  ...(vlan === undefined ? {} : { vlan: parseVlanId(vlan) }),
});

it('a pair is bound to the only MAC behind the port, in the VLAN of its bindings', () => {
  const { bindings, refused } = bound([pair('192.0.2.9'), pair('2001:db8::8/126')], [source('192.0.2.1')]);
  expect(refused).toEqual([]);
  expect(bindings).toEqual(
    ['192.0.2.9', '2001:db8::8', '2001:db8::9', '2001:db8::a', '2001:db8::b'].map((ip) => source(ip)),
  );
});

it.each([
  ['a range with too many addresses', [pair('192.0.2.0/29')], [source('192.0.2.1')], 'has 8 addresses'],
  [
    'an IPv6 range whose addresses nobody counts',
    [pair('2001:db8::/64')],
    [source('192.0.2.1')],
    'has 18446744073709551616',
  ],
  ['a port behind which nobody is known', [pair('192.0.2.9')], [], 'no server behind the port'],
  [
    'a port with two MACs',
    [pair('192.0.2.9')],
    [source('192.0.2.1'), source('192.0.2.2', TWO)],
    '2 MACs are behind the port, and the policy names none (mac-address)',
  ],
  [
    'a MAC in two VLANs',
    [pair('192.0.2.9')],
    [source('192.0.2.1'), source('192.0.2.2', ONE, 20)],
    'VLANs 10, 20; name one (vlan), or set the policy for the network (--network)',
  ],
  [
    'an address that a server has with another MAC',
    [pair('192.0.2.1', TWO)],
    [source('192.0.2.1')],
    'an address has one MAC',
  ],
] as const)('%s is refused in words', (_what, pairs, sources, words) => {
  const { bindings, refused } = bound(pairs, sources);
  expect(bindings).toEqual([]);
  expect(refused).toMatchObject([{ address: pairs[0].address, message: expect.stringContaining(words) as unknown }]);
});

it('a VLAN that the pair names counts, also where the port has several or nobody is known behind it', () => {
  const sources = [source('192.0.2.1'), source('192.0.2.2', ONE, 20)];
  expect(bound([pair('192.0.2.9', undefined, 20)], sources).bindings).toEqual([source('192.0.2.9', ONE, 20)]);
  expect(bound([pair('192.0.2.9', TWO, 30)], []).bindings).toEqual([source('192.0.2.9', TWO, 30)]);
  expect(bound([pair('192.0.2.9', undefined, 30)], []).refused[0]?.message).toContain('name both (mac-address, vlan)');
  expect(bound([pair('192.0.2.9', TWO)], []).refused[0]?.message).toContain('name one (vlan)');
});

it('in a VLAN that is not on the allowlist nothing is bound, and one address is in one VLAN', () => {
  const sources = [source('192.0.2.1')];
  const refused = bound([pair('192.0.2.9', undefined, 20)], sources, [10]);
  expect([refused.bindings, refused.refused[0]?.message]).toEqual([
    [],
    '192.0.2.9 is not bound: VLAN 20 is not on the allowlist (vlans.allowlist)',
  ]);
  const twice = bound([pair('192.0.2.9'), pair('192.0.2.9', undefined, 20)], sources);
  expect(twice.bindings).toEqual([source('192.0.2.9')]);
  expect(twice.refused[0]?.message).toContain('in VLAN 10, and an address has one MAC and one VLAN there');
});

it('a MAC that is named is in the VLAN of its own bindings, else of the only VLAN there is', () => {
  const sources = [source('192.0.2.1'), source('192.0.2.2', TWO, 20)];
  expect(bound([pair('192.0.2.9', TWO)], sources).bindings).toEqual([source('192.0.2.9', TWO, 20)]);
  expect(bound([pair('192.0.2.9', TWO)], [source('192.0.2.1')]).bindings).toEqual([source('192.0.2.9', TWO)]);
});

it('whatever is asked for: every address is bound once, in a MAC and VLAN of the port or of the pair, or refused', () => {
  const mac = fc.constantFrom(ONE, TWO);
  const address = fc.tuple(fc.integer({ min: 0, max: 63 }), fc.constantFrom(32, 31, 30, 28)).map(([last, length]) => {
    const start = last - (last % 2 ** (32 - length));
    return parseAllowedAddress(`192.0.2.${start}/${length}`);
  });
  const vlan = fc.constantFrom(10, 20, 30).map((id) => parseVlanId(id));
  const pairs = fc.array(fc.record({ address, mac, vlan }, { requiredKeys: ['address'] }), { maxLength: 6 });
  const sources = fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 63 }), mac, fc.constantFrom(10, 20))
      .map(([last, of, vlan]) => source(`192.0.2.${last}`, of, vlan)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(pairs, sources, (asked, have) => {
      const { bindings, refused } = bound(asked, have);
      expect(new Set(bindings.map(({ ip }) => ip)).size).toBe(bindings.length);
      const vlans = new Set(have.map(({ vlan }) => vlan));
      for (const binding of bindings) {
        const meant = asked.filter(({ address: of }) => covers([of], binding.ip));
        expect(meant.some((one) => (one.vlan ?? binding.vlan) === binding.vlan)).toBe(true);
        if (meant.every((one) => one.vlan === undefined)) expect(vlans.has(binding.vlan)).toBe(true);
        expect(have.some(({ ip }) => ip === binding.ip)).toBe(false);
      }
      for (const one of asked) {
        const isSaid = refused.some(({ address: of }) => of === one.address || !of.includes('/'));
        const isBound = bindings.some(({ ip }) => covers([one.address], ip));
        const isThere = have.some(({ ip }) => covers([one.address], ip));
        expect(isSaid || isBound || isThere).toBe(true);
      }
    }),
  );
});

import fc from 'fast-check';
import {
  canonicalPair,
  isRedundant,
  pairKey,
  pairRefusal,
  parseAddressPair,
  parseAllowedAddress,
  unitePairs,
  type AddressPair,
} from '../../../src/domain/policies/addressPair';
import { cidrContains, parseIp, type Cidr } from '../../../src/domain/values/ip';
import { parseMac } from '../../../src/domain/values/mac';

const PORT_MAC = parseMac('fa:16:3e:11:08:c2');
const usual = { limits: { ipv4: 24, ipv6: 64 }, wide: false };

/** What a thrown error must have. */
function refusal(parts: object): Error {
  const matcher: unknown = expect.objectContaining(parts);
  return matcher as Error;
}

describe('an allowed address that a person typed', () => {
  test.each([
    ['10.10.10.11', '10.10.10.11'],
    [' 10.10.10.11/32 ', '10.10.10.11'],
    ['10.10.10.0/24', '10.10.10.0/24'],
    ['2001:DB8::1/128', '2001:db8::1'],
    ['2001:DB8:0::/64', '2001:db8::/64'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (typed, read) => {
    expect(parseAllowedAddress(typed)).toBe(read);
  });

  test.each(['', '10.10.10', '10.10.10.011', '10.10.10.11/33', '10.10.10.0/255.255.255.0', 'fe80::1%eth0', 'db1'])(
    '%p is refused with the rule',
    (typed) => {
      expect(() => parseAllowedAddress(typed)).toThrow(/must be an address or a range/);
    },
  );

  test("the seed's 10.10.10.11/24 is refused with both readings, and a word decides", () => {
    expect(() => parseAllowedAddress('10.10.10.11/24')).toThrow(
      refusal({
        code: 'address-pair-ambiguous',
        details: { host: '10.10.10.11', network: '10.10.10.0/24' },
      }),
    );
    expect(parseAllowedAddress('10.10.10.11/24', 'host')).toBe('10.10.10.11');
    expect(parseAllowedAddress('10.10.10.11/24', 'network')).toBe('10.10.10.0/24');
  });

  test('a group address is no MAC of a pair', () => {
    expect(() => parseAddressPair({ address: '10.0.0.1', mac: '01:00:5e:00:00:01' })).toThrow(/unicast MAC/);
    expect(() => parseAddressPair({ address: '10.0.0.1', vlan: 4095 })).toThrow(/VLAN id from 1 to 4094/);
    expect(parseAddressPair({ address: '10.0.0.1', vlan: '20' })).toEqual({ address: '10.0.0.1', vlan: 20 });
  });
});

describe('pairs are compared by meaning', () => {
  test.each([
    ['10.10.10.50', 'FA:16:3E:11:08:C2'],
    ['10.10.10.50/32', 'fa-16-3e-11-08-c2'],
    ['10.10.10.50', 'fa16.3e11.08c2'],
  ])('%s with %s', (address, mac) => {
    const pair = canonicalPair(address, mac);
    expect(pair && pairKey(pair, PORT_MAC)).toBe(pairKey({ address: parseIp('10.10.10.50') }, PORT_MAC));
  });

  test('host bits on the device equal nothing that is written here', () => {
    expect(canonicalPair('10.10.10.11/24', PORT_MAC)).toBeUndefined();
  });

  const anyPair: fc.Arbitrary<AddressPair> = fc
    .tuple(
      fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.0/30', '2001:db8::1', '2001:db8::/64'),
      fc.constantFrom(undefined, PORT_MAC, parseMac('02:00:00:00:00:01')),
    )
    .map(([address, mac]) => ({ address: parseAllowedAddress(address), ...(mac === undefined ? {} : { mac }) }));

  test('a union has each pair once, whatever the order, and its MAC left out or written', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyPair)), (lists) => {
        const united = unitePairs(lists, PORT_MAC);
        const keys = united.map((pair) => pairKey(pair, PORT_MAC));
        expect(new Set(keys)).toEqual(new Set(lists.flat().map((pair) => pairKey(pair, PORT_MAC))));
        expect(new Set(keys).size).toBe(keys.length);
        const turned = unitePairs([...lists].reverse(), PORT_MAC).map((pair) => pairKey(pair, PORT_MAC));
        expect(new Set(turned)).toEqual(new Set(keys));
        expect(turned.map((key) => key.split('|')[1])).toEqual(keys.map((key) => key.split('|')[1]));
      }),
    );
  });

  test("the port's own address with its own MAC is redundant; with another MAC, or a range, it is not", () => {
    const port = { mac: PORT_MAC, ips: [parseIp('10.10.10.11')] };
    expect(isRedundant({ address: parseIp('10.10.10.11') }, port)).toBe(true);
    expect(isRedundant({ address: parseIp('10.10.10.11'), mac: PORT_MAC }, port)).toBe(true);
    expect(isRedundant({ address: parseIp('10.10.10.11'), mac: parseMac('02:00:00:00:00:01') }, port)).toBe(false);
    expect(isRedundant({ address: parseAllowedAddress('10.10.10.0/24') }, port)).toBe(false);
  });
});

describe('what is refused at the door', () => {
  test.each([
    ['224.0.0.5', 'address-pair-multicast'],
    ['ff02::1', 'address-pair-multicast'],
    ['192.0.0.0/2', 'address-pair-multicast'],
    ['10.0.0.0/8', 'address-pair-too-wide'],
    ['2001:db8::/32', 'address-pair-too-wide'],
    ['0.0.0.0/0', 'address-pair-too-wide'],
    ['::/0', 'address-pair-too-wide'],
  ])('%s: %s', (address, code) => {
    expect(pairRefusal({ address: parseAllowedAddress(address) }, usual)?.code).toBe(code);
  });

  test('everything names the consequence for remote groups', () => {
    expect(pairRefusal({ address: parseAllowedAddress('0.0.0.0/0') }, usual)?.message).toMatch(/remote group/);
  });

  test.each([
    ['10.10.10.0/24', { ipv4: 25, ipv6: 64 }, 'ranges wider than /25'],
    ['10.10.0.0/20', { ipv4: 20, ipv6: 64 }, undefined],
    ['2001:db8::/64', { ipv4: 24, ipv6: 65 }, 'ranges wider than /65'],
    ['2001:db8::/48', { ipv4: 24, ipv6: 48 }, undefined],
  ])('%s with the limits %j: %s', (address, limits, words) => {
    const refusal = pairRefusal({ address: parseAllowedAddress(address) }, { limits, wide: false });
    expect(refusal?.message).toEqual(words === undefined ? undefined : expect.stringContaining(words));
  });

  test.each(['10.10.10.11', '10.10.10.0/24', '2001:db8::/64'])('%s passes', (address) => {
    expect(pairRefusal({ address: parseAllowedAddress(address) }, usual)).toBeUndefined();
  });

  test('a wide range passes by its own word, multicast never', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 32 }), (number, bits) => {
        const typed = `${[24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')}/${bits}`;
        const address = parseAllowedAddress(typed, 'network');
        const touches =
          number >>> 28 === 0xe || (address.includes('/') && cidrContains(address as Cidr, parseIp('224.0.0.0')));
        expect(pairRefusal({ address }, { ...usual, wide: true })?.code).toBe(
          touches ? 'address-pair-multicast' : undefined,
        );
      }),
    );
    expect(pairRefusal({ address: parseAllowedAddress('0.0.0.0/0') }, { ...usual, wide: true })).toBeUndefined();
  });
});

import fc from 'fast-check';
import { refusedAddress } from '../../../src/domain/desired/addressRules';
import { parseCidr, parseIp, tryParseIp, type IpAddress } from '../../../src/domain/values/ip';

const ranges = (...texts: string[]) =>
  texts.map((text) => {
    const [cidr = '', gateway] = text.split(' gw ');
    return { cidr: parseCidr(cidr), ...(gateway === undefined ? {} : { gateway: parseIp(gateway) }) };
  });
const ruleOf = (ip: string, texts: string[] = [], isGateway = false): string | undefined =>
  refusedAddress(parseIp(ip), { ranges: ranges(...texts), isGateway })?.rule;

describe('an address that is bound to nobody', () => {
  it.each([
    ['the network address', '10.0.48.0', ['10.0.48.0/24'], 'network-address'],
    ['the broadcast address', '10.0.48.255', ['10.0.48.0/24'], 'broadcast-address'],
    ['the ends of a /30', '10.0.48.3', ['10.0.48.0/30'], 'broadcast-address'],
    ['the ends of the smallest subnet', '10.0.48.64', ['10.0.48.64/26', '10.0.48.0/24'], 'network-address'],
    [
      'the ends of the subnet of which a subnet without a gateway of its own is a part',
      '10.0.48.255',
      ['10.0.48.192/26 gw 10.0.48.1', '10.0.48.0/24 gw 10.0.48.1'],
      'broadcast-address',
    ],
    ["the anycast address of an IPv6 subnet's routers", '2001:db8::', ['2001:db8::/64'], 'network-address'],
    ['that of a /126', '2001:db8::4', ['2001:db8::4/126'], 'network-address'],
    ['an unspecified address', '0.0.0.0', [], 'special-address'],
    ['one of the network 0', '0.1.2.3', [], 'special-address'],
    ['loopback', '127.8.8.8', [], 'special-address'],
    ['multicast', '239.1.1.1', [], 'special-address'],
    ['limited broadcast', '255.255.255.255', [], 'special-address'],
    ['the unspecified address of IPv6', '::', [], 'special-address'],
    ['loopback of IPv6', '::1', [], 'special-address'],
    ['multicast of IPv6', 'ff02::1', [], 'special-address'],
    ['link-local', '169.254.7.7', ['169.254.0.0/16'], 'special-address'],
    ['link-local of IPv6', 'fe80::1', [], 'special-address'],
    ['the end of link-local of IPv6', 'febf::1', [], 'special-address'],
    ['reserved', '240.0.0.7', [], 'special-address'],
    ['IPv4 in the form of IPv6', '::ffff:10.0.48.5', [], 'special-address'],
  ])('%s: %s', (_name, ip, texts, rule) => {
    expect(ruleOf(ip, texts)).toBe(rule);
  });

  it('the gateway, in every range', () => {
    for (const [ip, text] of [
      ['10.0.48.1', '10.0.48.0/24'],
      ['10.0.48.1', '10.0.48.0/31'],
      ['2001:db8::1', '2001:db8::/64'],
    ] as const)
      expect(ruleOf(ip, [text], true)).toBe('gateway-address');
    expect(ruleOf('10.0.48.1', [], true)).toBe('gateway-address');
  });
});

describe('an address of a host', () => {
  it.each([
    ['both ends of a /31 (RFC 3021)', ['10.0.48.0', '10.0.48.1'], ['10.0.48.0/31', '10.0.48.0/24']],
    ['a /32', ['10.0.48.255'], ['10.0.48.255/32', '10.0.48.0/24']],
    ['both ends of a /127 (RFC 6164)', ['2001:db8::', '2001:db8::1'], ['2001:db8::/127', '2001:db8::/64']],
    ['a /128', ['2001:db8::'], ['2001:db8::/128', '2001:db8::/64']],
    ['the last address of an IPv6 subnet', ['2001:db8::ffff:ffff:ffff:ffff'], ['2001:db8::/64']],
    [
      'the ends of a part whose gateway is that of the whole',
      ['10.0.48.64', '10.0.48.127'],
      ['10.0.48.64/26 gw 10.0.48.1', '10.0.48.0/24 gw 10.0.48.1'],
    ],
    ['one of no known subnet', ['10.0.48.0', '10.0.48.255', '2001:db8::'], []],
  ])('%s', (_name, ips, texts) => {
    expect(ips.map((ip) => ruleOf(ip, texts))).toEqual(ips.map(() => undefined));
  });

  it('is every other one: of 2^n addresses of an IPv4 subnet exactly two are refused, from /30 upwards', () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 32 }), fc.integer({ min: 0, max: 255 }), (length, last) => {
        const cidr = parseCidr(`10.7.7.${last}/${length}`);
        const size = 2 ** (32 - length);
        const first = Math.floor(last / size) * size;
        const refused = Array.from({ length: size }, (_, i) => `10.7.7.${first + i}`).filter(
          (ip) => ruleOf(ip, [cidr]) !== undefined,
        );
        expect(refused).toEqual(length >= 31 ? [] : [`10.7.7.${first}`, `10.7.7.${first + size - 1}`]);
      }),
    );
  });

  it('of an IPv6 subnet all but the first, up to /126', () => {
    fc.assert(
      fc.property(fc.integer({ min: 112, max: 128 }), fc.integer({ min: 0, max: 0xffff }), (length, last) => {
        const ip = tryParseIp(`2001:db8::${last.toString(16)}`) as IpAddress;
        const isFirst = parseCidr(`${ip}/${length}`).startsWith(`${ip}/`);
        expect(ruleOf(ip, [`${ip}/${length}`]) !== undefined).toBe(isFirst && length <= 126 && last !== 0xffff_ffff);
      }),
    );
  });
});

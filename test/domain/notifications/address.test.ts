import fc from 'fast-check';
import { addressKind } from '../../../src/domain/notifications/address';
import { addressRefusal, readTarget } from '../../../src/domain/notifications/target';
import { ipFromNumber, ipv4FromNumber, parseIp, type IpAddress } from '../../../src/domain/values/ip';

const STRICT = { allowPrivate: false, allowHttp: false };
const WIDE = { allowPrivate: true, allowHttp: true };

test.each([
  ['93.184.215.14', 'public'],
  ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', 'public'],
  ['10.0.48.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12:3456::1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.169.254', 'forbidden'],
  ['fe80::1', 'forbidden'],
  ['febf::1', 'forbidden'],
  ['fd00:ec2::254', 'forbidden'],
  ['fd20:ce::254', 'forbidden'],
  ['100.100.100.200', 'forbidden'],
  ['168.63.129.16', 'forbidden'],
  ['0.0.0.0', 'forbidden'],
  ['::', 'forbidden'],
  ['224.0.0.1', 'forbidden'],
  ['255.255.255.255', 'forbidden'],
  ['ff02::1', 'forbidden'],
  ['::ffff:169.254.169.254', 'forbidden'],
  ['::ffff:a9fe:a9fe', 'forbidden'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ['64:ff9b:1::a9fe:a9fe', 'forbidden'],
  ['64:ff9b::0a00:1', 'private'],
  ['2002:a9fe:a9fe::1', 'forbidden'],
  ['2002:7f00:1::', 'loopback'],
  ['2001:0:1234::', 'forbidden'],
])('%s is %s', (ip, kind) => {
  expect(addressKind(parseIp(ip))).toBe(kind);
});

const ipv4 = fc.integer({ min: 0, max: 0xffff_ffff }).map((number) => ipv4FromNumber(BigInt(number)));
const linkLocal = fc.integer({ min: 0, max: 0xffff }).map((low) => 0xa9fe_0000n | BigInt(low));

/** Every way to write an IPv4 address as an IPv6 one. */
const written: readonly ((ip: bigint) => IpAddress)[] = [
  (ip) => ipFromNumber((0xffffn << 32n) | ip, 6),
  (ip) => ipFromNumber((0xffffn << 48n) | ip, 6),
  (ip) => ipFromNumber((0x64ff9bn << 96n) | ip, 6),
  (ip) => ipFromNumber((0x2002n << 112n) | (ip << 80n) | 5n, 6),
];

test('no link-local address is reached, however it is written and whatever is allowed', () => {
  fc.assert(
    fc.property(linkLocal, fc.constantFrom(...written), fc.boolean(), (ip, as, isSecure) => {
      expect(addressRefusal(ipv4FromNumber(ip), isSecure, WIDE)).toMatch(/link-local/);
      expect(addressRefusal(as(ip), isSecure, WIDE)).toMatch(/link-local/);
      expect(() => readTarget(`https://[${as(ip)}]/`, WIDE)).toThrow(/link-local/);
    }),
  );
});

test('an IPv4 address within an IPv6 one is what it is by itself', () => {
  fc.assert(
    fc.property(ipv4, fc.constantFrom(...written), (ip, as) => {
      const number = BigInt(ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
      expect(addressKind(as(number))).toBe(addressKind(ip));
    }),
  );
});

test('without a word of the operator only public addresses are reached, and those by https', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.boolean(), (number, isSecure) => {
      const ip = ipFromNumber(number, 6);
      const isReached = addressRefusal(ip, isSecure, STRICT) === undefined;
      expect(isReached).toBe(isSecure && addressKind(ip) === 'public');
      if (!isSecure && addressKind(ip) === 'public') expect(addressRefusal(ip, isSecure, WIDE)).toMatch(/https/);
    }),
  );
});

describe('the URL of an endpoint', () => {
  test('is taken apart, and what it shows is its origin', () => {
    expect(readTarget('https://hooks.example.com/services/T0/B0/secret?x=1', STRICT)).toEqual({
      ...{ isSecure: true, host: 'hooks.example.com', port: 443, path: '/services/T0/B0/secret?x=1' },
      origin: 'https://hooks.example.com',
    });
    expect(readTarget('http://[::1]:8081', WIDE)).toMatchObject({
      isSecure: false,
      host: '::1',
      port: 8081,
      path: '/',
    });
    expect(readTarget('http://localhost/x', WIDE)).toMatchObject({ host: 'localhost', port: 80 });
  });

  test.each([
    ['hooks.example.com', /must be a URL/],
    ['ftp://hooks.example.com', /https/],
    ['file:///etc/passwd', /https/],
    ['http://hooks.example.com', /allowHttp/],
    ['https://user:s3cret@hooks.example.com', /user name/],
    ['https://hooks.example.com/#x', /fragment/],
    ['https://127.0.0.1/', /loopback/],
    ['https://0x7f.1/', /loopback/],
    ['https://2130706433/', /loopback/],
    ['https://[::ffff:127.0.0.1]/', /loopback/],
    ['https://10.1.2.3/', /private/],
    ['https://169.254.169.254/latest', /link-local/],
    [`https://hooks.example.com/${'x'.repeat(2_048)}`, /must be a URL/],
  ])('%s is refused, and not repeated', (text, rule) => {
    expect(() => readTarget(text, STRICT)).toThrow(RangeError);
    expect(() => readTarget(text, STRICT)).toThrow(rule);
    expect(() => readTarget(text, STRICT)).not.toThrow(/s3cret/);
  });
});

import fc from 'fast-check';
import { expandSubnets } from '../../../src/domain/servers/subnetAssignment';
import type { AssignedIp } from '../../../src/domain/servers/server';
import { cidrContains, parseCidr, parseIp, prefixLength, rangeBounds, type Cidr } from '../../../src/domain/values/ip';

const whole = (cidr: string, gateway?: string): AssignedIp => ({
  ip: parseIp(cidr.split('/')[0] ?? ''),
  primary: false,
  isSubnet: true,
  range: parseCidr(cidr),
  ...(gateway === undefined ? {} : { gateway: parseIp(gateway) }),
});
const single = (text: string): AssignedIp => ({ ip: parseIp(text), primary: true, isSubnet: false });
const ips = (assigned: readonly AssignedIp[]): string[] => assigned.map(({ ip }) => ip);

describe('subnets that are assigned as a whole', () => {
  test('a small one is its addresses, without network, broadcast and gateway', () => {
    expect(ips(expandSubnets([whole('10.0.64.8/29', '10.0.64.9')], 29))).toEqual([
      '10.0.64.10',
      '10.0.64.11',
      '10.0.64.12',
      '10.0.64.13',
      '10.0.64.14',
    ]);
    expect(ips(expandSubnets([whole('10.0.64.8/30')], 29))).toEqual(['10.0.64.9', '10.0.64.10']);
    expect(ips(expandSubnets([whole('10.0.64.8/31')], 29))).toEqual(['10.0.64.8', '10.0.64.9']);
  });

  test('each address says which subnet it is a part of, and one that is assigned by itself too is listed once, as such', () => {
    const assigned = [single('10.0.64.9'), whole('10.0.64.8/30'), whole('10.0.64.8/30')];
    expect(expandSubnets(assigned, 29)).toEqual([
      assigned[0],
      { ip: '10.0.64.10', primary: false, isSubnet: false, partOf: '10.0.64.8/30' },
    ]);
  });

  test('a larger one, an IPv6 prefix and one whose size nobody says stay as they are', () => {
    const unsized: AssignedIp = { ip: parseIp('10.0.64.8'), primary: false, isSubnet: true };
    const assigned = [whole('10.0.64.0/28'), whole('2001:db8::/126'), unsized];
    expect(expandSubnets(assigned, 29)).toEqual(assigned);
    expect(expandSubnets([whole('10.0.64.8/31')], 32)).toEqual([whole('10.0.64.8/31')]);
  });

  test('whatever the size: every usable address once, all inside, none of them an edge or the gateway', () => {
    const range = fc
      .record({ base: fc.nat(0xff_ff), length: fc.integer({ min: 24, max: 31 }) })
      .map(({ base, length }) => parseCidr(`10.0.${base >> 8}.${base & 255}/${length}`));
    fc.assert(
      fc.property(range, fc.integer({ min: 24, max: 32 }), fc.nat(255), (cidr: Cidr, from, offset) => {
        const { first, last } = rangeBounds(cidr);
        const size = Number(last - first) + 1;
        const all = ips(expandSubnets([whole(cidr)], 24)).map((text) => parseIp(text));
        const gateway = all[offset % all.length] ?? '';
        const expanded = expandSubnets([whole(cidr, gateway)], from);
        if (prefixLength(cidr) < from) {
          expect(expanded).toEqual([whole(cidr, gateway)]);
          return;
        }
        const edges = prefixLength(cidr) === 31 ? 0 : 2;
        expect(new Set(ips(expanded)).size).toBe(size - edges - 1);
        expect(expanded.every(({ ip, partOf }) => cidrContains(cidr, ip) && ip !== gateway && partOf === cidr)).toBe(
          true,
        );
      }),
    );
  });
});

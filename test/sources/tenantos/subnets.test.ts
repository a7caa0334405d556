import fc from 'fast-check';

import { cidrContains, parseCidr, parseIp, prefixLength } from '../../../src/domain/ip';
import { parseVlanId } from '../../../src/domain/vlan';
import { subnetList } from '../../../src/sources/tenantos/schemas';
import { mapSubnets, panelVlanOf, type PanelSubnet } from '../../../src/sources/tenantos/subnets';

const subnet = (id: number, cidr: string, vlan?: number, rootSubnetId?: number): PanelSubnet => ({
  id,
  cidr: parseCidr(cidr),
  ...(vlan === undefined ? {} : { staticAccessVlanId: parseVlanId(vlan) }),
  ...(rootSubnetId === undefined ? {} : { rootSubnetId }),
});
const vlanOf = (ip: string, ...subnets: readonly PanelSubnet[]): number | undefined => panelVlanOf(parseIp(ip), subnets);

describe('panelVlanOf', () => {
  test('the child wins over its root, and inherits when it has none', () => {
    const root = subnet(1, '10.0.0.0/16', 10);
    expect(vlanOf('10.0.1.1', root, subnet(2, '10.0.1.0/24', 20, 1))).toBe(20);
    expect(vlanOf('10.0.1.1', root, subnet(2, '10.0.1.0/24', undefined, 1))).toBe(10);
    expect(vlanOf('10.0.1.1', root, subnet(2, '10.0.1.0/24', undefined, 3), subnet(3, '10.0.0.0/20', undefined, 1))).toBe(10);
  });

  test('a subnet that is part of none does not inherit from one that merely holds it', () => {
    expect(vlanOf('10.0.1.1', subnet(1, '10.0.0.0/16', 10), subnet(2, '10.0.1.0/24'))).toBeUndefined();
  });

  test('two entries of one range that disagree give nothing; that agree give their VLAN', () => {
    expect(vlanOf('10.0.1.1', subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24', 11))).toBeUndefined();
    expect(vlanOf('10.0.1.1', subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24'))).toBeUndefined();
    expect(vlanOf('10.0.1.1', subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24', 10))).toBe(10);
  });

  test('subnets that are part of each other in a circle end', () => {
    expect(vlanOf('10.0.1.1', subnet(1, '10.0.1.0/24', undefined, 2), subnet(2, '10.0.0.0/16', undefined, 1))).toBeUndefined();
  });

  test('IPv6', () => {
    expect(vlanOf('2001:db8:0:1::7', subnet(1, '2001:db8::/32', 6), subnet(2, '2001:db8:0:1::/64', 7))).toBe(7);
    expect(vlanOf('10.0.0.1', subnet(1, '::/0', 6))).toBeUndefined();
  });

  test('equals a plain search for the longest range', () => {
    const octet = fc.integer({ min: 0, max: 3 });
    const ranges = fc.array(
      fc.tuple(octet, octet, fc.constantFrom(0, 8, 15, 16, 20, 23, 24, 30, 32), fc.integer({ min: 1, max: 4094 })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(ranges, octet, octet, (specs, third, fourth) => {
        const seen = new Set<string>();
        const subnets = specs
          .map(([a, b, length, vlan], index) => subnet(index + 1, `10.0.${a}.${b}/${length}`, vlan))
          .filter((one) => !seen.has(one.cidr) && seen.add(one.cidr));
        const ip = parseIp(`10.0.${third}.${fourth}`);
        const [longest] = subnets
          .filter((one) => cidrContains(one.cidr, ip))
          .sort((a, b) => prefixLength(b.cidr) - prefixLength(a.cidr));
        expect(panelVlanOf(ip, subnets)).toBe(longest?.staticAccessVlanId);
      }),
    );
  });
});

describe('mapSubnets', () => {
  test('reads numbers and text, clears host bits, drops what is no range and VLANs that cannot be', () => {
    const answers = subnetList.parse([
      { id: '7', subnet: '10.0.48.9', cidr: '24', gw: '10.0.48.1', static_access_vlan_id: '13', rootSubnetId: '3' },
      { id: 8, subnet: '64:ff9b:2::', cidr: 48, gw: '', static_access_vlan_id: 0, rootSubnetId: null },
      { id: 9, subnet: 'nonsense', cidr: 24 },
      { id: 10, subnet: '10.1.0.0', cidr: null },
      { id: 11, subnet: '10.2.0.0/24', static_access_vlan_id: 4095 },
    ]);
    expect(mapSubnets(answers)).toEqual([
      { id: 7, cidr: '10.0.48.0/24', gateway: '10.0.48.1', staticAccessVlanId: 13, rootSubnetId: 3 },
      { id: 8, cidr: '64:ff9b:2::/48' },
      { id: 11, cidr: '10.2.0.0/24' },
    ]);
  });
});

import fc from 'fast-check';

import { cidrContains, parseCidr, parseIp, prefixLength, type Cidr } from '../../../src/domain/values/ip';
import { parseVlanId } from '../../../src/domain/values/vlan';
import { subnetList } from '../../../src/clients/tenantos/schemas';
import { PanelSubnets } from '../../../src/sources/tenantos/subnets';

type Row = Readonly<Record<string, unknown>>;

const subnet = (id: unknown, cidr: string, vlan?: unknown, rootSubnetId?: unknown): Row => {
  const [network, length] = cidr.split('/');
  return { id, subnet: network, cidr: Number(length), static_access_vlan_id: vlan, rootSubnetId };
};
const subnetsOf = (...rows: readonly unknown[]): PanelSubnets => PanelSubnets.from(subnetList.parse(rows));
/** The VLAN, `none`, or `unclear`. */
const vlanOf = (ip: string, rows: readonly unknown[], named?: string): number | string => {
  const { vlan, unclear } = subnetsOf(...rows).of({
    ip: parseIp(ip),
    ...(named === undefined ? {} : { subnet: parseCidr(named) }),
  });
  return unclear === undefined ? (vlan ?? 'none') : 'unclear';
};
const whyUnclear = (ip: string, ...rows: readonly unknown[]): string | undefined =>
  subnetsOf(...rows).of({ ip: parseIp(ip) }).unclear;

describe('the VLAN of an address', () => {
  test('the child wins over its root, and inherits when it has none', () => {
    const root = subnet(1, '10.0.0.0/16', 10);
    expect(vlanOf('10.0.1.1', [root, subnet(2, '10.0.1.0/24', 20, 1)])).toBe(20);
    expect(vlanOf('10.0.1.1', [root, subnet(2, '10.0.1.0/24', null, 1)])).toBe(10);
    expect(vlanOf('10.0.1.1', [root, subnet(2, '10.0.1.0/24', '', 3), subnet(3, '10.0.0.0/20', undefined, 1)])).toBe(
      10,
    );
  });

  test('a subnet that is part of none does not inherit from one that merely holds it', () => {
    expect(vlanOf('10.0.1.1', [subnet(1, '10.0.0.0/16', 10), subnet(2, '10.0.1.0/24')])).toBe('none');
  });

  test('two rows of one range that disagree are unclear; that agree give their VLAN', () => {
    expect(whyUnclear('10.0.1.1', subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24', 11))).toBe(
      'subnet 1 (10.0.1.0/24) and subnet 2 (10.0.1.0/24) name different VLANs',
    );
    expect(vlanOf('10.0.1.1', [subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24')])).toBe('unclear');
    expect(vlanOf('10.0.1.1', [subnet(1, '10.0.1.0/24', 10), subnet(2, '10.0.1.0/24', 10)])).toBe(10);
  });

  test('subnets that are part of each other in a circle end', () => {
    expect(vlanOf('10.0.1.1', [subnet(1, '10.0.1.0/24', null, 2), subnet(2, '10.0.0.0/16', null, 1)])).toBe('none');
  });

  test('IPv6', () => {
    expect(vlanOf('2001:db8:0:1::7', [subnet(1, '2001:db8::/32', 6), subnet(2, '2001:db8:0:1::/64', 7)])).toBe(7);
    expect(vlanOf('10.0.0.1', [subnet(1, '::/0', 6)])).toBe('none');
  });

  test('numbers, their texts, host bits and a length within the network are read', () => {
    const rows = [
      { id: '7', subnet: '10.0.48.9', cidr: '24', gw: '10.0.48.1', static_access_vlan_id: '13', rootSubnetId: '3' },
      { id: 8, subnet: '64:ff9b:2::', cidr: 48, gw: '', static_access_vlan_id: 0, rootSubnetId: null },
      { id: 11, subnet: '10.2.0.0/24', static_access_vlan_id: 15 },
    ];
    expect(['10.0.48.200', '64:ff9b:2::1', '10.2.0.9'].map((ip) => vlanOf(ip, rows))).toEqual([13, 'none', 15]);
    expect(subnetsOf(...rows).faults).toEqual([]);
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
        const rows = specs
          .map(([a, b, length, vlan]) => ({ cidr: parseCidr(`10.0.${a}.${b}/${length}`), vlan }))
          .filter(({ cidr }) => !seen.has(cidr) && seen.add(cidr));
        const ip = parseIp(`10.0.${third}.${fourth}`);
        const [longest] = rows
          .filter(({ cidr }) => cidrContains(cidr, ip))
          .sort((a, b) => prefixLength(b.cidr) - prefixLength(a.cidr));
        expect(
          vlanOf(
            ip,
            rows.map(({ cidr, vlan }, index) => subnet(index + 1, cidr, vlan)),
          ),
        ).toBe(longest?.vlan ?? 'none');
      }),
    );
  });
});

describe('something odd in a row', () => {
  const good = subnet(1, '10.0.48.0/24', 13);

  test.each(['13,14', -1, false, true, 4095, 'x', [], {}, 1.5])(
    'a VLAN of %j is unclear for the addresses of that row alone',
    (vlan) => {
      const rows = [good, subnet(2, '10.1.0.0/24', vlan)];
      expect([vlanOf('10.1.0.5', rows), vlanOf('10.0.48.5', rows), vlanOf('192.0.2.1', rows)]).toEqual([
        'unclear',
        13,
        'none',
      ]);
      expect(subnetsOf(...rows).faults).toEqual([expect.stringContaining('subnet 2 (10.1.0.0/24)')]);
    },
  );

  test("a child whose VLAN cannot be read does not have its parent's; a child of it does not inherit", () => {
    const rows = [good, subnet(2, '10.0.48.64/26', '13,14', 1), subnet(3, '10.0.48.64/28', null, 2)];
    expect(['10.0.48.5', '10.0.48.90', '10.0.48.70'].map((ip) => vlanOf(ip, rows))).toEqual([13, 'unclear', 'unclear']);
    expect(whyUnclear('10.0.48.90', ...rows)).toBe(
      'the VLAN of subnet 2 (10.0.48.64/26) cannot be read: static_access_vlan_id "13,14"',
    );
  });

  test('what a row is a part of matters only where it names no VLAN', () => {
    expect(vlanOf('10.1.0.5', [good, subnet(2, '10.1.0.0/24', 20, 'x')])).toBe(20);
    expect(vlanOf('10.1.0.5', [good, subnet(2, '10.1.0.0/24', null, 'x')])).toBe('unclear');
  });

  test('a root that is not listed names no VLAN, unless a row hides which subnet it is', () => {
    const child = subnet(2, '10.1.0.0/24', null, 9);
    expect(vlanOf('10.1.0.5', [good, child])).toBe('none');
    expect(vlanOf('10.1.0.5', [subnet('x', '10.0.48.0/24', 13), child])).toBe('unclear');
  });

  test.each(['/24', -1, false, null, undefined, 33, 'x'])(
    'a length of %j: only addresses that no smaller readable range holds are unclear',
    (cidr) => {
      const rows = [
        good,
        subnet(3, '10.0.50.0/24', 15),
        { id: 2, subnet: '10.0.48.64', cidr, static_access_vlan_id: 14, rootSubnetId: 1 },
      ];
      expect(vlanOf('10.0.48.70', rows)).toBe('unclear');
      expect(vlanOf('10.0.50.70', rows)).toBe(15);
      expect(vlanOf('192.0.2.1', rows)).toBe('unclear');
      expect(subnetsOf(...rows).faults).toEqual([expect.stringContaining('subnet 2 (10.0.48.64)')]);
    },
  );

  test("where the address' own subnetinformation names the readable range, no other row decides", () => {
    const rows = [good, { id: 2, subnet: '10.0.48.64', cidr: '/26', static_access_vlan_id: 14 }, { id: 3 }, 'nonsense'];
    expect([
      vlanOf('10.0.48.70', rows),
      vlanOf('10.0.48.70', rows, '10.0.48.0/24'),
      vlanOf('10.0.48.70', rows, '10.0.48.64/26'),
    ]).toEqual(['unclear', 13, 'unclear']);
  });

  test('a row without any readable range, or that is no row at all, is told', () => {
    const { faults } = subnetsOf(good, { id: 5, subnet: { a: 1 }, cidr: 24 }, 'nonsense', {
      subnet: '10.0.0.0',
      cidr: 24,
      id: 'x',
    });
    expect(faults).toEqual([
      'subnet 5 ({"a":1}) cannot be read: subnet {"a":1}, cidr 24',
      'row 2 of /subnets ("nonsense") cannot be read: "nonsense"',
      'row 3 of /subnets (10.0.0.0/24) cannot be read: "x"',
    ]);
  });

  test('whatever one row holds, addresses elsewhere whose subnet the panel names keep their VLAN', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({
            id: fc.anything(),
            subnet: fc.anything(),
            cidr: fc.anything(),
            gw: fc.anything(),
            static_access_vlan_id: fc.anything(),
            rootSubnetId: fc.anything(),
          }),
        ),
        (row) => {
          fc.pre(!isRangeWithin(row, parseCidr('10.0.48.0/24')));
          expect(vlanOf('10.0.48.5', [good, row], '10.0.48.0/24')).toBe(13);
        },
      ),
    );
  });
});

test('the gateways, and the ranges that hold an address, the smallest first', () => {
  const found = subnetsOf(
    { ...subnet(1, '10.0.48.0/24', 13), gw: '10.0.48.1' },
    { ...subnet(2, '10.0.48.64/26', 14, 1), gw: '10.0.48.1' },
    { ...subnet(3, '10.9.0.0/24', 15), cidr: '/24', gw: '10.9.0.1' },
  );
  expect(found.of({ ip: parseIp('10.0.48.70') })).toMatchObject({
    isGateway: false,
    ranges: [
      { cidr: '10.0.48.64/26', gateway: '10.0.48.1', vlan: 14 },
      { cidr: '10.0.48.0/24', gateway: '10.0.48.1', vlan: 13 },
    ],
  });
  expect(['10.0.48.1', '10.9.0.1', '10.0.48.2'].map((ip) => found.of({ ip: parseIp(ip) }).isGateway)).toEqual([
    true,
    true,
    false,
  ]);
  expect(found.of({ ip: parseIp('192.0.2.1'), isGateway: true }).isGateway).toBe(true);
});

test('the subnets of a VLAN: their own or inherited, without those that cannot be read', () => {
  const found = subnetsOf(
    subnet(1, '10.0.48.0/24', 13),
    subnet(2, '10.0.49.0/24', null, 1),
    subnet(3, '2001:db8::/64', '13'),
    subnet(4, '10.0.50.0/24', '13,14'),
    { ...subnet(5, '10.0.51.0/24', 13), cidr: '/24' },
    subnet(6, '10.0.52.0/24', 100),
  );
  expect(found.inVlan(parseVlanId(13))).toEqual(['10.0.48.0/24', '10.0.49.0/24', '2001:db8::/64']);
  expect(found.inVlan(parseVlanId(14))).toEqual([]);
});

/** Whether a generated row happens to be a readable range inside another one. */
function isRangeWithin(row: unknown, range: Cidr): boolean {
  const [answer] = subnetList.parse([row]);
  if (answer === undefined || !('value' in answer)) return false;
  const text = 'value' in answer.value.subnet ? (answer.value.subnet.value ?? '') : '';
  return text.startsWith(range.slice(0, 5));
}

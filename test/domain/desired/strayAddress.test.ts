import fc from 'fast-check';
import { strayAddress } from '../../../src/domain/desired/strayAddress';
import type { PanelAddress, VlanMap } from '../../../src/domain/desired/vlanResolution';
import { cidrContains, parseCidr, parseIp, prefixLength, type Cidr } from '../../../src/domain/values/ip';
import { vlan } from '../../activities/fakes/values';

const OF_13 = [parseCidr('10.0.48.0/24'), parseCidr('10.0.50.0/24')];
const panel = (...ranges: (readonly [string, (number | undefined)?])[]): PanelAddress => ({
  isGateway: false,
  ranges: ranges.map(([cidr, id]) => ({ cidr: parseCidr(cidr), ...(id === undefined ? {} : { vlan: vlan(id) }) })),
});
const map = (range: string): VlanMap => [{ range: parseCidr(range), vlan: vlan(13) }];
const ruleOf = (
  ip: string,
  says: PanelAddress,
  by: VlanMap = [],
  subnets: readonly Cidr[] = OF_13,
): string | undefined => strayAddress(parseIp(ip), vlan(13), says, subnets, by)?.rule;

it.each([
  ['is in a subnet of the VLAN', '10.0.50.7', panel(['10.0.50.0/24', 13]), [], OF_13],
  ['is in a VLAN of which the panel has no subnet', '10.9.0.7', panel(), [], []],
  ['is an IPv6 one, and the VLAN has IPv4 subnets only', '2001:db8::7', panel(), [], OF_13],
  ['is in a subnet whose VLAN nothing says', '10.9.0.7', panel(['10.9.0.0/24'], ['10.0.0.0/8', 9]), [], OF_13],
  ['may be in a row that cannot be read', '10.9.0.7', { ...panel(), unclear: 'row 3 cannot be read' }, [], OF_13],
  [
    'is in a subnet of another VLAN that the map names',
    '10.9.0.7',
    panel(['10.9.0.0/24', 9]),
    map('10.9.0.0/24'),
    OF_13,
  ],
  ['is in a part of it that the map names', '10.9.0.7', panel(['10.9.0.0/24', 9]), map('10.9.0.0/28'), OF_13],
])('an address may be bound that %s', (_name, ip, says, by, subnets) => {
  expect(ruleOf(ip, says, by, subnets)).toBeUndefined();
});

it.each([
  ['is in no subnet at all', '10.9.0.7', panel(), []],
  ['is in none, whatever wide range the map has', '10.9.0.7', panel(), map('10.0.0.0/8')],
  [
    'is in a subnet of another VLAN, by a range of the map that is wider',
    '10.9.0.7',
    panel(['10.9.0.0/24', 9]),
    map('10.0.0.0/8'),
  ],
  ['is in a subnet of another VLAN, by a NIC', '10.9.0.7', panel(['10.9.0.0/24', 9]), []],
])('an address is outside its VLAN that %s', (_name, ip, says, by) => {
  expect(ruleOf(ip, says, by)).toBe('outside-subnet');
});

it('says what the panel has in the VLAN, and where it has the address', () => {
  const many = ['10.1.0.0/24', '10.2.0.0/24', '10.3.0.0/24', '10.4.0.0/24'].map(parseCidr);
  expect(strayAddress(parseIp('10.9.0.7'), vlan(13), panel(['10.9.0.0/24', 9]), many, [])?.message).toBe(
    '10.9.0.7 would be in VLAN 13, of which the panel has 10.1.0.0/24, 10.2.0.0/24, 10.3.0.0/24 and 1 more; the panel has the address in 10.9.0.0/24, which is in VLAN 9, so it is not bound',
  );
});

it('refuses an address exactly when the panel has subnets in the VLAN and is sure that it is in none of them', () => {
  const anySubnet = fc.record({
    cidr: fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 16, max: 30 }))
      .map(([part, length]) => parseCidr(`10.0.${part * 64}.0/${length}`)),
    id: fc.constantFrom(undefined, 9, 13),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 255 }),
      fc.uniqueArray(anySubnet, { selector: ({ cidr }) => cidr }),
      (part, subnets) => {
        const ip = parseIp(`10.0.${part}.5`);
        const holding = subnets
          .filter(({ cidr }) => cidrContains(cidr, ip))
          .sort((a, b) => prefixLength(b.cidr) - prefixLength(a.cidr));
        const of13 = subnets.filter(({ id }) => id === 13).map(({ cidr }) => cidr);
        const isSure = holding[0] === undefined || holding[0].id !== undefined;
        const expected = of13.length > 0 && isSure && !of13.some((cidr) => cidrContains(cidr, ip));
        expect(ruleOf(ip, panel(...holding.map(({ cidr, id }) => [cidr, id] as const)), [], of13)).toBe(
          expected ? 'outside-subnet' : undefined,
        );
      },
    ),
  );
});

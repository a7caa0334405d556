import { parseXml } from '../../../src/clients/netconf/xml';
import {
  mayBeVlan,
  parseVlanNames,
  vlanNameOnSwitch,
  vlanThatLists,
  type VlanNames,
} from '../../../src/devices/junos/vlanNames';
import { vlan } from '../../activities/fakes/values';

const TEMPLATE = 'VLAN.{id}';
const read = (...vlans: string[]): VlanNames =>
  parseVlanNames(
    parseXml(
      `<configuration><vlans>${vlans.map((inside) => `<vlan>${inside}</vlan>`).join('')}</vlans></configuration>`,
    ).root,
  );
const one = (id: string): VlanNames => read(`<name>cust</name>${id}`);

describe('a VLAN has a name for certain', () => {
  it('by one plain id', () => {
    const names = read(
      '<name>b</name><vlan-id>100</vlan-id>',
      '<name>a</name><vlan-id>100</vlan-id>',
      '<name>c</name><vlan-id>200</vlan-id>',
    );
    expect([
      vlanNameOnSwitch(names, vlan(100), TEMPLATE),
      vlanNameOnSwitch(names, vlan(100), 'b'),
      vlanNameOnSwitch(names, vlan(300), TEMPLATE),
    ]).toEqual(['a', 'b', undefined]);
    expect([mayBeVlan(names, 'a', vlan(100), TEMPLATE), mayBeVlan(names, 'c', vlan(100), TEMPLATE)]).toEqual([
      false,
      false,
    ]);
  });

  it.each([
    ['a deactivated VLAN', '<vlan inactive="inactive"><name>cust</name><vlan-id>100</vlan-id></vlan>'],
    ['a deactivated id', '<vlan><name>cust</name><vlan-id inactive="inactive">100</vlan-id></vlan>'],
  ])('not by %s', (_what, xml) => {
    const names = parseVlanNames(parseXml(`<configuration><vlans>${xml}</vlans></configuration>`).root);
    expect(vlanNameOnSwitch(names, vlan(100), TEMPLATE)).toBeUndefined();
    expect(mayBeVlan(names, 'cust', vlan(100), TEMPLATE)).toBe(true);
  });
});

describe('a VLAN may be the one meant', () => {
  it.each([
    ['a list with the id', '<vlan-id-list>90</vlan-id-list><vlan-id-list>99-101</vlan-id-list>', true, true],
    ['a list without it', '<vlan-id-list>[ 90 101-110 ]</vlan-id-list>', false, false],
    ['a range with the id', '<vlan-range>100-110</vlan-range>', true, true],
    ['a range without it', '<vlan-range>101-110</vlan-range>', false, false],
    [
      'a list of that id alone, which still makes a VLAN of another name',
      '<vlan-id-list>100</vlan-id-list>',
      true,
      true,
    ],
    ['a list that is not understood', '<vlan-id-list>odd</vlan-id-list><vlan-id-list>200</vlan-id-list>', true, false],
    ['a range the wrong way round', '<vlan-range>110-100</vlan-range>', true, false],
    ['a list beside an id', '<vlan-id>200</vlan-id><vlan-id-list>100</vlan-id-list>', true, true],
    ['two tags', '<vlan-tags><outer>7</outer><inner>9</inner></vlan-tags>', true, false],
    [
      'two tags beside an id',
      '<vlan-id>200</vlan-id><vlan-tags><outer>7</outer><inner>9</inner></vlan-tags>',
      true,
      false,
    ],
    ['no id on purpose', '<vlan-id>none</vlan-id>', true, false],
    ['no id', '<l3-interface>vlan.0</l3-interface>', true, false],
    ['another id', '<vlan-id>200</vlan-id>', false, false],
    [
      'another id beside a deactivated list',
      '<vlan-id>200</vlan-id><vlan-id-list inactive="inactive">100</vlan-id-list>',
      false,
      false,
    ],
  ])('%s', (_what, id, may, isListed) => {
    expect(mayBeVlan(one(id), 'cust', vlan(100), TEMPLATE)).toBe(may);
    expect(vlanThatLists(one(id), vlan(100))).toBe(isListed ? 'cust' : undefined);
    if (may) expect(vlanNameOnSwitch(one(id), vlan(100), TEMPLATE)).toBeUndefined();
  });

  it.each([
    ['one that Junos makes of the range', '__cust_100__', true],
    ['another that Junos makes of the range', '__cust_101__', false],
    ['one that Junos makes of a list', 'cust-vlan-0100', true],
    ['a name of that kind without such a range', '__other_101__', true],
    ['its number', '100', true],
    ['another number', '101', false],
    ['a name that the switch does not have', 'nowhere', true],
    ['what portwarden itself calls another VLAN', 'VLAN.101', false],
    ['no name at all', '', false],
  ])('%s', (_what, name, may) => {
    expect(mayBeVlan(one('<vlan-range>100-110</vlan-range>'), name, vlan(100), TEMPLATE)).toBe(may);
  });
});

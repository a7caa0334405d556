import { parseXml } from '../../../src/clients/netconf/xml';
import { parseMembers } from '../../../src/devices/junos/interfaceModes';
import { parseVlanNames, vlansMeant } from '../../../src/devices/junos/vlanNames';

const XML = `<configuration>
<interfaces>
  <interface><name>ge-0/0/1</name><unit><name>0</name><family><ethernet-switching><vlan><members>net-10</members><members>20-30</members></vlan></ethernet-switching></family></unit></interface>
  <interface><name>ge-0/0/2</name><unit inactive="inactive"><name>0</name><family><ethernet-switching><vlan><members>all</members></vlan></ethernet-switching></family></unit></interface>
  <interface-range><name>axp</name><member>ge-0/0/3</member><unit><name>0</name><family><ethernet-switching><vlan><members>all</members></vlan></ethernet-switching></family></unit></interface-range>
</interfaces>
<vlans>
  <vlan><name>net-10</name><vlan-id>10</vlan-id></vlan>
  <vlan><name>net-20</name><vlan-id>20</vlan-id><interface><name>ge-0/0/4.0</name></interface></vlan>
  <vlan><name>net-40</name><vlan-id>40</vlan-id></vlan>
</vlans></configuration>`;

it('the VLANs of a port, however they are written', () => {
  const { root } = parseXml(XML);
  const [members, names] = [parseMembers(root), parseVlanNames(root)];
  const of = (port: string): readonly string[] =>
    vlansMeant(names, [...members].find(([name]) => name === port)?.[1] ?? []);
  expect(of('ge-0/0/1.0')).toEqual(['net-10', 'net-20']);
  expect(of('ge-0/0/2.0')).toEqual([]);
  expect(of('ge-0/0/3.0')).toEqual(['net-10', 'net-20', 'net-40']);
  expect(of('ge-0/0/4.0')).toEqual(['net-20']);
});

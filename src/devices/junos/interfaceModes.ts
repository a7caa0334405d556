import { tryParsePortName, type PortName } from '../../domain/values/port';
import { rangeMembers } from './lag';
import { activeChildAt, activeChildren, keyOf } from './statementTags';
import { child, type XmlElement } from '../../clients/netconf/xml';

/** The statement that says whether a port is an access port or a trunk: ELS, then non-ELS. */
const MODES = ['interface-mode', 'port-mode'] as const;

/** The logical interfaces that are trunks (`unit 0 family ethernet-switching interface-mode trunk`), interface ranges expanded. */
export function parseTrunks(configuration: XmlElement): ReadonlySet<PortName> {
  const trunks = new Set<PortName>();
  const interfaces = child(configuration, 'interfaces');
  for (const node of activeChildren(interfaces, 'interface')) addTrunks(trunks, node, [keyOf(node)]);
  for (const range of activeChildren(interfaces, 'interface-range')) addTrunks(trunks, range, rangeMembers(range));
  return trunks;
}

function addTrunks(trunks: Set<PortName>, node: XmlElement, ports: readonly string[]): void {
  for (const unit of activeChildren(node, 'unit').filter(isTrunk)) {
    for (const port of ports.map((name) => tryParsePortName(`${name}.${keyOf(unit)}`)))
      if (port !== undefined) trunks.add(port);
  }
}

function isTrunk(unit: XmlElement): boolean {
  return MODES.some((mode) => activeChildAt(unit, 'family', 'ethernet-switching', mode)?.text === 'trunk');
}

/**
 * The VLANs that each logical interface is a member of, as configured there: names, ids, ranges of ids, or `all`
 * (`unit 0 family ethernet-switching vlan members`, and `vlans NAME interface`), interface ranges expanded.
 */
export function parseMembers(configuration: XmlElement): ReadonlyMap<PortName, readonly string[]> {
  const members = new Map<PortName, readonly string[]>();
  const interfaces = child(configuration, 'interfaces');
  const add = (node: XmlElement, ports: readonly string[]): void => {
    for (const unit of activeChildren(node, 'unit')) {
      const listed = activeChildren(activeChildAt(unit, 'family', 'ethernet-switching', 'vlan'), 'members');
      const words = listed.flatMap((element) => (keyOf(element) || element.text).split(/[\s[\]]+/)).filter(Boolean);
      for (const port of ports.map((name) => tryParsePortName(`${name}.${keyOf(unit)}`)))
        if (port !== undefined && words.length > 0) members.set(port, [...(members.get(port) ?? []), ...words]);
    }
  };
  for (const node of activeChildren(interfaces, 'interface')) add(node, [keyOf(node)]);
  for (const range of activeChildren(interfaces, 'interface-range')) add(range, rangeMembers(range));
  for (const vlan of activeChildren(activeChildAt(configuration, 'vlans'), 'vlan')) {
    for (const port of activeChildren(vlan, 'interface').map((entry) => tryParsePortName(keyOf(entry))))
      if (port !== undefined) members.set(port, [...(members.get(port) ?? []), keyOf(vlan)]);
  }
  return members;
}

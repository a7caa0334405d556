import { parsePortName, type PortName } from '../../domain/values/port';
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
    for (const port of ports) {
      try {
        trunks.add(parsePortName(`${port}.${keyOf(unit)}`));
      } catch {
        // No port that could have bindings.
      }
    }
  }
}

function isTrunk(unit: XmlElement): boolean {
  return MODES.some((mode) => activeChildAt(unit, 'family', 'ethernet-switching', mode)?.text === 'trunk');
}

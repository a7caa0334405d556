import { tryParseVlanId, vlanNameFromTemplate, type VlanId } from '../../domain/vlan';
import { child, childrenOf, childText, type XmlElement } from './netconf/xml';
import { isInactive, keyOf } from './statementTags';

/** The switch's VLANs: names by id. Deactivated VLANs do not count; inherited ones do. */
export type VlanNames = ReadonlyMap<VlanId, readonly string[]>;

/** Reads `vlans NAME vlan-id ID`. */
export function parseVlanNames(configuration: XmlElement): VlanNames {
  const names = new Map<VlanId, string[]>();
  const vlans = child(configuration, 'vlans');
  if (vlans === undefined || isInactive(vlans)) return names;
  for (const vlan of childrenOf(vlans, 'vlan').filter((candidate) => !isInactive(candidate))) {
    const idNode = child(vlan, 'vlan-id');
    const id = tryParseVlanId(idNode === undefined || isInactive(idNode) ? '' : (childText(vlan, 'vlan-id') ?? ''));
    if (id !== undefined) names.set(id, [...(names.get(id) ?? []), keyOf(vlan)]);
  }
  return names;
}

/**
 * The name under which the switch knows a VLAN: its own, the template's spelling first when several VLANs have the
 * id. Undefined when it has none.
 */
export function vlanNameOnSwitch(names: VlanNames, id: VlanId, template: string): string | undefined {
  const found = names.get(id) ?? [];
  const preferred = vlanNameFromTemplate(template, id);
  return found.includes(preferred) ? preferred : [...found].sort()[0];
}

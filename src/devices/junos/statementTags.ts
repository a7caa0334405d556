import { childText, type XmlElement } from './netconf/xml';

/** The value of a list entry's `<name>` key; empty when it has none. */
export function keyOf(element: XmlElement): string {
  return childText(element, 'name')?.trim() ?? '';
}

/** Whether a statement is deactivated (`inactive="inactive"`): Junos keeps it, but it does nothing. */
export function isInactive(element: XmlElement): boolean {
  return element.attributes['inactive'] !== undefined;
}

/**
 * The configuration group or interface range that a statement is inherited from, as the attributes of a read
 * with `inherit="inherit" groups="groups"` say (`junos:group`, `junos:interface-range`).
 */
export function inheritedFrom(element: XmlElement): string | undefined {
  const { group, 'interface-range': range } = element.attributes;
  if (group !== undefined && group !== '') return `group ${group}`;
  return range === undefined || range === '' ? undefined : `interface-range ${range}`;
}

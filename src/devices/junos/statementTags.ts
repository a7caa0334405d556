import { childrenOf, childText, type XmlElement } from '../../clients/netconf/xml';

/** The value of a list entry's `<name>` key; empty when it has none. */
export function keyOf(element: XmlElement): string {
  return childText(element, 'name')?.trim() ?? '';
}

/** Whether a statement is deactivated (`inactive="inactive"`): Junos keeps it, but it does nothing. */
export function isInactive(element: XmlElement): boolean {
  return element.attributes['inactive'] !== undefined;
}

/** The child elements with this name that are not deactivated. */
export function activeChildren(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return childrenOf(parent, name).filter((element) => !isInactive(element));
}

/** Follows a path of child names through what is not deactivated, always taking the first match. */
export function activeChildAt(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = parent;
  for (const name of path) at = activeChildren(at, name)[0];
  return at;
}

/** Whether there is an element with this name at any depth that is not deactivated, nor anything above it. */
export function hasActive(parent: XmlElement | undefined, name: string): boolean {
  return (
    parent !== undefined &&
    !isInactive(parent) &&
    (parent.name === name || parent.children.some((element) => hasActive(element, name)))
  );
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

import type { XmlElement } from './xmlElement';

export type { XmlElement } from './xmlElement';
export { parseXml } from './xmlParser';
export { element, serialize, type XmlNode } from './xmlBuilder';

/** Namespace of NETCONF itself (RFC 6241 section 3.1). */
export const NETCONF_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
/** Namespace of Junos configuration and of the older Junos error reports. */
export const XNM_NAMESPACE = 'http://xml.juniper.net/xnm/1.1/xnm';

/** The first child element with this name. */
export function child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((candidate) => candidate.name === name);
}

/** All child elements with this name, in document order. */
export function childrenOf(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return parent === undefined ? [] : parent.children.filter((candidate) => candidate.name === name);
}

/** The trimmed text of the first child element with this name; undefined when there is no such child. */
export function childText(parent: XmlElement | undefined, name: string): string | undefined {
  return child(parent, name)?.text;
}

/** Follows a path of child names, always taking the first match. */
export function childAt(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = parent;
  for (const name of path) at = child(at, name);
  return at;
}

/** The element itself and everything below it, in document order. */
export function* walk(root: XmlElement): Generator<XmlElement, void, undefined> {
  const stack: XmlElement[] = [root];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    yield at;
    for (let index = at.children.length - 1; index >= 0; index -= 1) {
      const next = at.children[index];
      if (next !== undefined) stack.push(next);
    }
  }
}

/** Every element with this name at any depth, the root included, in document order. */
export function descendants(root: XmlElement, name: string): readonly XmlElement[] {
  return [...walk(root)].filter((candidate) => candidate.name === name);
}

/** The first element with this name at any depth, the root included. */
export function descendant(root: XmlElement, name: string): XmlElement | undefined {
  for (const candidate of walk(root)) if (candidate.name === name) return candidate;
  return undefined;
}

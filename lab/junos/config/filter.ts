import { child, type XmlElement } from '../xml/parse';
import type { ConfigNode } from './node';

/**
 * The part of a configuration that a subtree filter names: an empty element is everything below, an element with
 * `<name>` one list entry (RFC 6241 section 6; `<configuration>` inside `get-configuration` works alike).
 */
export function selectSubtree(node: ConfigNode, filter: XmlElement): ConfigNode {
  const out = node.shallow();
  const wanted = filter.children.filter((c) => !(node.statement.kind === 'list' && c.name === 'name'));
  const keysOnly = node.statement.kind === 'list' && child(filter, 'name')?.text.trim() === '';
  if (wanted.length === 0) return keysOnly ? out : node;
  for (const element of wanted) {
    for (const [id, candidate] of node.children) {
      if (candidate.statement.transparent === true) {
        const inner = selectEntries(candidate, element);
        if (inner !== undefined) out.children.set(id, mergeSelected(out.children.get(id), inner));
        continue;
      }
      if ((candidate.statement.xmlName ?? candidate.keyword) !== element.name) continue;
      const selected = selectOne(candidate, element);
      if (selected !== undefined) out.children.set(id, mergeSelected(out.children.get(id), selected));
    }
  }
  return out;
}

function selectEntries(holder: ConfigNode, element: XmlElement): ConfigNode | undefined {
  const out = holder.shallow();
  for (const [id, entry] of holder.children) {
    if ((entry.statement.xmlName ?? entry.keyword) !== element.name) continue;
    const selected = selectOne(entry, element);
    if (selected !== undefined) out.children.set(id, selected);
  }
  return out.children.size === 0 ? undefined : out;
}

function selectOne(candidate: ConfigNode, element: XmlElement): ConfigNode | undefined {
  const name = child(element, 'name')?.text.trim();
  if (candidate.statement.kind === 'list' && name !== undefined && name !== '' && name !== candidate.key)
    return undefined;
  return selectSubtree(candidate, element);
}

/** Two filter elements may name parts of the same statement. */
function mergeSelected(present: ConfigNode | undefined, added: ConfigNode): ConfigNode {
  if (present === undefined || present === added) return added;
  const out = present.shallow();
  for (const [id, inner] of present.children) out.children.set(id, inner);
  for (const [id, inner] of added.children) out.children.set(id, mergeSelected(out.children.get(id), inner));
  return out;
}

import { element, type XmlNode } from '../../clients/netconf/xml';

/** One step of a configuration path: a container, or a list entry with its key. */
export interface PathStep {
  readonly element: string;
  readonly key?: string;
  /** True when the command form leaves the element's name out (`vlans NAME`, not `vlans vlan NAME`). */
  readonly keyOnly?: boolean;
}

/** A leaf below a path. */
export interface Leaf {
  readonly element: string;
  readonly value: string;
}

/** One elementary change of the configuration. */
export type Edit =
  | { readonly kind: 'set'; readonly path: readonly PathStep[]; readonly leaves: readonly Leaf[] }
  | {
      readonly kind: 'delete';
      readonly path: readonly PathStep[];
      /** Where no dialect says what stood there: the words of each line that goes. */
      readonly gone?: readonly (readonly string[])[];
    };

/** How a delete is marked: Junos's own `load-configuration`, or RFC 6241 section 7.2. */
export type DeleteMark = 'delete' | 'nc:operation';

interface TreeNode {
  readonly step: PathStep;
  readonly children: Map<string, TreeNode>;
  leaves: readonly Leaf[];
  deleted: boolean;
}

/**
 * Builds the children of `<configuration>` that carry out the edits. Every value stands in element text, so none
 * can start another statement.
 */
export function editsToXml(edits: readonly Edit[], mark: DeleteMark): readonly XmlNode[] {
  const roots = new Map<string, TreeNode>();
  for (const edit of edits) {
    let level = roots;
    let node: TreeNode | undefined;
    for (const step of edit.path) {
      const id = `${step.element} ${step.key ?? ''}`;
      node = level.get(id) ?? { step, children: new Map(), leaves: [], deleted: false };
      level.set(id, node);
      level = node.children;
    }
    if (node === undefined) continue;
    if (edit.kind === 'delete') node.deleted = true;
    else node.leaves = [...node.leaves, ...edit.leaves];
  }
  return [...roots.values()].map((node) => toXml(node, mark));
}

function toXml(node: TreeNode, mark: DeleteMark): XmlNode {
  const { element: name, key } = node.step;
  const keyNode = key === undefined ? undefined : element('name', {}, key);
  if (node.deleted) return element(name, { [mark]: 'delete' }, keyNode);
  const leaves = node.leaves.map((leaf) => element(leaf.element, {}, leaf.value));
  return element(name, {}, keyNode, ...leaves, ...[...node.children.values()].map((next) => toXml(next, mark)));
}

/** A path in command form: its words. */
export function pathWords(path: readonly PathStep[]): readonly string[] {
  return path.flatMap(({ element, key, keyOnly }) =>
    key === undefined ? [element] : keyOnly === true ? [key] : [element, key],
  );
}

/** The edits as Junos commands, deletes first, ended by `commit` when there are any. */
export function editsToCommands(edits: readonly Edit[]): readonly string[] {
  const line = (verb: string, words: readonly string[]): string => [verb, ...words.map(quoteWord)].join(' ');
  const deletes = edits.filter((edit) => edit.kind === 'delete').map((edit) => line('delete', pathWords(edit.path)));
  const sets = edits.flatMap((edit) =>
    edit.kind === 'set'
      ? [line('set', [...pathWords(edit.path), ...edit.leaves.flatMap(({ element, value }) => [element, value])])]
      : [],
  );
  return edits.length === 0 ? [] : [...deletes, ...sets, 'commit'];
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9._:/@+*<>-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

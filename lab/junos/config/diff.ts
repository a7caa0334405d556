import type { ConfigNode } from './node';
import { words } from './node';
import { oneLine, renderSet } from './set';
import { renderStatements } from './text';

interface Hunk {
  readonly path: readonly string[];
  readonly lines: string[];
}

/** A statement with everything below it, for comparison. */
function fingerprint(node: ConfigNode): string {
  const marks = `${node.inactive ? 'inactive ' : ''}${words(node).join(' ')}`;
  const inner = node.ordered().filter((c) => !c.isEmpty);
  return inner.length === 0 ? marks : `${marks}{${inner.map(fingerprint).join(';')}}`;
}

const sameContent = (a: ConfigNode, b: ConfigNode): boolean => fingerprint(a) === fingerprint(b);

/**
 * Leaves stand two characters behind the sign, blocks and list entries further in by their depth (after the output of
 * `show | compare` in Juniper's CLI guide).
 */
function changed(sign: '+' | '-', node: ConfigNode, depth: number): string[] {
  const simple = ['leaf', 'leaf-list', 'flag'].includes(node.statement.kind);
  const pad = ' '.repeat(simple ? 2 : 2 + depth);
  return renderStatements([node]).map((line) => `${sign}${pad}${line}`);
}

function visit(before: ConfigNode, after: ConfigNode, path: readonly string[], depth: number, hunks: Hunk[]): void {
  const lines: string[] = [];
  const deeper: (() => void)[] = [];
  const olds = before.ordered().filter((n) => !n.isEmpty);
  const news = after.ordered().filter((n) => !n.isEmpty);
  const oldOf = new Map(olds.map((n) => [identityOf(n), n]));
  const newOf = new Map(news.map((n) => [identityOf(n), n]));
  for (const old of olds) if (!newOf.has(identityOf(old))) lines.push(...changed('-', old, depth));
  for (const now of news) {
    const old = oldOf.get(identityOf(now));
    if (old === undefined) lines.push(...changed('+', now, depth));
    else if (!sameContent(old, now)) {
      const atomic = now.statement.oneLiner === true || now.statement.kind === 'leaf' || old.value !== now.value;
      if (old.inactive !== now.inactive)
        lines.push(`!${' '.repeat(2 + depth)}${now.inactive ? 'inactive' : 'active'}: ${headline(now)}`);
      else if (atomic) lines.push(...changed('-', old, depth), ...changed('+', now, depth));
      if (!atomic)
        deeper.push(() =>
          visit(old, now, [...path, ...words(now)], now.statement.inline === true ? depth : depth + 1, hunks),
        );
    }
  }
  if (lines.length > 0) hunks.push({ path, lines });
  for (const go of deeper) go();
}

function headline(node: ConfigNode): string {
  if (node.statement.oneLiner === true) return `${oneLine(node).join(' ')};`;
  return node.children.size === 0 ? `${words(node).join(' ')};` : `${words(node).join(' ')} { ... }`;
}

function identityOf(node: ConfigNode): string {
  return node.key === undefined ? node.keyword : `${node.keyword}\0${node.key}`;
}

/**
 * What `show | compare` prints between two configurations; empty when they say the same. The change of a one-line
 * statement shows as the whole old and the whole new line (assumed: no recording of such a change was found).
 */
export function diffText(before: ConfigNode, after: ConfigNode): string {
  const hunks: Hunk[] = [];
  visit(before, after, [], 0, hunks);
  return hunks.map((h) => `[${['edit', ...h.path].join(' ')}]\n${h.lines.map((l) => `${l}\n`).join('')}`).join('');
}

/** Whether two configurations say the same. */
export function sameConfiguration(a: ConfigNode, b: ConfigNode): boolean {
  if (a === b) return true;
  const [left, right] = [renderSet(a), renderSet(b)];
  return left.length === right.length && left.every((line, i) => line === right[i]);
}

/** The tree that shows a comparison in XML form: what was added and removed, with `operation` attributes. */
export function diffTree(
  before: ConfigNode,
  after: ConfigNode,
): { readonly tree: ConfigNode; readonly operations: ReadonlyMap<ConfigNode, 'create' | 'delete'> } {
  const operations = new Map<ConfigNode, 'create' | 'delete'>();
  const merge = (old: ConfigNode, now: ConfigNode): ConfigNode => {
    const out = now.shallow();
    for (const [id, child] of old.children) {
      if (now.children.has(id) || child.isEmpty) continue;
      const gone = child.clone();
      out.children.set(`${id}\0old`, gone);
      operations.set(gone, 'delete');
    }
    for (const [id, child] of now.children) {
      const was = old.children.get(id);
      if (child.isEmpty || (was !== undefined && sameContent(was, child))) continue;
      if (was !== undefined && child.statement.kind !== 'leaf') {
        out.children.set(id, merge(was, child));
        continue;
      }
      const added = child.clone();
      if (was !== undefined) {
        const gone = was.clone();
        out.children.set(`${id}\0old`, gone);
        operations.set(gone, 'delete');
      }
      out.children.set(id, added);
      operations.set(added, 'create');
    }
    return out;
  };
  return { tree: merge(before, after), operations };
}

import { type ConfigNode, editPath } from './node';
import type { Statement } from './statement';

/** Something the device has to say about one statement of a load. */
export interface LoadProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly path?: string;
  readonly badElement?: string;
}

/** A statement that the grammar or a value rule refuses. */
export class Refusal extends Error {
  constructor(readonly problem: LoadProblem) {
    super(problem.message);
  }
}

/** Recorded: PyEZ load-configuration-error.xml, Ansible CI log of 15.1X49. */
export function syntaxError(badElement: string, path?: readonly ConfigNode[]): Refusal {
  return new Refusal({
    severity: 'error',
    message: 'syntax error',
    badElement,
    ...(path === undefined ? {} : { path: editPath(path) }),
  });
}

/** Where a load is: the tree, and the grammar at the same depth (a tree may come from a wider grammar). */
export interface Cursor {
  readonly node: ConfigNode;
  readonly statement: Statement;
  /** Nodes from below the root down to `node`. */
  readonly path: readonly ConfigNode[];
}

export function below(cursor: Cursor, node: ConfigNode, statement: Statement): Cursor {
  return { node, statement, path: [...cursor.path, node] };
}

/** The canonical spelling of a key or value. @throws Refusal when the statement does not take it. */
export function accept(statement: Statement, value: string, path: readonly ConfigNode[]): string {
  const message = statement.refuse?.(value);
  if (message !== undefined) throw new Refusal({ severity: 'error', message, path: editPath(path), badElement: value });
  return statement.normalise?.(value) ?? value;
}

/**
 * Removes a node, and the containers above it that mean nothing when empty. List entries stay (schema: list
 * semantics; an `interface IF;` without bindings remains).
 */
export function removeNode(path: readonly ConfigNode[], root: ConfigNode): void {
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const node = path[depth];
    const parent = depth === 0 ? root : path[depth - 1];
    if (node === undefined || parent === undefined) return;
    parent.remove(node);
    if (parent === root || parent.children.size > 0) return;
    if (parent.hasMeaning && parent.statement.kind !== 'open') return;
  }
}

import { tryParseIp } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { BindingState, Dialect, OwnedPlace, PortEdits } from './dialects/dialect';
import { macAsConfigured } from './dialects/parse';
import { pathWords, type Edit } from './edit';
import type { CandidateDiff, DiffEntry } from './textDiff';

/** One way in which the device's diff is not the computed change. */
export interface DiffProblem {
  readonly text: string;
  /** The port it concerns, when it can be told. */
  readonly port?: PortName;
}

/**
 * Compares the device's diff with the computed edits, leaf by leaf. What the edits do not explain, and what they
 * promise but the diff lacks, is a problem; the order of list entries is not.
 */
export function checkDiff(
  diff: CandidateDiff,
  dialect: Dialect,
  changes: readonly PortEdits[],
  state: BindingState,
): readonly DiffProblem[] {
  const expected = expectedAtoms(dialect, changes, state);
  const actual = new ActualAtoms(dialect, expected);
  for (const entry of diff.entries) actual.read(entry);
  return [...diff.unreadable.map((line) => ({ text: `not understood: ${line.trim()}` })), ...actual.problems()];
}

interface Expected {
  /** Leaf changes (`+words`, `-words`) and the port that explains each. */
  readonly atoms: Map<string, PortName>;
  /** Lines that are no bindings (`+words`, `-words`): each stands in the diff exactly so. */
  readonly lines: Map<string, PortName>;
  /** `interface` nodes that are deleted as a whole. */
  readonly deletedNodes: Set<string>;
  /** Deactivated statements that are written anew: how a device shows that differs. */
  readonly revived: Set<string>;
  readonly setPaths: readonly (readonly string[])[];
  readonly portOf: Map<string, PortName>;
}

function expectedAtoms(dialect: Dialect, changes: readonly PortEdits[], state: BindingState): Expected {
  const before = statementsByPath(dialect, state);
  const expected: Expected = {
    atoms: new Map(),
    lines: new Map(),
    deletedNodes: new Set(),
    revived: new Set(),
    setPaths: [],
    portOf: new Map(),
  };
  const setPaths: (readonly string[])[] = [];
  for (const { port, edits, revive } of changes) {
    for (const edit of revive) expected.revived.add(canonical(dialect, pathWords(edit.path)));
    for (const edit of edits) {
      const words = pathWords(edit.path);
      const node = dialect.ownedPlace(words);
      if (node !== undefined) expected.portOf.set(node.node.join(' '), port);
      if (edit.kind === 'set') setPaths.push(words);
      if (node === undefined) {
        for (const line of linesOfEdit(edit)) expected.lines.set(line, port);
        continue;
      }
      for (const atom of atomsOfEdit(dialect, edit, before)) expected.atoms.set(atom, port);
      if (edit.kind === 'delete' && node.statement === undefined) expected.deletedNodes.add(words.join(' '));
    }
  }
  return { ...expected, setPaths };
}

/** Leaves of every active statement of the switch's own, by canonical path. */
function statementsByPath(dialect: Dialect, state: BindingState): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const node of state.interfaces) {
    if (node.origin !== undefined) continue;
    for (const statement of node.statements) {
      if (statement.origin !== undefined || !statement.active) continue;
      const path = canonical(dialect, [...pathWords(node.path), statement.element, statement.key]);
      const leaves = dialect.leaves(statement).filter((leaf) => leaf.value !== '');
      found.set(path, leaves.length === 0 ? [''] : leaves.map(({ element, value }) => leafText(element, value)));
    }
  }
  return found;
}

/** The lines of an edit of something that is no binding. */
function linesOfEdit(edit: Edit): readonly string[] {
  const path = pathWords(edit.path);
  const line = (sign: '+' | '-', words: readonly string[]): string => `${sign}${words.join(' ')}`;
  if (edit.kind === 'delete') return (edit.gone ?? [path]).map((words) => line('-', words));
  if (edit.leaves.length === 0) return [line('+', path)];
  return edit.leaves.map(({ element, value }) => line('+', [...path, element, value]));
}

function atomsOfEdit(dialect: Dialect, edit: Edit, before: Map<string, readonly string[]>): readonly string[] {
  const path = canonical(dialect, pathWords(edit.path));
  const old = before.get(path) ?? [];
  if (edit.kind === 'set') {
    const after = edit.leaves.map(({ element, value }) => leafText(element, value));
    return [
      ...old.filter((leaf) => !after.includes(leaf)).map((leaf) => `-${path}|${leaf}`),
      ...after.filter((leaf) => !old.includes(leaf)).map((leaf) => `+${path}|${leaf}`),
    ];
  }
  if (dialect.ownedPlace(pathWords(edit.path))?.statement !== undefined) return old.map((leaf) => `-${path}|${leaf}`);
  return [...before].flatMap(([statement, leaves]) =>
    statement.startsWith(`${path} `) ? leaves.map((leaf) => `-${statement}|${leaf}`) : [],
  );
}

function canonical(dialect: Dialect, words: readonly string[]): string {
  const place = dialect.ownedPlace(words);
  if (place?.statement === undefined) return words.join(' ');
  return [...place.node, place.statement.element, tryParseIp(place.statement.key) ?? place.statement.key].join(' ');
}

function leafText(element: string, value: string): string {
  return `${element} ${element === 'mac' ? macAsConfigured(value) : value}`;
}

class ActualAtoms {
  private readonly atoms = new Map<string, DiffEntry>();
  private readonly lines = new Set<string>();
  private readonly found: DiffProblem[] = [];

  constructor(
    private readonly dialect: Dialect,
    private readonly expected: Expected,
  ) {}

  read(entry: DiffEntry): void {
    const line = `${entry.sign}${entry.words.join(' ')}`;
    if (this.expected.lines.has(line) && entry.tag === undefined) {
      this.lines.add(line);
      return;
    }
    const place = this.dialect.ownedPlace(entry.words);
    if (place === undefined) this.readAncestor(entry);
    else if (place.statement === undefined) this.readNode(entry, place);
    else this.readStatement(entry, place, place.statement);
  }

  problems(): readonly DiffProblem[] {
    for (const atom of [...this.atoms.keys()]) {
      const opposite = `${atom.startsWith('+') ? '-' : '+'}${atom.slice(1)}`;
      if (this.atoms.has(opposite)) {
        this.atoms.delete(atom);
        this.atoms.delete(opposite);
      }
    }
    const revived = (atom: string): boolean => this.expected.revived.has(atom.slice(1, atom.indexOf('|')));
    for (const [atom, entry] of this.atoms) {
      if (!this.expected.atoms.has(atom) && !revived(atom)) this.refuse(entry, 'unexpected');
    }
    for (const [atom, port] of this.expected.atoms) {
      if (!this.atoms.has(atom) && !revived(atom))
        this.found.push({ text: `missing: ${atom.replace('|', ' ')}`, port });
    }
    for (const [line, port] of this.expected.lines)
      if (!this.lines.has(line)) this.found.push({ text: `missing: ${line}`, port });
    return this.found;
  }

  /** Something above or beside the owned nodes: only what surrounds expected lines may come into being, or go with them. */
  private readAncestor(entry: DiffEntry): void {
    const needed = this.expected.setPaths.some(
      (path) => path.length > entry.words.length && entry.words.every((word, i) => path[i] === word),
    );
    const start = `${entry.sign}${entry.words.join(' ')} `;
    const surrounds = entry.container && [...this.expected.lines.keys()].some((line) => line.startsWith(start));
    if (entry.tag !== undefined || !(surrounds || (entry.sign === '+' && needed)))
      this.refuse(entry, 'outside the owned statements');
  }

  private readNode(entry: DiffEntry, place: OwnedPlace): void {
    const words = place.node.join(' ');
    const moved = entry.sign === '!' && entry.tag === undefined;
    const created =
      entry.sign === '+' &&
      entry.tag === undefined &&
      this.expected.setPaths.some((path) => `${path.join(' ')} `.startsWith(`${words} `));
    // A block that opens with `-` may only surround statements; as a statement of its own it is the node's removal.
    const removed = entry.sign === '-' && entry.tag === undefined && this.expected.deletedNodes.has(words);
    if (!moved && !created && !removed) this.refuse(entry, 'unexpected');
  }

  private readStatement(entry: DiffEntry, place: OwnedPlace, statement: NonNullable<OwnedPlace['statement']>): void {
    const path = canonical(this.dialect, [...place.node, statement.element, statement.key]);
    if (entry.sign === '!' && entry.tag === undefined) return;
    if (entry.sign === '!' || entry.tag !== undefined) {
      if (!this.expected.revived.has(path)) this.refuse(entry, 'unexpected');
      return;
    }
    const { rest } = statement;
    if (rest.length === 0) {
      if (!entry.container) this.atoms.set(`${entry.sign}${path}|`, entry);
      return;
    }
    if (rest.length % 2 === 1) {
      this.refuse(entry, 'unexpected');
      return;
    }
    for (let i = 0; i < rest.length; i += 2) {
      this.atoms.set(`${entry.sign}${path}|${leafText(rest[i] ?? '', rest[i + 1] ?? '')}`, entry);
    }
  }

  private refuse(entry: DiffEntry, why: string): void {
    const node = this.dialect.ownedPlace(entry.words)?.node.join(' ');
    const line = [...this.expected.lines].find(([words]) => words.slice(1).startsWith(`${entry.words.join(' ')} `));
    const port = node === undefined ? line?.[1] : this.expected.portOf.get(node);
    this.found.push({
      text: `${why}: ${entry.sign} ${entry.words.join(' ')}`,
      ...(port === undefined ? {} : { port }),
    });
  }
}

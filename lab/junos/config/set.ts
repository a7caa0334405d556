import { accept, below, type Cursor, type LoadProblem, Refusal, removeNode, syntaxError } from './load';
import { ConfigNode, words } from './node';
import { childStatement, type Statement } from './statement';

/** Splits a line into words; quotation marks keep words together, brackets stand alone. */
export function tokenize(line: string): string[] {
  const tokens: string[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|([[\]])|([^\s[\]"]+)/g)) {
    tokens.push(match[1] !== undefined ? match[1].replace(/\\(.)/g, '$1') : (match[2] ?? match[3] ?? ''));
  }
  return tokens;
}

/** One step along the words of a line. */
interface Step {
  readonly cursor: Cursor;
  readonly statement: Statement;
  readonly keyword: string;
  readonly key: string | undefined;
}

function enter(cursor: Cursor, tokens: string[]): Step {
  const keyword = tokens.shift() ?? '';
  const found = childStatement(cursor.statement, keyword);
  if (found === undefined) throw syntaxError(keyword, cursor.path);
  if (found.key !== undefined) {
    const name = [...(cursor.statement.children ?? [])].find((entry) => entry[1] === found.statement)?.[0] ?? '';
    return { cursor, statement: found.statement, keyword: name, key: accept(found.statement, found.key, cursor.path) };
  }
  return { cursor, statement: found.statement, keyword, key: undefined };
}

function required(tokens: string[], after: Step): string {
  const value = tokens.shift();
  if (value === undefined) throw syntaxError(after.keyword, after.cursor.path);
  return value;
}

/** `[ a b ]` or one value. */
function values(tokens: string[], step: Step): string[] {
  const first = required(tokens, step);
  if (first !== '[') return [first];
  const end = tokens.indexOf(']');
  if (end < 0) throw syntaxError('[', step.cursor.path);
  return tokens.splice(0, end + 1).slice(0, -1);
}

/**
 * Puts the statement that the words name into the tree; nothing of it when any of its words is refused.
 * @returns The deepest node they name.
 * @throws Refusal
 */
export function applySet(start: Cursor, line: readonly string[]): Cursor {
  walk({ ...start, node: new ConfigNode(start.statement, '') }, line);
  return walk(start, line);
}

function walk(start: Cursor, line: readonly string[]): Cursor {
  const tokens = [...line];
  let cursor = start;
  let last = start;
  while (tokens.length > 0) {
    const step = enter(cursor, tokens);
    const { statement, keyword } = step;
    const parent = cursor.node;
    switch (statement.kind) {
      case 'leaf': {
        const value = accept(statement, required(tokens, step), cursor.path);
        const node = parent.ensure(statement, keyword);
        node.value = value;
        last = below(cursor, node, statement);
        break;
      }
      case 'leaf-list':
        for (const value of values(tokens, step))
          last = below(cursor, parent.ensure(statement, keyword, accept(statement, value, cursor.path)), statement);
        break;
      case 'flag':
        last = below(cursor, parent.ensure(statement, keyword), statement);
        break;
      case 'list': {
        const keys =
          step.key !== undefined ? [step.key] : values(tokens, step).map((key) => accept(statement, key, cursor.path));
        for (const key of keys) last = below(cursor, parent.ensure(statement, keyword, key), statement);
        cursor = last;
        break;
      }
      case 'container':
      case 'open': {
        const node = parent.ensure(statement, keyword);
        last = cursor = below(cursor, node, statement);
        const next = tokens[0];
        if (statement.argument !== undefined && next !== undefined && statement.children?.has(next) !== true)
          node.value = tokens.shift();
      }
    }
  }
  return last;
}

/** The nodes that the words name, each as the path down to it; empty when there are none. @throws Refusal */
export function locate(start: Cursor, line: readonly string[]): ConfigNode[][] {
  const tokens = [...line];
  let cursor = start;
  while (tokens.length > 0) {
    const step = enter(cursor, tokens);
    const { statement, keyword } = step;
    const parent = cursor.node;
    if (statement.kind === 'list' || statement.kind === 'leaf-list') {
      const raw = step.key ?? tokens.shift();
      if (raw === undefined) return parent.entries(keyword).map((node) => [...cursor.path, node]);
      const entry = parent.find(keyword, accept(statement, raw, cursor.path));
      if (entry === undefined) return [];
      cursor = below(cursor, entry, statement);
      continue;
    }
    const node = parent.find(keyword);
    if (node === undefined) return [];
    if (statement.kind === 'leaf') {
      const value = tokens.shift();
      if (value !== undefined && node.value !== accept(statement, value, cursor.path)) return [];
    } else if (statement.argument !== undefined && node.value === tokens[0]) tokens.shift();
    cursor = below(cursor, node, statement);
  }
  return [[...cursor.path]];
}

/**
 * Runs one configuration mode command: `set`, `delete`, `activate`, `deactivate`. Others are syntax errors.
 * @throws Refusal when the grammar refuses it.
 */
function runCommand(start: Cursor, line: string): LoadProblem[] {
  const [verb, ...path] = tokenize(line);
  if (verb === 'set') {
    applySet(start, path);
    return [];
  }
  if (verb !== 'delete' && verb !== 'activate' && verb !== 'deactivate') throw syntaxError(verb ?? '');
  const found = locate(start, path);
  // Recorded: PyEZ test_exception.py (16.1), load set of a delete that names nothing.
  if (found.length === 0) return [{ severity: 'warning', message: 'statement not found' }];
  for (const nodes of found) {
    const node = nodes.at(-1);
    if (node === undefined || node === start.node) start.node.children.clear();
    else if (verb === 'delete') removeNode(nodes, start.node);
    else node.inactive = verb === 'deactivate';
  }
  return [];
}

/** Runs many commands; a refused line is skipped and the others take effect, as the device does with `load set`. */
export function runCommands(start: Cursor, lines: readonly string[]): LoadProblem[] {
  const problems: LoadProblem[] = [];
  for (const raw of lines) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      problems.push(...runCommand(start, line));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(error.problem);
    }
  }
  return problems;
}

/** The whole statement on one line, where Junos shows it so. */
export function oneLine(node: ConfigNode): string[] {
  return [...words(node), ...node.ordered().flatMap(oneLine)];
}

function renderNode(node: ConfigNode, prefix: readonly string[], out: string[]): void {
  if (node.isEmpty) return;
  const own = [...prefix, ...words(node)];
  const children = node.ordered().filter((c) => !c.isEmpty);
  if (node.statement.oneLiner === true) out.push(['set', ...prefix, ...oneLine(node)].join(' '));
  else if (children.length === 0) out.push(['set', ...own].join(' '));
  else {
    if (node.value !== undefined && node.statement.kind === 'container') out.push(['set', ...own].join(' '));
    for (const child of children) renderNode(child, own, out);
  }
  if (node.inactive) out.push(['deactivate', ...own].join(' '));
}

/** A configuration in `set` form, one statement a line, in the order in which Junos shows it. */
export function renderSet(root: ConfigNode): string[] {
  const out: string[] = [];
  for (const child of root.ordered()) renderNode(child, [], out);
  return out;
}

import { type Cursor, type LoadProblem, Refusal, removeNode, syntaxError } from './load';
import { type ConfigNode, words } from './node';
import { applySet, locate, oneLine } from './set';

const INDENT = '    ';

function renderNode(node: ConfigNode, depth: number, out: string[], lead: readonly string[]): void {
  if (node.isEmpty) return;
  const pad = INDENT.repeat(depth);
  const mark = node.inactive ? 'inactive: ' : '';
  const own = [...lead, ...words(node)];
  if (node.statement.oneLiner === true) {
    out.push(`${pad}${mark}${[...lead, ...oneLine(node)].join(' ')};`);
    return;
  }
  const children = node.ordered().filter((c) => !c.isEmpty);
  if (node.statement.inline === true) for (const child of children) renderNode(child, depth, out, own);
  else if (children.length === 0) out.push(`${pad}${mark}${own.join(' ')};`);
  else {
    out.push(`${pad}${mark}${own.join(' ')} {`);
    renderChildren(children, depth + 1, out);
    out.push(`${pad}}`);
  }
}

/** Several values of one leaf-list share a line: `members [ a b ];`. */
function renderChildren(children: readonly ConfigNode[], depth: number, out: string[]): void {
  const done = new Set<string>();
  for (const node of children) {
    const together = node.statement.kind === 'leaf-list' ? children.filter((c) => c.keyword === node.keyword) : [];
    if (together.length < 2) renderNode(node, depth, out, []);
    else if (!done.has(node.keyword)) {
      done.add(node.keyword);
      out.push(`${INDENT.repeat(depth)}${node.keyword} [ ${together.map((c) => words(c)[1] ?? '').join(' ')} ];`);
    }
  }
}

/** Some statements in curly form, as lines. */
export function renderStatements(nodes: readonly ConfigNode[], depth = 0): string[] {
  const out: string[] = [];
  renderChildren(
    nodes.filter((n) => !n.isEmpty),
    depth,
    out,
  );
  return out;
}

/** A configuration in curly form. */
export function renderText(root: ConfigNode): string {
  return renderStatements(root.ordered())
    .map((line) => `${line}\n`)
    .join('');
}

type Token = { readonly text: string; readonly mark: 'word' | 'punctuation' };

function lex(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/\/\*[\s\S]*?\*\/|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{};[\]])|([^\s{};[\]"#]+)/g)) {
    if (match[2] !== undefined) tokens.push({ text: match[2], mark: 'punctuation' });
    else if (match[1] !== undefined) tokens.push({ text: match[1].replace(/\\(.)/g, '$1'), mark: 'word' });
    else if (match[3] !== undefined) tokens.push({ text: match[3], mark: 'word' });
  }
  return tokens;
}

/**
 * Loads curly text into the tree: `load merge`, or `load replace` with its `replace:` tags. A refused statement is
 * skipped up to its end, the rest takes effect.
 */
export function loadText(start: Cursor, text: string): LoadProblem[] {
  const tokens = lex(text);
  const problems: LoadProblem[] = [];
  let at = 0;

  const skipBlock = (): void => {
    for (let depth = 1; at < tokens.length && depth > 0; at += 1) {
      const token = tokens[at]?.text;
      if (token === '{') depth += 1;
      else if (token === '}') depth -= 1;
    }
    // Recorded: PyEZ load-configuration-error.xml.
    problems.push({ severity: 'error', message: 'error recovery ignores input until this point', badElement: '}' });
  };

  const statement = (cursor: Cursor): void => {
    let tag: string | undefined;
    const line: string[] = [];
    for (
      let token = tokens[at];
      token !== undefined && !(token.mark === 'punctuation' && '{};'.includes(token.text));
      token = tokens[(at += 1)]
    ) {
      if (line.length === 0 && /^(inactive|active|replace|delete|protect|unprotect):$/.test(token.text))
        tag = token.text;
      else line.push(token.text);
    }
    const end = tokens[at]?.text;
    at += 1;
    try {
      const found = tag === 'replace:' || tag === 'delete:' ? locate(cursor, line) : [];
      for (const path of found) removeNode(path.slice(cursor.path.length), cursor.node);
      if (tag === 'delete:') {
        if (found.length === 0) problems.push({ severity: 'warning', message: 'statement not found' });
        return;
      }
      const inner = applySet(cursor, line);
      const marked = inner.path.slice(cursor.path.length).find((n) => n.statement.oneLiner === true) ?? inner.node;
      if (tag === 'inactive:') marked.inactive = true;
      else if (tag === 'active:') marked.inactive = false;
      if (end === '{') block(inner);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(error.problem);
      if (end === '{') skipBlock();
    }
  };

  const block = (cursor: Cursor): void => {
    while (at < tokens.length) {
      const token = tokens[at];
      if (token?.mark === 'punctuation' && token.text === '}') {
        at += 1;
        return;
      }
      if (token?.mark === 'punctuation' && token.text === ';') at += 1;
      else statement(cursor);
    }
    if (cursor.node !== start.node) problems.push(syntaxError('').problem);
  };

  block(start);
  return problems;
}

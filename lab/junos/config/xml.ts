import { attribute, child, escapeXml, type XmlElement } from '../xml/parse';
import { accept, below, type Cursor, type LoadProblem, Refusal, removeNode, syntaxError } from './load';
import { type ConfigNode, editPath } from './node';
import { childByElement } from './statement';

/** What to show beside the statements themselves. */
export interface XmlStyle {
  /** Mark what inheritance brought in (`groups="groups"`). */
  readonly marks?: boolean;
  /** `operation` attributes for a comparison. */
  readonly operations?: ReadonlyMap<ConfigNode, 'create' | 'delete'>;
}

const INDENT = '    ';
const isElementName = (word: string): boolean => /^[A-Za-z_][\w.-]*$/.test(word);

function attributesOf(node: ConfigNode, style: XmlStyle): string {
  const operation = style.operations?.get(node);
  return [
    node.inactive ? ' inactive="inactive"' : '',
    style.marks === true && node.group !== undefined ? ` junos:group="${escapeXml(node.group)}"` : '',
    style.marks === true && node.range !== undefined ? ` junos:interface-range="${escapeXml(node.range)}"` : '',
    operation === undefined ? '' : ` operation="${operation}"`,
  ].join('');
}

/** Invented: how a statement without schema would look in XML; it reads back as the same words. */
function renderOpen(node: ConfigNode, depth: number, out: string[], style: XmlStyle): void {
  const pad = INDENT.repeat(depth);
  const children = [...node.children.values()];
  const attributes = attributesOf(node, style);
  const only = children.length === 1 ? children[0] : undefined;
  if (children.length === 0) out.push(`${pad}<${node.keyword}${attributes}/>`);
  else if (only?.children.size === 0 && !only.inactive)
    out.push(`${pad}<${node.keyword}${attributes}>${escapeXml(only.keyword)}</${node.keyword}>`);
  else {
    const named = children.filter((c) => !isElementName(c.keyword));
    const rest = children.filter((c) => isElementName(c.keyword));
    if (rest.length > 0) {
      out.push(`${pad}<${node.keyword}${attributes}>`);
      for (const inner of rest) renderNode(inner, depth + 1, out, style);
      out.push(`${pad}</${node.keyword}>`);
    }
    for (const entry of named) {
      out.push(
        `${pad}<${node.keyword}${attributesOf(entry, style)}>`,
        `${pad}${INDENT}<name>${escapeXml(entry.keyword)}</name>`,
      );
      for (const inner of entry.children.values()) renderNode(inner, depth + 1, out, style);
      out.push(`${pad}</${node.keyword}>`);
    }
  }
}

function renderNode(node: ConfigNode, depth: number, out: string[], style: XmlStyle): void {
  if (node.isEmpty) return;
  const { kind, xmlName, argument, transparent } = node.statement;
  if (kind === 'open') {
    renderOpen(node, depth, out, style);
    return;
  }
  const pad = INDENT.repeat(depth);
  const name = xmlName ?? node.keyword;
  const attributes = attributesOf(node, style);
  const children = node.ordered();
  if (transparent === true) for (const inner of children) renderNode(inner, depth, out, style);
  else if (kind === 'leaf' || kind === 'leaf-list')
    out.push(`${pad}<${name}${attributes}>${escapeXml(node.value ?? node.key ?? '')}</${name}>`);
  else if (kind === 'flag') out.push(`${pad}<${name}${attributes}/>`);
  else {
    out.push(`${pad}<${name}${attributes}>`);
    if (kind === 'list') out.push(`${pad}${INDENT}<name>${escapeXml(node.key ?? '')}</name>`);
    if (argument !== undefined && node.value !== undefined)
      out.push(`${pad}${INDENT}<${argument}>${escapeXml(node.value)}</${argument}>`);
    for (const inner of children) renderNode(inner, depth + 1, out, style);
    out.push(`${pad}</${name}>`);
  }
}

/** The elements inside `<configuration>`, as lines. */
export function renderXml(root: ConfigNode, style: XmlStyle = {}, depth = 1): string {
  const out: string[] = [];
  for (const node of root.ordered()) renderNode(node, depth, out, style);
  return out.map((line) => `${line}\n`).join('');
}

type Operation = 'merge' | 'replace' | 'create' | 'delete' | 'remove' | 'none';

/** How a load treats the attributes of its elements. */
export interface XmlLoad {
  readonly defaultOperation: 'merge' | 'replace' | 'none';
  /** Whether `replace="replace"` counts (load action `replace`). */
  readonly replaceTags: boolean;
}

function operationOf(element: XmlElement, load: XmlLoad, path: readonly ConfigNode[]): Operation | undefined {
  const named = attribute(element, 'operation');
  if (named !== undefined) {
    if (!['merge', 'replace', 'create', 'delete', 'remove', 'none'].includes(named)) throw syntaxError(named, path);
    return named as Operation;
  }
  if (attribute(element, 'delete') !== undefined) return 'delete';
  return attribute(element, 'replace') !== undefined && load.replaceTags ? 'replace' : undefined;
}

/**
 * Loads the children of `<configuration>` into the tree. A refused element is skipped with what it contains, the
 * others take effect (documented: RFC 6241 error-option, and `load` on the device).
 */
export function loadXml(start: Cursor, configuration: XmlElement, load: XmlLoad): LoadProblem[] {
  const problems: LoadProblem[] = [];
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push(error.problem);
    }
  };

  const notFound = (what: string, path: readonly ConfigNode[]): void => {
    // Recorded: netman juniper_test.py 4545 (17.3R3), 5045 (11.4R1).
    problems.push({ severity: 'warning', message: `statement not found: ${what}`, path: editPath(path) });
  };

  const drop = (present: ConfigNode | undefined, cursor: Cursor, what: string, operation: Operation): void => {
    if (present !== undefined) removeNode([...cursor.path, present], start.node);
    else if (operation === 'delete') notFound(what, cursor.path);
  };

  const one = (cursor: Cursor, element: XmlElement, inherited: Operation): void => {
    const found = childByElement(cursor.statement, element.name);
    if (found === undefined) throw syntaxError(element.name, cursor.path);
    const [keyword, statement] = found;
    const operation = operationOf(element, load, cursor.path);
    const { node: parent } = cursor;
    if (statement.transparent === true) {
      const entries = below(cursor, parent.ensure(statement, keyword), statement);
      one(entries, element, inherited);
      if (entries.node.children.size === 0) parent.remove(entries.node);
      return;
    }
    const text = element.text.trim();
    const name = child(element, 'name')?.text.trim();
    const isList = statement.kind === 'list' || statement.kind === 'leaf-list';
    const rawKey = statement.kind === 'list' ? name : statement.kind === 'leaf-list' ? text : undefined;
    if (isList && (rawKey === undefined || rawKey === '')) {
      if (operation !== 'delete' && operation !== 'remove') throw syntaxError(element.name, cursor.path);
      const all = parent.entries(keyword);
      if (all.length === 0) drop(undefined, cursor, keyword, operation);
      for (const entry of all) drop(entry, cursor, keyword, operation);
      return;
    }
    const key = rawKey === undefined ? undefined : accept(statement, rawKey, cursor.path);
    const present = parent.find(keyword, key);
    if (operation === 'delete' || operation === 'remove') {
      drop(present, cursor, key ?? keyword, operation);
      return;
    }
    // Schema: RFC 6241 section 7.2, `create` of what exists; Junos's words are not recorded.
    if (operation === 'create' && present !== undefined) {
      throw new Refusal({
        severity: 'error',
        message: 'statement already exists',
        path: editPath([...cursor.path, present]),
        badElement: key ?? keyword,
      });
    }
    if (operation === 'replace' && present !== undefined) parent.remove(present);
    const effective = operation ?? inherited;
    if (effective === 'none' && present === undefined && statement.kind !== 'container') {
      notFound(key ?? keyword, cursor.path);
      return;
    }
    if (statement.kind === 'leaf' && text === '' && element.children.length === 0)
      throw syntaxError(element.name, cursor.path);
    const value = statement.kind === 'leaf' ? accept(statement, text, cursor.path) : undefined;
    const existed = parent.find(keyword, key) !== undefined;
    const node = parent.ensure(statement, keyword, key);
    if (value !== undefined) node.value = value;
    if (attribute(element, 'inactive') !== undefined) node.inactive = true;
    if (attribute(element, 'active') !== undefined) node.inactive = false;
    const inner = below(cursor, node, statement);
    if (statement.kind === 'open') openChildren(inner, element, name, text);
    for (const sub of statement.kind === 'leaf' || statement.kind === 'open' ? [] : element.children) {
      if (statement.kind === 'list' && sub.name === 'name') continue;
      if (sub.name === statement.argument) node.value = sub.text.trim();
      else guard(() => one(inner, sub, effective));
    }
    // What lost its last child and got another one in the same load was never empty in the end.
    if (node.children.size > 0 && parent.find(keyword, key) === undefined) parent.attach(node);
    if (!existed && node.isEmpty && node.children.size === 0) parent.remove(node);
  };

  const openChildren = (cursor: Cursor, element: XmlElement, name: string | undefined, text: string): void => {
    const target =
      name === undefined ? cursor : below(cursor, cursor.node.ensure(cursor.statement, name), cursor.statement);
    if (element.children.length === 0 && text !== '') cursor.node.ensure(cursor.statement, text);
    for (const sub of element.children) if (sub.name !== 'name') guard(() => one(target, sub, 'merge'));
  };

  for (const element of configuration.children) guard(() => one(start, element, load.defaultOperation));
  return problems;
}

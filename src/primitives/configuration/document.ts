import { isAbsolute, relative } from 'node:path';
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml';
import type { PathSegment, Problem } from './problem';

/** A configuration file's text with the way back from an option's path to its line. */
export interface SourceDocument {
  /** The file's content as plain data; options without a value are left out. */
  readonly data: unknown;
  /** Syntax errors; when there are any, `data` is not to be used. */
  readonly problems: readonly Problem[];
  /** `portwarden.yaml:12:5` of the option, or of the nearest section that exists. */
  readonly locate: (path: readonly PathSegment[]) => string;
}

/** A file's name in messages: short when it is below the folder that the process was started in. */
export function shownName(file: string, cwd: string): string {
  const name = relative(cwd, file);
  return name === '' || name.startsWith('..') || isAbsolute(name) ? file : name;
}

/** Reads YAML. Never throws. Messages carry no excerpt of the file, which might hold a misplaced secret. */
export function readDocument(text: string, fileName: string): SourceDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  const problems = document.errors.map((error) => ({
    where: at(error.pos[0]),
    path: '',
    rule:
      error.code === 'DUPLICATE_KEY' ? 'an option is given twice' : `is not valid YAML: ${firstLine(error.message)}`,
  }));
  const root = document.contents;
  const locate = (path: readonly PathSegment[]): string => at(offsetOf(root, path));
  if (problems.length > 0) return { data: undefined, problems, locate };
  try {
    return { data: withoutEmpty(document.toJS({ maxAliasCount: 100 }) ?? {}), problems, locate };
  } catch (error) {
    const rule = `is not valid YAML: ${firstLine(error instanceof Error ? error.message : String(error))}`;
    return { data: undefined, problems: [{ where: at(0), path: '', rule }], locate };
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

function offsetOf(root: Node | null, path: readonly PathSegment[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const segment of path) {
    const next = child(node, segment);
    if (next === undefined) return offset;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function child(node: unknown, segment: PathSegment): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair: Pair | undefined = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(segment),
    );
    return pair === undefined
      ? undefined
      : { node: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isSeq(node) && typeof segment === 'number') {
    const item = node.items[segment];
    return item === undefined ? undefined : { node: item, offset: (item as Node).range?.[0] };
  }
  return undefined;
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutEmpty(inner)]),
  );
}

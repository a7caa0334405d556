import { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import { pathText, type PathSegment, type Problem } from '../primitives/configuration/problem';
import { configurationSchema } from './schema';

/** One line for a problem. */
function problemText(problem: Problem): string {
  return [problem.where, problem.path, problem.rule].filter((part) => part !== '').join(' ');
}

/** The error that ends a start: every problem on a line of its own. */
export function configurationError(problems: readonly Problem[]): PortwardenError {
  const lines = [...new Set(problems.map(problemText))];
  const title =
    lines.length === 1 ? 'The configuration has a problem:' : `The configuration has ${lines.length} problems:`;
  return new PortwardenError('invalid-configuration', [title, ...lines.map((line) => `  ${line}`)].join('\n'), {
    details: { problems: lines },
  });
}

/** The rule that a value breaks, for issues that carry no rule of their own. */
export function ruleOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${NOUNS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `must have at least ${String(issue.minimum)}`;
    case 'too_big':
      return `must have at most ${String(issue.maximum)}`;
    default:
      return 'is invalid';
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a section with options',
  record: 'a section with entries',
  string: 'text (put it in quotes)',
};

/** Splits an issue of the schema into problems: one for each unknown option. */
export function problemsOf(
  issue: z.core.$ZodIssue,
  locate: (path: readonly PathSegment[]) => string,
): readonly Problem[] {
  const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  if (issue.code === 'invalid_union') return problemsOfMeant(issue, locate);
  if (issue.code !== 'unrecognized_keys') return [{ where: locate(path), path: pathText(path), rule: issue.message }];
  const known = knownOptions(path);
  return issue.keys.map((key) => ({
    where: locate([...path, key]),
    path: pathText([...path, key]),
    rule: `is not an option${hint(key, known)}`,
  }));
}

/** Of the forms that an option may have, the problems of the one that was meant: the form whose kind the value is of. */
function problemsOfMeant(
  issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>,
  locate: (path: readonly PathSegment[]) => string,
): readonly Problem[] {
  const isOtherKind = ({ code, path }: z.core.$ZodIssue): boolean => code === 'invalid_type' && path.length === 0;
  const meant = issue.errors.find((issues) => !issues.some(isOtherKind)) ?? issue.errors[0] ?? [];
  return meant.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, locate));
}

function hint(key: string, known: readonly string[]): string {
  if (/^(password|token|secret|apiKey|bearerToken|passphrase)$/i.test(key)) {
    return '; secrets are not read from this file but from environment variables';
  }
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(key.length / 3)))
    return `; did you mean ${nearest.name}?`;
  return known.length === 0 ? '' : `; the options here are ${known.join(', ')}`;
}

/** A JSON Schema node, as far as it is walked here. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly whenAbsent?: string;
  readonly key?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  /** The forms that an option may have. */
  readonly anyOf?: readonly SchemaNode[];
}

/** The file's shape as JSON Schema, as a person writes it (before defaults and parsing). */
export function configurationJsonSchema(): SchemaNode {
  return z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

function knownOptions(path: readonly PathSegment[]): readonly string[] {
  let nodes: readonly SchemaNode[] = [configurationJsonSchema()];
  for (const segment of path) nodes = nodes.flatMap((node) => formsOf(childOf(node, segment)));
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
}

function childOf(node: SchemaNode, segment: PathSegment): SchemaNode | undefined {
  if (typeof segment === 'number') return node.items;
  const { additionalProperties: additional } = node;
  return node.properties?.[segment] ?? (typeof additional === 'object' ? additional : undefined);
}

function formsOf(node: SchemaNode | undefined): readonly SchemaNode[] {
  return node === undefined ? [] : (node.anyOf ?? [node]);
}

/** Levenshtein distance: insertions, deletions and substitutions between two texts. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substituted));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

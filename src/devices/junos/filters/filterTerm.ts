import { textDigest } from '../../../domain/change/removals';
import type { PortName } from '../../../domain/values/port';
import { pathWords, type Edit, type PathStep } from '../edit';
import type { FilterDirection } from '../policyStatements';
import type { XmlElement } from '../../../clients/netconf/xml';
import { isInactive, keyOf } from '../statementTags';

/**
 * One term of a filter: it accepts what meets all its conditions (`ip-protocol tcp`, `destination-port 22`). What no term
 * accepts a filter drops, so terms that only accept mean the same in whatever order they stand.
 */
export interface FilterTerm {
  readonly name: string;
  /** As words below `from`, sorted. */
  readonly conditions: readonly string[];
}

/** How the names of portwarden's filters begin; a filter of another name is somebody else's. */
export const FILTER_PREFIX = 'portwarden-';

/** The name of portwarden's filter of a port (letters, digits and hyphens, at most 64). */
export function filterName(port: PortName, direction: FilterDirection): string {
  return `${FILTER_PREFIX}${port.replace(/[^A-Za-z0-9]+/g, '-')}-${direction === 'input' ? 'in' : 'out'}`;
}

/** A term from its conditions; the name follows from them, so that equal terms are one. */
export function termOf(conditions: readonly string[]): FilterTerm {
  const sorted = [...new Set(conditions)].sort();
  return { name: `t-${textDigest(sorted.join('\n'))}`, conditions: sorted };
}

/** Reads a term as the switch has it; undefined for one that portwarden would not write. */
export function parseTerm(element: XmlElement): FilterTerm | undefined {
  const from = element.children.find(({ name }) => name === 'from');
  const then = element.children.find(({ name }) => name === 'then');
  const acts = then?.children.map(({ name }) => name).join(' ') ?? '';
  if (from === undefined || acts !== 'accept' || [element, from, then].some(isDeactivated)) return undefined;
  const term = termOf(flatten(from));
  return term.name === keyOf(element) ? term : undefined;
}

/** Where a filter stands. */
export function filterPath(name: string): readonly PathStep[] {
  return [
    { element: 'firewall' },
    { element: 'family' },
    { element: 'ethernet-switching' },
    { element: 'filter', key: name },
  ];
}

/** The edits that write a term into a filter. */
export function termEdits(filter: string, { name, conditions }: FilterTerm): readonly Edit[] {
  const term = [...filterPath(filter), { element: 'term', key: name }];
  const from = [...term, { element: 'from' }];
  const leaves = new Map<string, { path: readonly PathStep[]; leaves: { element: string; value: string }[] }>();
  const edits: Edit[] = [];
  for (const condition of conditions) {
    const words = condition.split(' ');
    const family = words[0] === 'ip-version' ? words.splice(0, 2) : [];
    const path = [...from, ...family.map((element) => ({ element }))];
    const [element = '', value] = words;
    if (value === undefined) edits.push({ kind: 'set', path: [...path, { element }], leaves: [] });
    else if (element.endsWith('-address'))
      edits.push({ kind: 'set', path: [...path, { element, key: value }], leaves: [] });
    else {
      const place = leaves.get(family.join(' ')) ?? { path, leaves: [] };
      leaves.set(family.join(' '), { path, leaves: [...place.leaves, { element, value }] });
    }
  }
  return [
    ...[...leaves.values()].map((place): Edit => ({ kind: 'set', ...place })),
    ...edits,
    { kind: 'set', path: [...term, { element: 'then' }, { element: 'accept' }], leaves: [] },
  ];
}

/** The lines of a term, in words from the top. */
export function termLines(filter: string, { name, conditions }: FilterTerm): readonly (readonly string[])[] {
  const term = [...pathWords(filterPath(filter)), 'term', name];
  return [...conditions.map((condition) => [...term, 'from', ...condition.split(' ')]), [...term, 'then', 'accept']];
}

function isDeactivated(element: XmlElement | undefined): boolean {
  return element !== undefined && isInactive(element);
}

/** The conditions below an element, as words. What is deactivated or excepted shows as a word that portwarden never writes. */
function flatten(element: XmlElement): readonly string[] {
  return element.children
    .filter(({ name }) => name !== 'name')
    .flatMap((child): readonly string[] => {
      const key = keyOf(child);
      const words = [...(isInactive(child) ? ['inactive'] : []), child.name, ...(key === '' ? [] : [key])];
      const inner = child.children.filter(({ name }) => name !== 'name');
      if (inner.length > 0) return flatten(child).map((below) => [...words, below].join(' '));
      const text = child.text.trim();
      return [[...words, ...(key !== '' || text === '' ? [] : [text])].join(' ')];
    });
}

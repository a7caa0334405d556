import type { CandidateDiff, DiffEntry } from './textDiff';
import type { XmlElement } from '../../clients/netconf/xml';
import { keyOf } from './statementTags';

/**
 * The difference between two configurations read as XML, for servers that have no `compare`. Order in lists is
 * ignored.
 */
export function diffConfigurations(before: XmlElement, after: XmlElement): CandidateDiff {
  const present = flatten(before);
  const wanted = flatten(after);
  const entries: DiffEntry[] = [];
  for (const [id, entry] of present) if (!wanted.has(id)) entries.push({ sign: '-', ...entry });
  for (const [id, entry] of wanted) if (!present.has(id)) entries.push({ sign: '+', ...entry });
  const text = entries
    .filter((entry) => !isParent(entry, entries))
    .map((entry) => `${entry.sign} ${entry.words.join(' ')}`);
  return { text: text.join('\n'), entries, unreadable: [] };
}

type Flat = Pick<DiffEntry, 'words' | 'container'>;

function flatten(configuration: XmlElement): ReadonlyMap<string, Flat> {
  const found = new Map<string, Flat>();
  const visit = (element: XmlElement, parent: string, above: readonly string[]): void => {
    const words = [...above, ...wordsOf(element, parent)];
    const inner = element.children.filter((child) => child.name !== 'name');
    const container = element.children.length > 0 || element.text === '';
    found.set(JSON.stringify(words), { words, container });
    for (const child of inner) visit(child, element.name, words);
  };
  for (const child of configuration.children) visit(child, configuration.name, []);
  return found;
}

/** Lists whose entries have no word of their own in Junos's text form, by what they stand in. */
const UNNAMED: ReadonlyMap<string, string> = new Map([
  ['vlans', 'vlan'],
  ['interfaces', 'interface'],
]);

function wordsOf(element: XmlElement, parent: string): readonly string[] {
  const key = keyOf(element);
  if (key !== '') return UNNAMED.get(parent) === element.name ? [key] : [element.name, key];
  return element.children.length === 0 && element.text !== '' ? [element.name, element.text] : [element.name];
}

function isParent(entry: DiffEntry, entries: readonly DiffEntry[]): boolean {
  const start = JSON.stringify(entry.words).slice(0, -1);
  return (
    entry.container && entries.some((other) => other !== entry && JSON.stringify(other.words).startsWith(`${start},`))
  );
}

/** What of a node's network configuration is staged and not running. */
export interface StagedChanges {
  /** Whether an interface's stanza differs, or may differ, from what runs. */
  readonly concerns: (iface: string) => boolean;
}

/** Whatever differs cannot be told from the text: any interface may. */
const ANYTHING: StagedChanges = { concerns: () => true };

/** How many unchanged lines `diff -u` shows before and after a change. */
const CONTEXT_LINES = 3;
/** Beginnings of lines of interfaces(5) whose effect on interfaces is not followed here. */
const OTHER_STANZAS = /^(source|source-directory|mapping|no-auto-down|no-scripts|rename|template)(\s|$)/;

/**
 * Reads the `changes` that stand beside `data` in GET /nodes/{node}/network: the output of `diff -b -N -u` between
 * `/etc/network/interfaces` and `interfaces.new` (pve-common, PVE::INotify). It is there exactly while the two differ,
 * and `data` is then what is staged (pve-manager, PVE/API2/Network.pm).
 * @returns undefined when nothing is staged.
 */
export function stagedChanges(changes: unknown): StagedChanges | undefined {
  if (changes === undefined || changes === null || changes === '') return undefined;
  const names = typeof changes === 'string' ? changedInterfaces(changes) : undefined;
  return names === undefined ? ANYTHING : { concerns: (iface) => names.has(iface) };
}

/** The interfaces whose lines differ; undefined when a line cannot be laid to an interface for certain. */
function changedInterfaces(diff: string): ReadonlySet<string> | undefined {
  const [before = '', after = '', ...lines] = diff.split(/\r?\n/);
  if (!before.startsWith('--- ') || !after.startsWith('+++ ') || !lines.some((line) => line.startsWith('@@')))
    return undefined;
  const names = new Set<string>();
  let hunk = new Hunk();
  for (const line of [...lines, '@@']) {
    const ends = line.startsWith('@@');
    const concerned = ends ? hunk.end() : hunk.read(line);
    if (concerned === undefined) return undefined;
    for (const name of concerned) names.add(name);
    if (ends) hunk = new Hunk();
  }
  return names;
}

/**
 * One hunk. It may begin in the middle of a stanza: until the next heading it is not known which interface the lines
 * are of. Its methods return the interfaces that a line concerns, or undefined when that cannot be told.
 */
class Hunk {
  /** The interface whose stanza the lines are in, in the running (`-`) and in the staged (`+`) file. */
  private readonly owner: { '-': string | undefined; '+': string | undefined } = { '-': undefined, '+': undefined };

  /** Lines since the last changed one. */
  private unchanged = 0;

  read(line: string): readonly string[] | undefined {
    if (line.startsWith('\\')) return [];
    const sign = line === '' ? ' ' : line.charAt(0);
    this.unchanged = sign === ' ' ? this.unchanged + 1 : 0;
    if (sign !== ' ' && sign !== '-' && sign !== '+') return undefined;
    const text = line.slice(1).trim();
    if (text.endsWith('\\')) return undefined;
    if (text === '' || text.startsWith('#')) return [];
    const iface = /^iface\s+(\S+)/.exec(text)?.[1];
    const listed = /^(?:auto|allow-\S+)\s+(.+)$/.exec(text)?.[1];
    const isHeading = iface !== undefined || listed !== undefined || OTHER_STANZAS.test(text);
    if (isHeading && sign !== '+') this.owner['-'] = iface;
    if (isHeading && sign !== '-') this.owner['+'] = iface;
    if (sign === ' ') return isHeading ? [] : this.bothOwners();
    if (isHeading) return iface === undefined ? listed?.split(/\s+/) : [iface];
    const owner = this.owner[sign];
    return owner === undefined ? undefined : [owner];
  }

  /** After fewer lines of context than diff shows the files end; else there may be more lines of the last stanza. */
  end(): readonly string[] | undefined {
    return this.unchanged < CONTEXT_LINES ? [] : this.bothOwners();
  }

  /** A line that both files have may be of one interface in the one and of another in the other. */
  private bothOwners(): readonly string[] | undefined {
    const { '-': running, '+': staged } = this.owner;
    if (running === staged) return [];
    return running === undefined || staged === undefined ? undefined : [running, staged];
  }
}

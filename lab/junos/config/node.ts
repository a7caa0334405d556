import type { Statement } from './statement';

/** One statement of a configuration tree. */
export class ConfigNode {
  readonly children = new Map<string, ConfigNode>();
  /** `inactive:` in text form: kept, but without effect. */
  inactive = false;
  /** A leaf's value, or a container's value without keyword. */
  value: string | undefined;
  /** Where `inherit` took the statement from; only in trees made by inheritance. */
  group: string | undefined;
  range: string | undefined;

  /** @param key A list entry's key, or one value of a leaf-list. */
  constructor(
    readonly statement: Statement,
    readonly keyword: string,
    readonly key?: string,
  ) {}

  clone(): ConfigNode {
    const copy = this.shallow();
    for (const [id, child] of this.children) copy.children.set(id, child.clone());
    return copy;
  }

  /** A copy without the children. */
  shallow(): ConfigNode {
    const copy = new ConfigNode(this.statement, this.keyword, this.key);
    copy.inactive = this.inactive;
    copy.value = this.value;
    copy.group = this.group;
    copy.range = this.range;
    return copy;
  }

  find(keyword: string, key?: string): ConfigNode | undefined {
    return this.children.get(identity(keyword, key));
  }

  /** The child of that identity, made when it is not there. */
  ensure(statement: Statement, keyword: string, key?: string): ConfigNode {
    const id = identity(keyword, key);
    const present = this.children.get(id);
    if (present !== undefined) return present;
    const made = new ConfigNode(statement, keyword, key);
    this.children.set(id, made);
    return made;
  }

  /** Puts a node back that was removed when it was empty for a moment. */
  attach(node: ConfigNode): void {
    this.children.set(identity(node.keyword, node.key), node);
  }

  remove(node: ConfigNode): void {
    this.children.delete(identity(node.keyword, node.key));
  }

  /** Children in the order in which Junos shows them: that of the grammar, within a list that of insertion. */
  ordered(): ConfigNode[] {
    const names = [...(this.statement.children?.keys() ?? [])];
    const rank = (node: ConfigNode): number => {
      const at = names.indexOf(node.keyword);
      return at < 0 ? names.length : at;
    };
    return [...this.children.values()]
      .map((node) => ({ node, rank: rank(node) }))
      .sort((a, b) => a.rank - b.rank)
      .map((entry) => entry.node);
  }

  /** All entries of one list or leaf-list, in order. */
  entries(keyword: string): ConfigNode[] {
    return [...this.children.values()].filter((c) => c.keyword === keyword);
  }

  /** The node at the end of a path of keywords, each with a key where it is a list (`['interface', 'ge-0/0/1.0']`). */
  at(...path: (string | readonly [string, string])[]): ConfigNode | undefined {
    return path.reduce<ConfigNode | undefined>(
      (node, step) => (typeof step === 'string' ? node?.find(step) : node?.find(...step)),
      this,
    );
  }

  /** Whether the statement stands for something by itself, so that it is shown and kept when nothing is below it. */
  get hasMeaning(): boolean {
    const { kind, presence } = this.statement;
    return kind !== 'container' || presence === true || this.value !== undefined;
  }

  /** Whether there is anything to show. */
  get isEmpty(): boolean {
    return !this.hasMeaning && [...this.children.values()].every((c) => c.isEmpty);
  }
}

function identity(keyword: string, key: string | undefined): string {
  return key === undefined ? keyword : `${keyword}\0${key}`;
}

/** An empty configuration of a grammar. */
export function emptyTree(grammar: Statement): ConfigNode {
  return new ConfigNode(grammar, 'configuration');
}

/** The words with which a statement appears in text and set form, without its children. */
export function words(node: ConfigNode): string[] {
  const { kind, hidden, argument } = node.statement;
  const own = hidden === true ? [] : [node.keyword];
  if (kind === 'list' || kind === 'leaf-list') return [...own, quote(node.key ?? '')];
  if (kind === 'leaf' || argument !== undefined) return node.value === undefined ? own : [...own, quote(node.value)];
  return kind === 'open' ? [quote(node.keyword)] : own;
}

/** Junos puts quotation marks around what is not one plain word. */
function quote(word: string): string {
  return /^[^\s"'`;{}[\]()#&|\\$!]+$/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
}

/** A path as Junos names it in errors and diffs: `[edit interfaces ge-0/0/1]`. */
export function editPath(path: readonly ConfigNode[]): string {
  return `[${['edit', ...path.flatMap(words)].join(' ')}]`;
}

/** What has a number in panel or cluster. The first digit of its number in the shared world says which. */
const KINDS = { server: 1, switch: 2, guest: 3, cluster: 4, subnet: 5 } as const;
export type Numbered = keyof typeof KINDS;

const PER_SCENARIO = 1000;
const PER_KIND = 1_000_000;
const NUMBER = /\b[1-5]\d{6}\b/g;
const MAC = /\b([0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-])([0-9a-f]{2})((?:[:-][0-9a-f]{2}){2})\b/gi;

/** How many scenarios one world can hold apart: their number is an octet of addresses and MACs. */
const MOST_SCENARIOS = 250;

/**
 * The names of one scenario and what they are in the world that all share. In a file `web1` is a server, `10.0.48.5` an
 * address and `02:00:00:00:00:05` a MAC; in the world of the scenario with number 17 they are server 1017001, 10.17.48.5
 * and 02:00:00:11:00:05. What comes back is turned round, so that files only ever see their own words.
 */
export class Names {
  private readonly ids = new Map<string, number>();
  private readonly names = new Map<number, string>();
  private readonly counts = new Map<Numbered, number>();
  private readonly kept = new Map<string, string>();
  private readonly octet: string;

  /** @param index the scenario's number, from 1 */
  constructor(readonly index: number) {
    if (index < 1 || index > MOST_SCENARIOS) throw new Error(`more than ${MOST_SCENARIOS} scenarios`);
    this.octet = index.toString(16).padStart(2, '0');
  }

  /** The number of what has this name; the first mention gives it one. */
  id(kind: Numbered, name: string): number {
    const key = `${kind} ${name}`;
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    const id = KINDS[kind] * PER_KIND + this.index * PER_SCENARIO + count;
    this.ids.set(key, id);
    this.names.set(id, name);
    return id;
  }

  /** A node, cluster, switch or server as the shared world calls it. */
  text(name: string): string {
    return `s${this.index}-${name}`;
  }

  /** What a command printed is `${kept name}` from now on, such as the hash of a plan. */
  keep(name: string, value: string): void {
    this.kept.set(name, value);
  }

  device(name: string): string {
    return `junos:${this.id('switch', name)}`;
  }

  /**
   * Strings as the world has them, also in what is nested: addresses, MACs, and `${server web1}`, `${switch a}`,
   * `${device a}`, `${guest vm1}`, `${cluster pve}`, `${node pve1}`, `${kept hash}`. A text that is nothing but a number's name becomes
   * that number.
   */
  toWorld<T>(value: T): T {
    return deep(value, (text) => this.textToWorld(text)) as T;
  }

  /** What the world says, in the scenario's own words. */
  toLocal<T>(value: T): T {
    const texts = deep(value, (text) => this.textToLocal(text));
    return deepNumbers(texts, (number) => this.names.get(number) ?? number) as T;
  }

  private textToWorld(text: string): string | number {
    const whole = /^\$\{(\w+) ([\w.-]+)\}$/.exec(text);
    if (whole !== null) return this.named(whole[1] ?? '', whole[2] ?? '');
    return text
      .replace(/\$\{(\w+) ([\w.-]+)\}/g, (_all, kind: string, name: string) => String(this.named(kind, name)))
      .replace(/(?<![\d.])10\.0\.(?=\d+\.\d+)/g, `10.${this.index}.`)
      .replace(/\b2001:db8:0:/gi, `2001:db8:${this.index.toString(16)}:`)
      .replace(MAC, (_all, head: string, _octet: string, tail: string) => `${head}${this.octet}${tail}`);
  }

  private textToLocal(text: string): string {
    return text
      .replaceAll(`s${this.index}-`, '')
      .replace(/\bjunos:(?=2\d{6}\b)/g, '')
      .replace(NUMBER, (number) => this.names.get(Number(number)) ?? number)
      .replace(new RegExp(`(?<![\\d.])10\\.${this.index}\\.(?=\\d+\\.\\d+)`, 'g'), '10.0.')
      .replace(new RegExp(`\\b2001:db8:${this.index.toString(16)}:`, 'gi'), '2001:db8:0:')
      .replace(MAC, (all, head: string, octet: string, tail: string) =>
        octet.toLowerCase() === this.octet ? `${head}00${tail}` : all,
      );
  }

  private named(kind: string, name: string): string | number {
    if (kind === 'device') return this.device(name);
    if (kind === 'node' || kind === 'name') return this.text(name);
    const kept = kind === 'kept' ? this.kept.get(name) : undefined;
    if (kept !== undefined) return kept;
    if (!(kind in KINDS))
      throw new Error(
        `there is no \${${kind} …}: server, switch, device, guest, cluster, subnet, node, name, or what a command was to keep`,
      );
    return this.id(kind as Numbered, name);
  }
}

function deep(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((inner) => deep(inner, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [String(change(key)), deep(inner, change)]));
}

function deepNumbers(value: unknown, change: (number: number) => unknown): unknown {
  if (typeof value === 'number') return change(value);
  if (Array.isArray(value)) return value.map((inner) => deepNumbers(inner, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepNumbers(inner, change)]));
}

/** One changed statement of a configuration diff, its full path and value as words. */
export interface DiffEntry {
  /** `!` marks a statement that was activated, deactivated or moved. */
  readonly sign: '+' | '-' | '!';
  readonly words: readonly string[];
  /** What stood before the statement: `inactive:`, `active:`, `protect:`, … without the colon. */
  readonly tag?: string;
  /** True when the entry is a container or an entry without a value (`interface ge-0/0/1.0;`, `group g {`). */
  readonly container: boolean;
}

/** The candidate's difference to the committed configuration. */
export interface CandidateDiff {
  /** As the device shows it, or rendered from its data. Empty when there is none. */
  readonly text: string;
  readonly entries: readonly DiffEntry[];
  /** Lines that could not be understood; with one of them the diff proves nothing. */
  readonly unreadable: readonly string[];
}

/**
 * Reads the output of `show | compare` (Junos CLI guide, "Comparing Configuration Changes with a Prior Version"):
 * `[edit path]` headers, and lines whose first column is `+`, `-`, `!` or a space for context.
 */
export function parseTextDiff(text: string): CandidateDiff {
  const entries: DiffEntry[] = [];
  const unreadable: string[] = [];
  let base: readonly string[] = [];
  let stack: (readonly string[])[] = [];
  const lines = text.split(/\r?\n/);
  for (const line of lines) {
    if (line.trim() === '') continue;
    const header = /^\s*\[edit(?:\s+(.*?))?\]\s*$/.exec(line);
    if (header !== null) {
      base = splitWords(header[1] ?? '');
      stack = [];
      continue;
    }
    const sign = line.charAt(0);
    const statement = readStatement(line.slice(1));
    if (!isSign(sign) && sign !== ' ') {
      unreadable.push(line);
      continue;
    }
    if (statement.kind === 'close') {
      if (stack.pop() === undefined) unreadable.push(line);
      continue;
    }
    if (statement.kind === 'unknown') {
      if (isSign(sign)) unreadable.push(line);
      continue;
    }
    const words = [...base, ...stack.flat(), ...statement.words];
    if (isSign(sign)) {
      const tag = statement.tag === undefined ? {} : { tag: statement.tag };
      entries.push({ sign, words, container: statement.kind === 'open', ...tag });
    }
    if (statement.kind === 'open') stack.push(statement.words);
  }
  if (stack.length > 0) unreadable.push('a block is not closed');
  return { text: text.trim(), entries, unreadable };
}

type Statement =
  | { readonly kind: 'open' | 'leaf'; readonly words: readonly string[]; readonly tag?: string }
  | { readonly kind: 'close' }
  | { readonly kind: 'unknown' };

function readStatement(raw: string): Statement {
  const text = raw.replace(/\s*##.*$/, '').trim();
  if (text === '}') return { kind: 'close' };
  const shape = /^(?:([a-z]+):\s+)?(.*?)\s*(\{ \.\.\. \}|\{|;)$/.exec(text);
  const body = shape?.[2];
  if (shape === null || body === undefined || body.startsWith('/*')) return { kind: 'unknown' };
  const tag = shape[1] === undefined ? {} : { tag: shape[1] };
  return { kind: shape[3] === '{' ? 'open' : 'leaf', words: splitWords(body), ...tag };
}

function isSign(text: string): text is '+' | '-' | '!' {
  return text === '+' || text === '-' || text === '!';
}

function splitWords(text: string): readonly string[] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word));
}

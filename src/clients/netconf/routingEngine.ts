/**
 * Closes `<routing-engine>` elements that a device left open, and nothing else.
 *
 * Recorded of Junos 12.1X46 and of 25.4 clusters: a commit or check that worked is answered by
 * `<routing-engine><name>re0</name><commit-success/><ok/></rpc-reply>` (also with `<nc:ok/>`), which is not well formed.
 * The missing end tag is put before that `<ok/>`, before a further `<routing-engine>`, or before the end tag of the
 * surrounding element, whichever comes first.
 * @returns The mended text, or undefined when no open routing-engine explains what is wrong.
 */
export function closeRoutingEngines(text: string): string | undefined {
  const open: { name: string; local: string }[] = [];
  const parts: string[] = [];
  let copied = 0;
  const closeBefore = (index: number, name: string): void => {
    parts.push(text.slice(copied, index), `</${name}>`);
    copied = index;
    open.pop();
  };
  for (const tag of tags(text)) {
    const top = open.at(-1);
    const local = tag.name.slice(tag.name.indexOf(':') + 1);
    if (tag.closing) {
      if (top !== undefined && top.name !== tag.name && top.local === 'routing-engine')
        closeBefore(tag.index, top.name);
      if (open.pop()?.name !== tag.name) return undefined;
      continue;
    }
    if (top?.local === 'routing-engine' && (local === 'ok' || local === 'routing-engine'))
      closeBefore(tag.index, top.name);
    if (!tag.empty) open.push({ name: tag.name, local });
  }
  if (parts.length === 0 || open.length > 0) return undefined;
  parts.push(text.slice(copied));
  return parts.join('');
}

interface Tag {
  readonly index: number;
  readonly name: string;
  readonly closing: boolean;
  readonly empty: boolean;
}

/** The tags of a text in order; comments, CDATA and processing instructions are skipped. Stops at what is unfinished. */
function* tags(text: string): Generator<Tag, void, undefined> {
  let at = text.indexOf('<');
  while (at !== -1) {
    const skipped = skipTo(text, at);
    if (skipped === -1) return;
    if (skipped === undefined) {
      const end = tagEnd(text, at);
      if (end === -1) return;
      const closing = text[at + 1] === '/';
      const inner = text.slice(at + (closing ? 2 : 1), end);
      const name = /^[^\s/]+/.exec(inner)?.[0] ?? '';
      yield { index: at, name, closing, empty: !closing && inner.endsWith('/') };
      at = text.indexOf('<', end + 1);
    } else {
      at = text.indexOf('<', skipped);
    }
  }
}

/** Where a comment, CDATA section or processing instruction ends; -1 when it does not; undefined when this is a tag. */
function skipTo(text: string, at: number): number | undefined {
  for (const [start, end] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
    ['<?', '?>'],
  ] as const) {
    if (!text.startsWith(start, at)) continue;
    const found = text.indexOf(end, at + start.length);
    return found === -1 ? -1 : found + end.length;
  }
  return undefined;
}

/** Index of the `>` that ends a tag, quoted attribute values skipped; -1 when there is none. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let index = from; index < text.length; index += 1) {
    const character = text[index];
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return index;
  }
  return -1;
}

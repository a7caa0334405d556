/** One element as a NETCONF server has to see it: namespace resolved, character data kept as sent. */
export interface XmlElement {
  readonly prefix: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Own character data, concatenated, not trimmed. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

/** The text is not well-formed XML. */
export class XmlSyntaxError extends Error {}

interface OpenElement extends XmlElement {
  readonly attributes: XmlAttribute[];
  readonly children: XmlElement[];
  text: string;
  readonly scope: ReadonlyMap<string, string>;
  readonly qualified: string;
}

const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<\/([^\s<>]+)\s*>|<([^\s<>/!?=]+)((?:\s+[^\s<>/="']+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([^;\s]*));?/g,
    (whole, hex?: string, dec?: string, name?: string) => {
      if (hex !== undefined || dec !== undefined) {
        const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(dec ?? '', 10);
        if (code > 0x10ffff) throw new XmlSyntaxError(`bad character reference ${whole}`);
        return String.fromCodePoint(code);
      }
      const plain = NAMED[name ?? ''];
      if (plain === undefined || !whole.endsWith(';')) throw new XmlSyntaxError(`bad entity ${whole}`);
      return plain;
    },
  );
}

/** Escapes character data and attribute values. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&quot;'));
}

function splitName(qualified: string): [prefix: string, local: string] {
  const colon = qualified.indexOf(':');
  return colon < 0 ? ['', qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)];
}

function openElement(qualified: string, attributeText: string, parent: OpenElement | undefined): OpenElement {
  const declared: (readonly [string, string])[] = [];
  const attributes: XmlAttribute[] = [];
  for (const match of attributeText.matchAll(ATTRIBUTE)) {
    const value = unescape(match[2] ?? match[3] ?? '');
    const [prefix, name] = splitName(match[1] ?? '');
    if (prefix === 'xmlns') declared.push([name, value]);
    else if (prefix === '' && name === 'xmlns') declared.push(['', value]);
    else attributes.push({ prefix, name, value });
  }
  const inherited = parent?.scope ?? new Map<string, string>();
  const scope = declared.length === 0 ? inherited : new Map([...inherited, ...declared]);
  const [prefix, name] = splitName(qualified);
  const namespace = scope.get(prefix);
  if (prefix !== '' && namespace === undefined) throw new XmlSyntaxError(`undeclared prefix ${prefix}`);
  return { prefix, name, namespace: namespace ?? '', attributes, children: [], text: '', scope, qualified };
}

/**
 * Parses one document. Comments, processing instructions and a byte order mark are skipped.
 * @throws XmlSyntaxError when the text is not well formed.
 */
export function parseXml(document: string): XmlElement {
  const text = document.replace(/^\uFEFF/, '');
  const stack: OpenElement[] = [];
  let root: OpenElement | undefined;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new XmlSyntaxError(`unexpected text at character ${String(at)}`);
    const [, cdata, closing, opening, attributeText, selfClosing, characters] = match;
    const top = stack.at(-1);
    if (opening !== undefined) {
      if (top === undefined && root !== undefined) throw new XmlSyntaxError('more than one root element');
      const element = openElement(opening, attributeText ?? '', top);
      top?.children.push(element);
      root ??= element;
      if (selfClosing !== '/') stack.push(element);
    } else if (closing !== undefined) {
      if (top === undefined || top.qualified !== closing) throw new XmlSyntaxError(`unexpected </${closing}>`);
      stack.pop();
    } else if (cdata !== undefined || characters !== undefined) {
      const data = cdata ?? unescape(characters ?? '');
      if (top !== undefined) top.text += data;
      else if (data.trim() !== '') throw new XmlSyntaxError('text outside the root element');
    }
  }
  if (root === undefined || stack.length > 0) throw new XmlSyntaxError('the document ends too early');
  return root;
}

/** The first child element of a name, whatever its namespace. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((c) => c.name === name);
}

/** The value of an attribute by local name, whatever its prefix. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((a) => a.name === name)?.value;
}

import { PortwardenError } from '../../domain/errors';

/** What an element to be sent contains. `undefined` is left out, so optional children can be written inline. */
export type XmlContent = XmlNode | string | undefined;

/** An element to be sent. Values are plain text; escaping happens in `serialize`. */
export interface XmlNode {
  /** Name as it goes over the wire, with its prefix if it has one. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: readonly (XmlNode | string)[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?$/;
// What XML 1.0 section 2.2 cannot carry even as a character reference: most control characters, lone surrogates,
// U+FFFE and U+FFFF.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * Builds an element. Attributes may be left out by passing `{}` or `undefined`.
 * @throws PortwardenError `device-rejected` when a name is no XML name or a value holds a character that XML 1.0 cannot carry.
 */
export function element(
  name: string,
  attributes?: Readonly<Record<string, string>>,
  ...content: readonly XmlContent[]
): XmlNode {
  checkName(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    checkName(key);
    checkText(value);
  }
  const kept: (XmlNode | string)[] = [];
  for (const item of content) {
    if (item === undefined) continue;
    if (typeof item === 'string') checkText(item);
    kept.push(item);
  }
  return { name, attributes: attributes ?? {}, content: kept };
}

/** Writes one or several elements as XML without any added white space. */
export function serialize(...nodes: readonly XmlNode[]): string {
  const parts: string[] = [];
  for (const node of nodes) write(node, parts);
  return parts.join('');
}

function write(node: XmlNode, parts: string[]): void {
  parts.push('<', node.name);
  for (const [key, value] of Object.entries(node.attributes)) parts.push(' ', key, '="', escapeAttribute(value), '"');
  if (node.content.length === 0) {
    parts.push('/>');
    return;
  }
  parts.push('>');
  for (const item of node.content) {
    if (typeof item === 'string') parts.push(escapeText(item));
    else write(item, parts);
  }
  parts.push('</', node.name, '>');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser would turn these into spaces or line feeds (XML 1.0 sections 2.11 and 3.3.3).
  '\r': '&#13;',
};
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = { ...ESCAPES, '\t': '&#9;', '\n': '&#10;' };

function escapeText(value: string): string {
  return value.replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? character);
}

function escapeAttribute(value: string): string {
  return value.replace(/[&<>"'\r\t\n]/g, (character) => ATTRIBUTE_ESCAPES[character] ?? character);
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw new PortwardenError('device-rejected', `${JSON.stringify(name)} is not an XML name.`);
}

function checkText(value: string): void {
  const found = FORBIDDEN.exec(value);
  if (found === null) return;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw new PortwardenError('device-rejected', `A value holds U+${code}, which XML cannot carry to the device.`);
}

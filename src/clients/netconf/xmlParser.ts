import { SaxesParser } from 'saxes';
import { PortwardenError } from '../../domain/errors';
import { closeRoutingEngines } from './routingEngine';
import type { XmlElement } from './xmlElement';

/** A parsed document. */
export interface ParsedXml {
  readonly root: XmlElement;
  /** True when the text was not well formed and only mending it made it readable. */
  readonly mended: boolean;
}

/** Bounds that keep a broken or hostile device from exhausting memory. */
export interface XmlLimits {
  /** UTF-16 units of the document. */
  readonly length: number;
  readonly depth: number;
  readonly elements: number;
}

/** The bounds used when none are given. */
const XML_LIMITS: XmlLimits = { length: 64 * 1024 * 1024, depth: 200, elements: 2_000_000 };

// Everything XML 1.0 section 2.2 excludes but lone surrogates, which stay an error.
const CONTROL_CHARACTERS = /[^\t\n\r\u0020-\uFFFD]/g;

/** Prefixes that Junos uses, for replies that forgot to declare them. */
const WELL_KNOWN_PREFIXES: Readonly<Record<string, string>> = {
  nc: 'urn:ietf:params:xml:ns:netconf:base:1.0',
  xnm: 'http://xml.juniper.net/xnm/1.1/xnm',
  xml: 'http://www.w3.org/XML/1998/namespace',
};

/**
 * Reads one XML document as NETCONF servers send it: byte order mark, control characters, and comments or processing
 * instructions before and after the root are tolerated; a document type is not (RFC 6241 section 3), so there are no
 * external entities. Values stay strings.
 *
 * Junos releases are known to leave `<routing-engine>` open in commit replies; such a text is mended and marked.
 * @throws PortwardenError `device-protocol` for anything that cannot be read, never anything else. The message holds no
 *   excerpt, for the text may be configuration with secrets.
 */
export function parseXml(text: string, limits: XmlLimits = XML_LIMITS): ParsedXml {
  if (text.length > limits.length) {
    throw new PortwardenError('device-protocol', `The XML is longer than ${limits.length} characters.`);
  }
  const start = skipProlog(text);
  const body = text.slice(start).replace(CONTROL_CHARACTERS, '');
  try {
    return { root: parseStrictly(body, limits), mended: false };
  } catch (error) {
    const mended = error instanceof NotWellFormed ? closeRoutingEngines(body) : undefined;
    if (mended !== undefined) {
      try {
        return { root: parseStrictly(mended, limits), mended: true };
      } catch {
        // The first error describes the text as it came.
      }
    }
    throw notXml(error);
  }
}

/** Not well-formed XML, as opposed to XML that exceeds a limit. */
class NotWellFormed extends Error {}

function notXml(error: unknown): PortwardenError {
  if (error instanceof PortwardenError) return error;
  const reason = error instanceof Error ? error.message.slice(0, 120) : 'unknown reason';
  return new PortwardenError('device-protocol', `The device sent XML that cannot be read: ${reason}`);
}

/** Index of the root element's `<`: behind byte order mark, declaration, comments and stray control characters. */
function skipProlog(text: string): number {
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('<', at);
    if (open === -1 || /[^\s\p{Cc}\uFEFF\uFFFE\uFFFF]/u.test(text.slice(at, Math.min(open, at + 64)))) break;
    const end = text.startsWith('<?', open)
      ? text.indexOf('?>', open + 2)
      : text.startsWith('<!--', open)
        ? text.indexOf('-->', open + 4)
        : undefined;
    if (end === undefined) return open;
    if (end === -1) break;
    at = end + (text[open + 1] === '?' ? 2 : 3);
  }
  throw new PortwardenError('device-protocol', 'The device sent something that is not XML.');
}

interface Building {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  readonly bindings: Readonly<Record<string, string>>;
  text: string;
}

function parseStrictly(text: string, limits: XmlLimits): XmlElement {
  const parser = new SaxesParser({ position: false, xmlns: false } as const);
  const stack: Building[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  parser.on('error', (error) => {
    throw new NotWellFormed(error.message);
  });
  parser.on('doctype', () => {
    throw new PortwardenError('device-protocol', 'The device sent a document type declaration, which NETCONF forbids.');
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (stack.length >= limits.depth || elements > limits.elements) {
      throw new PortwardenError('device-protocol', 'The XML is nested too deeply or has too many elements.');
    }
    stack.push(openElement(tag.name, tag.attributes, stack.at(-1)?.bindings ?? WELL_KNOWN_PREFIXES));
  });
  parser.on('text', (data) => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += data;
  });
  parser.on('cdata', (data) => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += data;
  });
  parser.on('closetag', () => {
    const done = stack.pop();
    if (done === undefined) return;
    const finished: XmlElement = {
      name: done.name,
      ...(done.namespace === undefined ? {} : { namespace: done.namespace }),
      attributes: done.attributes,
      children: done.children,
      text: done.text.trim(),
    };
    const parent = stack.at(-1);
    if (parent === undefined) root = finished;
    else parent.children.push(finished);
  });
  parser.write(text).close();
  if (root === undefined) throw new NotWellFormed('no root element.');
  return root;
}

function openElement(
  rawName: string,
  rawAttributes: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string>>,
): Building {
  let bindings = inherited;
  const attributes: Record<string, string> = {};
  for (const [rawKey, value] of Object.entries(rawAttributes)) {
    const [prefix, key] = splitName(rawKey);
    if (rawKey === 'xmlns' || prefix === 'xmlns') {
      if (bindings === inherited) bindings = Object.assign(Object.create(null), inherited) as Record<string, string>;
      (bindings as Record<string, string>)[rawKey === 'xmlns' ? '' : key] = value;
    } else if (prefix === '' || !Object.hasOwn(rawAttributes, key)) {
      Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
    }
  }
  const [prefix, name] = splitName(rawName);
  const namespace = bindings[prefix];
  return {
    name,
    namespace: namespace === '' ? undefined : namespace,
    attributes,
    children: [],
    bindings,
    text: '',
  };
}

function splitName(name: string): [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon === -1 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}

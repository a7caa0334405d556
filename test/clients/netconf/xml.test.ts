import fc from 'fast-check';
import { PortwardenError } from '../../../src/domain/errors';
import { closeRoutingEngines } from '../../../src/clients/netconf/routingEngine';
import {
  child,
  childAt,
  childrenOf,
  childText,
  descendant,
  descendants,
  element,
  parseXml,
  serialize,
  type XmlElement,
  type XmlNode,
} from '../../../src/clients/netconf/xml';
import { codeOf, thrownBy } from './failures';
import { fuzzRuns } from './fuzzRuns';
import { anyText } from '../../support/anyText';

const JUNOS = 'xmlns:junos="http://xml.juniper.net/junos/12.1X46/junos"';

function parse(text: string): XmlElement {
  const { root, mended } = parseXml(text);
  expect(mended).toBe(false);
  return root;
}

describe('reading', () => {
  test('strips prefixes and resolves namespaces', () => {
    const root = parse('<nc:a xmlns:nc="urn:n" xmlns="urn:d"><b nc:operation="delete" plain="1"/><c xmlns=""/></nc:a>');
    expect(root).toMatchObject({ name: 'a', namespace: 'urn:n' });
    expect(child(root, 'b')).toMatchObject({ namespace: 'urn:d', attributes: { operation: 'delete', plain: '1' } });
    expect(child(root, 'c')?.namespace).toBeUndefined();
  });

  test('prefers the plain attribute over a prefixed one of the same name', () => {
    expect(parse('<a x:name="1" name="2"/>').attributes).toEqual({ name: '2' });
    expect(parse('<a name="2" x:name="1"/>').attributes).toEqual({ name: '2' });
  });

  test('reads prefixes that were never declared', () => {
    expect(parse('<rpc-reply><xnm:error><message>m</message></xnm:error><x:y/></rpc-reply>').children).toMatchObject([
      { name: 'error', namespace: 'http://xml.juniper.net/xnm/1.1/xnm' },
      { name: 'y' },
    ]);
  });

  test('keeps values as trimmed strings', () => {
    const root = parse(
      '<a><n>007</n><t>\n statement not found\n</t><e>1e3</e><x>&lt;&#65;&#x42;&amp;</x><c> <![CDATA[<raw>]]> y</c></a>',
    );
    expect(root.children.map((at) => at.text)).toEqual(['007', 'statement not found', '1e3', '<AB&', '<raw> y']);
  });

  test.each([
    ['byte order mark', '\uFEFF<a/>'],
    ['declaration', '<?xml version="1.0" encoding="us-ascii"?><a/>'],
    [
      'comments first, then the declaration',
      '<!-- No zombies were killed -->\n<!-- user x, class j-super-user -->\n<?xml version="1.0"?>\n<a/>',
    ],
    ['a comment behind', '<a/>\n<!-- session end at 2026-01-01 -->\n'],
    ['a processing instruction inside', '<a><?junos x?></a>'],
    ['control characters', '\u0000\u0007<a>\u001B\u0008</a>\u0000'],
  ])('tolerates %s', (_what, text) => {
    expect(parse(text)).toEqual({ name: 'a', attributes: {}, children: [], text: '' });
  });

  test('is not confused by names of JavaScript objects', () => {
    const root = parse('<constructor __proto__="x" toString="y"><hasOwnProperty/></constructor>');
    expect(Object.entries(root.attributes)).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ]);
    expect(root.namespace).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['plain text', 'Permission denied.'],
    ['text before the root', 'banner <a/>'],
    ['an unfinished element', '<a><b></a>'],
    ['an unfinished comment', '<!-- x'],
    ['two roots', '<a/><b/>'],
    ['text behind the root', '<a/>x'],
    ['a repeated attribute', '<a b="1" b="2"/>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['a document type behind a comment', '<!-- c --><!DOCTYPE a><a/>'],
    ['a lone surrogate', '<a>\uD800</a>'],
  ])('refuses %s', (_what, text) => {
    expect(thrownBy(() => parseXml(text)).code).toBe('device-protocol');
  });

  test('shows nothing of the text in its errors', () => {
    const text = '<a><secret>$9$abcdef</secret><b></a>';
    expect(thrownBy(() => parseXml(text)).message).not.toContain('$9$');
  });

  test('bounds length, depth and number of elements', () => {
    const limits = { length: 100, depth: 3, elements: 5 };
    expect(parseXml('<a><b><c/></b></a>', limits).root.name).toBe('a');
    for (const text of ['<a><b><c><d/></c></b></a>', '<a><b/><b/><b/><b/><b/></a>', `<a>${'x'.repeat(100)}</a>`]) {
      expect(thrownBy(() => parseXml(text, limits)).code).toBe('device-protocol');
    }
  });

  test('reads a reply of 10 MB', () => {
    const one =
      '<interface><name>ge-0/0/1.0</name><static-ip><name>192.0.2.1</name><mac>02:00:00:00:00:01</mac></static-ip></interface>';
    const count = Math.ceil((10 * 1024 * 1024) / one.length);
    const root = parse(`<rpc-reply>${one.repeat(count)}</rpc-reply>`);
    expect(childrenOf(root, 'interface')).toHaveLength(count);
  });

  test.each(['<', '<!--', '<b "', '<![CDATA[', '<b>', '</b>', '&', '<?', '<routing-engine>', '<b a="'])(
    'is done with a megabyte of %s',
    (piece) => {
      const text = `<a>${piece.repeat(Math.ceil((1024 * 1024) / piece.length))}`;
      expect(() => parseXml(text)).toThrow(PortwardenError);
    },
  );
});

describe('finding', () => {
  const root = parse('<a><b><name>1</name></b><b><name>2</name><c><b/></c></b><name> x </name></a>');

  test('children, text and descendants in document order', () => {
    expect(childrenOf(root, 'b')).toHaveLength(2);
    expect(childText(root, 'name')).toBe('x');
    expect(childText(root, 'nothing')).toBeUndefined();
    expect(childText(undefined, 'name')).toBeUndefined();
    expect(childAt(root, 'b', 'name')?.text).toBe('1');
    expect(childAt(root, 'c', 'name')).toBeUndefined();
    expect(descendants(root, 'name').map((at) => at.text)).toEqual(['1', '2', 'x']);
    expect(descendant(root, 'c')?.children).toHaveLength(1);
    expect(descendants(root, 'a')).toEqual([root]);
  });
});

describe('the routing-engine that Junos leaves open', () => {
  test('12.1X46: before <ok/>', () => {
    const { root, mended } = parseXml(
      `<rpc-reply ${JUNOS}><routing-engine><name>reX</name><commit-success/><ok/></rpc-reply>`,
    );
    expect(mended).toBe(true);
    expect(root.children.map((at) => at.name)).toEqual(['routing-engine', 'ok']);
    expect(child(root, 'routing-engine')?.children.map((at) => at.name)).toEqual(['name', 'commit-success']);
  });

  test('25.4 cluster: before <nc:ok/>', () => {
    const { root, mended } = parseXml(
      '<nc:rpc-reply xmlns:junos="http://xml.juniper.net/junos/25.4R1.12/junos" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="101">' +
        '<routing-engine junos:style="show-name"><name>node1</name><commit-check-success/><nc:ok/></nc:rpc-reply>',
    );
    expect(mended).toBe(true);
    expect(root.attributes).toEqual({ 'message-id': '101' });
    expect(childAt(root, 'routing-engine', 'commit-check-success')).toBeDefined();
    expect(child(root, 'ok')?.namespace).toBe('urn:ietf:params:xml:ns:netconf:base:1.0');
  });

  test('several members, and without <ok/>', () => {
    const { root } = parseXml(
      '<rpc-reply><commit-results><routing-engine><name>fpc0</name><commit-success/><routing-engine><name>fpc1</name></commit-results></rpc-reply>',
    );
    expect(childrenOf(child(root, 'commit-results'), 'routing-engine').map((at) => childText(at, 'name'))).toEqual([
      'fpc0',
      'fpc1',
    ]);
  });

  test('nothing else is mended', () => {
    for (const text of [
      '<a><b><ok/></a>',
      '<a><routing-engine><b></routing-engine></a>',
      '<a><routing-engine><ok/>',
      '<a></routing-engine></a>',
      '<a><!-- <routing-engine> --><b></a>',
    ]) {
      expect(closeRoutingEngines(text)).toBeUndefined();
    }
    expect(closeRoutingEngines('<a><routing-engine><b x=">"/></routing-engine><routing-engine/></a>')).toBeUndefined();
  });

  test('a well-formed reply is left alone', () => {
    expect(parseXml('<a><routing-engine><ok/></routing-engine></a>').mended).toBe(false);
  });
});

describe('writing', () => {
  test('writes elements, attributes and text, leaving out what is undefined', () => {
    const node = element(
      'a',
      { xmlns: 'urn:x' },
      element('b', undefined, 'text'),
      undefined,
      element('nc:c', { 'nc:operation': 'delete' }),
    );
    expect(serialize(node, element('d'))).toBe('<a xmlns="urn:x"><b>text</b><nc:c nc:operation="delete"/></a><d/>');
  });

  test('escapes whatever could end a value', () => {
    const value = `]]>]]><&"'\r\n\t`;
    const text = serialize(element('a', { b: value }, value));
    expect(text).not.toContain(']]>');
    expect(parse(text)).toMatchObject({ attributes: { b: value }, text: `]]>]]><&"'` });
  });

  test.each(['\u0000', '\u001B', '\uFFFE', '\uD800', 'a\uDC00b'])('refuses a value with %j', (value) => {
    expect(thrownBy(() => element('a', {}, value)).code).toBe('device-rejected');
    expect(thrownBy(() => element('a', { b: value })).code).toBe('device-rejected');
  });

  test.each(['', 'a b', '1a', 'a>', 'a:b:c', 'ä"'])('refuses %j as a name', (name) => {
    expect(() => element(name)).toThrow(PortwardenError);
    expect(() => element('a', { [name]: '' })).toThrow(PortwardenError);
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/).filter((text) => !text.startsWith('xml'));
  const text = anyText({ maxLength: 12 }).filter(
    (value) => !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(value),
  );
  const tree = fc.letrec<{ node: XmlNode }>((tie) => ({
    node: fc
      .tuple(
        name,
        fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
        fc.oneof({ depthSize: 'small' }, text, fc.array(tie('node'), { maxLength: 4 })),
      )
      .map(([tag, attributes, content]) =>
        typeof content === 'string' ? element(tag, attributes, content) : element(tag, attributes, ...content),
      ),
  })).node;
  const expected = (node: XmlNode): XmlElement => ({
    name: node.name,
    attributes: node.attributes,
    children: node.content.filter((item) => typeof item !== 'string').map(expected),
    text: node.content
      .filter((item) => typeof item === 'string')
      .join('')
      .trim(),
  });

  test('what was written is read back the same', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(parse(serialize(node))).toEqual(expected(node));
      }),
      { numRuns: fuzzRuns(300) },
    );
  });
});

describe('arbitrary input', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '&',
    '&#x',
    ';',
    '"',
    "'",
    '=',
    ' ',
    '\n',
    ':',
    'a',
    'b',
    'xmlns',
    '<rpc-reply>',
    '</rpc-reply>',
    '<routing-engine>',
    '</routing-engine>',
    '<ok/>',
    '<nc:ok/>',
    '<!DOCTYPE',
    '\uFEFF',
    '\u0000',
    '\uD800',
    '<a>',
    '</a>',
    '&lt;',
    '__proto__',
  );
  const soup = fc.oneof(
    anyText({ maxLength: 60 }),
    fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
    fc.array(pieces, { maxLength: 15 }).map((parts) => `<rpc-reply>${parts.join('')}</rpc-reply>`),
  );

  test('is read or refused with device-protocol, and a mended text is well formed', () => {
    fc.assert(
      fc.property(soup, (text) => {
        expect([undefined, 'device-protocol']).toContain(codeOf(() => parseXml(text)));
      }),
      { numRuns: fuzzRuns(2_000) },
    );
  });
});

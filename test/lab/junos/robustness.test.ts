import fc from 'fast-check';
import { emptyTree } from '../../../lab/junos/config/node';
import { grammar } from '../../../lab/junos/config/schema';
import { renderSet, runCommands } from '../../../lab/junos/config/set';
import { loadText, renderText } from '../../../lab/junos/config/text';
import { loadXml } from '../../../lab/junos/config/xml';
import { FramingError, MessageReader } from '../../../lab/junos/netconf/framing';
import { parseXml, XmlSyntaxError } from '../../../lab/junos/xml/parse';
import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const WORDS = [
  '<a>',
  '</a>',
  '<a/>',
  '<a b="1">',
  '<nc:a>',
  '<!-- x -->',
  '<![CDATA[y]]>',
  '&lt;',
  '&#65;',
  '&#x110000;',
  '&',
  '<',
  '>',
  ']]>]]>',
  '\n#3\n',
  '\n##\n',
  'text',
  '\uFEFF',
  '\u0000',
  '<?xml version="1.0"?>',
];
const soup = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 5 })), { maxLength: 20 })
  .map((parts) => parts.join(''));
const STATEMENT = grammar('non-els', false);
const CONFIG_WORDS = [
  'set',
  'delete',
  'deactivate',
  'ethernet-switching-options',
  'secure-access-port',
  'interface',
  'vlans',
  'ge-0/0/1.0',
  'static-ip',
  '10.0.0.1',
  'vlan',
  'mac',
  'interfaces',
  'unit',
  '0',
  'family',
  'members',
  '[',
  ']',
  '{',
  '}',
  ';',
  '"a b"',
  'groups',
  'apply-groups',
  'mac-limit',
  'action',
  'x',
  '\n',
];
const lines = fc.array(fc.constantFrom(...CONFIG_WORDS), { maxLength: 30 }).map((parts) => parts.join(' '));

test('XML: an element or XmlSyntaxError, never anything else', () => {
  fc.assert(
    fc.property(soup, (text) => {
      try {
        expect(parseXml(text).name).not.toBe('');
      } catch (error) {
        if (!(error instanceof XmlSyntaxError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

test('framing: messages or FramingError; how the bytes are split does not matter', () => {
  const read = (parts: readonly Buffer[], chunked: boolean): (string | undefined)[] => {
    const reader = new MessageReader();
    reader.chunked = chunked;
    const out: (string | undefined)[] = [];
    try {
      for (const part of parts) {
        reader.push(part);
        for (let m = reader.next(); m !== undefined; m = reader.next()) out.push(m);
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      out.push(undefined);
    }
    return out;
  };
  fc.assert(
    fc.property(soup, fc.boolean(), (text, chunked) => {
      const bytes = Buffer.from(text);
      expect(
        read(
          [...bytes].map((b) => Buffer.from([b])),
          chunked,
        ),
      ).toEqual(read([bytes], chunked));
    }),
    { numRuns: 1000 },
  );
});

test('commands and curly text: loaded or refused, and what was loaded reads back the same', () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (text, curly) => {
      const root = emptyTree(STATEMENT);
      const start = { node: root, statement: STATEMENT, path: [] };
      if (curly) loadText(start, text);
      else runCommands(start, text.split('\n'));
      const copy = emptyTree(STATEMENT);
      expect(loadText({ node: copy, statement: STATEMENT, path: [] }, renderText(root))).toEqual([]);
      expect(renderSet(copy)).toEqual(renderSet(root));
    }),
    { numRuns: 1000 },
  );
});

test('XML elements of any kind are loaded or refused', () => {
  const names = fc.constantFrom(
    'vlans',
    'vlan',
    'name',
    'vlan-id',
    'ethernet-switching-options',
    'secure-access-port',
    'interface',
    'static-ip',
    'mac',
    'groups',
    'interfaces',
    'unit',
    'snmp',
    'odd',
  );
  const attributes = fc.constantFrom(
    '',
    ' operation="delete"',
    ' operation="create"',
    ' operation="replace"',
    ' operation="odd"',
    ' delete="delete"',
    ' inactive="inactive"',
  );
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(
        names,
        attributes,
        fc.oneof(
          { depthSize: 'small' },
          fc.constantFrom('', 'ge-0/0/1.0', '10.0.0.1', '5'),
          fc.array(tie('element'), { maxLength: 4 }).map((parts) => parts.join('')),
        ),
      )
      .map(([name, attribute, inner]) => `<${name}${attribute}>${inner}</${name}>`),
  }));
  fc.assert(
    fc.property(fc.array(element, { maxLength: 4 }), (elements) => {
      const root = emptyTree(STATEMENT);
      const problems = loadXml(
        { node: root, statement: STATEMENT, path: [] },
        parseXml(`<configuration>${elements.join('')}</configuration>`),
        { defaultOperation: 'merge', replaceTags: false },
      );
      for (const problem of problems) expect(problem.message).not.toBe('');
      expect(renderSet(root)).toEqual(expect.any(Array));
    }),
    { numRuns: 1000 },
  );
});

test('a switch outlives whatever is sent to it', async () => {
  const sw = await startSwitch();
  await fc.assert(
    fc.asyncProperty(fc.array(soup, { minLength: 1, maxLength: 3 }), async (messages) => {
      const c = await RawClient.connect(sw);
      for (const message of messages) c.write(message);
      c.destroy();
      const probe = await RawClient.connect(sw);
      expect(await probe.rpc('<get-system-information/>')).toContain('ex3300-24t');
      probe.destroy();
    }),
    { numRuns: 15 },
  );
});

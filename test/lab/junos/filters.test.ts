import { checkOut } from '../../../lab/junos/checkout';
import { diffText } from '../../../lab/junos/config/diff';
import { type ConfigNode, emptyTree } from '../../../lab/junos/config/node';
import { grammar, type Dialect } from '../../../lab/junos/config/schema';
import { renderSet, runCommands } from '../../../lab/junos/config/set';
import { loadText, renderText } from '../../../lab/junos/config/text';
import { loadXml, renderXml } from '../../../lab/junos/config/xml';
import { parseXml } from '../../../lab/junos/xml/parse';

const FILTER = 'set firewall family ethernet-switching filter in';
const COMMON = [
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching filter input in',
  `${FILTER} term web from source-address 10.0.0.0/8`,
  `${FILTER} term web from destination-address 192.0.2.0/24`,
  `${FILTER} term web from protocol tcp`,
  `${FILTER} term web from destination-port 80-443`,
  `${FILTER} term web then accept`,
  `${FILTER} term back from protocol tcp`,
  `${FILTER} term back from tcp-established`,
  `${FILTER} term back then accept`,
  `${FILTER} term arp from ether-type arp`,
  `${FILTER} term arp then accept`,
];
const ELS_ONLY = [
  `${FILTER} term new from ip-source-address 10.0.0.0/8`,
  `${FILTER} term new from ip-protocol udp`,
  `${FILTER} term new then accept`,
  `${FILTER} term six from ip-version ipv6 next-header tcp`,
  `${FILTER} term six from ip-version ipv6 destination-port 22`,
  `${FILTER} term six from ip-version ipv6 ip6-destination-address 2001:db8::/64`,
  `${FILTER} term six then accept`,
];

function tree(dialect: Dialect, lines: readonly string[]): { root: ConfigNode; problems: readonly string[] } {
  const statement = grammar(dialect, true);
  const root = emptyTree(statement);
  const problems = runCommands({ node: root, statement, path: [] }, lines).map(({ message }) => message);
  return { root, problems };
}

describe.each([
  ['non-els', COMMON],
  ['els', [...COMMON, ...ELS_ONLY]],
] as const)('filters of ports on %s', (dialect, lines) => {
  const { root, problems } = tree(dialect, lines);

  it('are the same in set, text and XML form', () => {
    expect(problems).toEqual([]);
    const statement = grammar(dialect, true);
    const [text, xml] = [emptyTree(statement), emptyTree(statement)];
    expect(loadText({ node: text, statement, path: [] }, renderText(root))).toEqual([]);
    const element = parseXml(`<configuration>${renderXml(root)}</configuration>`);
    const load = { defaultOperation: 'merge', replaceTags: false } as const;
    expect(loadXml({ node: xml, statement, path: [] }, element, load)).toEqual([]);
    expect([...lines].sort()).toEqual([...renderSet(root)].sort());
    expect(renderSet(text)).toEqual(renderSet(root));
    expect(renderSet(xml)).toEqual(renderSet(root));
  });

  it('look in text, XML and comparison as Junos shows them', () => {
    expect(renderText(root)).toContain('then accept;');
    expect(renderText(root)).toMatch(/source-address \{\s+10\.0\.0\.0\/8;\s+\}/);
    expect(renderXml(root)).toMatch(/<source-address>\s*<name>10\.0\.0\.0\/8<\/name>\s*<\/source-address>/);
    expect(diffText(tree(dialect, lines.slice(0, 6)).root, root)).toContain('+     term back {');
  });

  it('must exist where a port names one', () => {
    const without = tree(dialect, lines.slice(0, 1)).root;
    const rules = {};
    expect(checkOut(without, root, dialect, rules)).toBeUndefined();
    expect(checkOut(root, without, dialect, rules)?.[0]).toMatchObject({
      message: "Referenced filter 'in' is not defined",
      path: '[edit interfaces ge-0/0/1 unit 0 family ethernet-switching]',
    });
  });
});

it('non-ELS does not know what ELS has', () => {
  const { problems } = tree('non-els', ELS_ONLY.slice(0, 2));
  expect(problems).toEqual(['syntax error', 'syntax error']);
});

it('one load may take the last filter away and bring another', () => {
  const { root } = tree('els', COMMON);
  const statement = grammar('els', true);
  const filters = `<filter delete="delete"><name>in</name></filter><filter><name>out</name><term><name>arp</name>
    <from><ether-type>arp</ether-type></from><then><accept/></then></term></filter>`;
  const element = parseXml(
    `<configuration><firewall><family><ethernet-switching>${filters}</ethernet-switching></family></firewall></configuration>`,
  );
  const load = { defaultOperation: 'merge', replaceTags: false } as const;
  expect(loadXml({ node: root, statement, path: [] }, element, load)).toEqual([]);
  expect(renderSet(root).filter((line) => line.includes('firewall'))).toEqual([
    'set firewall family ethernet-switching filter out term arp from ether-type arp',
    'set firewall family ethernet-switching filter out term arp then accept',
  ]);
});

it('a macro may stand beside any statement', () => {
  const line = 'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 apply-macro note';
  expect(renderSet(tree('non-els', [line]).root)).toEqual([line]);
});

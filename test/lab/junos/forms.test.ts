import fc from 'fast-check';
import { type ConfigNode, emptyTree } from '../../../lab/junos/config/node';
import { grammar, lenient } from '../../../lab/junos/config/schema';
import { renderSet, runCommands } from '../../../lab/junos/config/set';
import { loadText, renderText } from '../../../lab/junos/config/text';
import { loadXml, renderXml } from '../../../lab/junos/config/xml';
import { inherited } from '../../../lab/junos/config/inherit';
import { diffText } from '../../../lab/junos/config/diff';
import { parseXml } from '../../../lab/junos/xml/parse';
import type { Statement } from '../../../lab/junos/config/statement';

const NON_ELS = grammar('non-els', false);
const ELS = grammar('els', true);

function tree(lines: readonly string[], statement: Statement = NON_ELS): ConfigNode {
  const root = emptyTree(statement);
  expect(runCommands({ node: root, statement, path: [] }, lines)).toEqual([]);
  return root;
}

const viaText = (root: ConfigNode, statement: Statement): ConfigNode => {
  const copy = emptyTree(statement);
  expect(loadText({ node: copy, statement, path: [] }, renderText(root))).toEqual([]);
  return copy;
};

const viaXml = (root: ConfigNode, statement: Statement): ConfigNode => {
  const copy = emptyTree(statement);
  const element = parseXml(`<configuration xmlns:junos="j">${renderXml(root, { marks: true })}</configuration>`);
  expect(
    loadXml({ node: copy, statement, path: [] }, element, { defaultOperation: 'merge', replaceTags: false }),
  ).toEqual([]);
  return copy;
};

const RICH = [
  'set version 12.3R12.4',
  'set groups UPLINK interfaces <ge-*> unit 0 description "group description"',
  'set groups BIND ethernet-switching-options secure-access-port interface ge-0/0/9.0 static-ip 10.9.9.9 vlan VLAN.13 mac 00:00:5e:00:53:09',
  'set apply-groups BIND',
  'set system host-name access-sw1',
  'set system root-authentication encrypted-password "$1$abc$def;gh"',
  'set system login user admin class super-user',
  'set system login user admin authentication ssh-rsa "ssh-rsa AAAAB3 admin@host"',
  'set system services netconf ssh',
  'set interfaces ge-0/0/1 description "customer \\"A\\" & <B>"',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching port-mode trunk',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members VLAN.13',
  'set interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members VLAN.100',
  'set interfaces ge-0/0/3 ether-options 802.3ad ae0',
  'set interfaces interface-range axp member ge-0/0/4',
  'set interfaces interface-range axp member-range ge-0/0/5 to ge-0/0/7',
  'set interfaces interface-range axp unit 0 family ethernet-switching',
  'deactivate interfaces interface-range axp',
  'set routing-options static route 0.0.0.0/0 next-hop 192.0.2.1',
  'set protocols rstp interface ge-0/0/1.0 edge',
  'set ethernet-switching-options voip interface axp vlan voice',
  'set ethernet-switching-options secure-access-port interface all mac-limit 4 action drop',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 allowed-mac 00:00:5e:00:53:aa',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 dhcp-trusted',
  'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
  'deactivate ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.48.5',
  'set ethernet-switching-options secure-access-port interface ge-0/0/2.0',
  'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
  'set vlans VLAN.13 vlan-id 13',
  'set vlans VLAN.100 vlan-id 100',
];

test('a configuration survives set, text and XML form unchanged', () => {
  const root = tree(RICH);
  expect([...renderSet(root)].sort()).toEqual([...RICH].sort());
  expect(renderSet(viaText(root, NON_ELS))).toEqual(renderSet(root));
  expect(renderSet(viaXml(root, NON_ELS))).toEqual(renderSet(root));
  expect(renderText(viaXml(root, NON_ELS))).toBe(renderText(root));
});

test('curly text looks as on the device', () => {
  expect(renderText(tree(RICH.slice(8)))).toContain(
    `    ge-0/0/1 {
        description "customer \\"A\\" & <B>";
        unit 0 {
            family ethernet-switching {
                port-mode trunk;
                vlan {
                    members [ VLAN.13 VLAN.100 ];
                }
            }
        }
    }
`,
  );
  expect(renderText(tree(RICH.slice(8)))).toContain(
    `        interface ge-0/0/1.0 {
            allowed-mac 00:00:5e:00:53:aa;
            dhcp-trusted;
            inactive: static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff;
        }
        interface ge-0/0/2.0;
`,
  );
});

test('what no grammar knows is kept, also where it would be refused in a load', () => {
  const open = lenient(ELS);
  const odd = [
    'set vendor-extension alpha beta 10.0.0.0/8 gamma',
    'set vlans x forwarding-options dhcp-security group g interface ge-0/0/1.0 something new',
    'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip 10.0.0.1 vlan a mac 00:00:5e:00:53:01',
  ];
  const root = tree(odd, open);
  expect([...renderSet(root)].sort()).toEqual([...odd].sort());
  expect(renderSet(viaText(root, open))).toEqual(renderSet(root));
});

test('any bindings: three forms, and the diff of a change names exactly the change', () => {
  const ip = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }))
    .map(([a, b]) => `10.0.${String(a)}.${String(b)}`);
  const mac = fc.integer({ min: 1, max: 9 }).map((n) => `00:00:5e:00:53:0${String(n)}`);
  const port = fc.integer({ min: 0, max: 3 }).map((n) => `ge-0/0/${String(n)}.0`);
  const line = (els: boolean): fc.Arbitrary<string> =>
    fc
      .tuple(port, ip, mac, fc.constantFrom('aa', 'bb'))
      .map(([p, i, m, v]) =>
        els
          ? `vlans ${v} forwarding-options dhcp-security group g interface ${p} static-ip ${i} mac ${m}`
          : `ethernet-switching-options secure-access-port interface ${p} static-ip ${i} vlan ${v} mac ${m}`,
      );
  const check = (els: boolean): void => {
    const statement = els ? ELS : NON_ELS;
    const lines = fc.array(line(els), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [a, b] = [before, after].map((ls) =>
          tree(
            ls.map((l) => `set ${l}`),
            statement,
          ),
        ) as [ConfigNode, ConfigNode];
        expect(renderSet(viaText(a, statement))).toEqual(renderSet(a));
        expect(renderSet(viaXml(b, statement))).toEqual(renderSet(b));
        const count = (sign: string): number =>
          diffText(a, b)
            .split('\n')
            .filter((l) => l.startsWith(sign) && l.includes('static-ip')).length;
        const [left, right] = [new Set(renderSet(a)), new Set(renderSet(b))];
        expect(count('+')).toBe([...right].filter((l) => !left.has(l)).length);
        expect(count('-')).toBe([...left].filter((l) => !right.has(l)).length);
      }),
      { numRuns: 100 },
    );
  };
  check(false);
  check(true);
});

test('groups and interface ranges show only with inheritance, marked by where they come from', () => {
  const root = tree([
    ...RICH,
    'activate interfaces interface-range axp',
    'set interfaces apply-groups UPLINK',
    'set ethernet-switching-options secure-access-port interface axp static-ip 10.0.48.77 vlan VLAN.13 mac 00:00:5e:00:53:77',
  ]);
  const lines = renderSet(inherited(root));
  expect(lines).toContain('set interfaces ge-0/0/1 unit 0 description "group description"');
  expect(lines).toContain(
    'set ethernet-switching-options secure-access-port interface ge-0/0/9.0 static-ip 10.9.9.9 vlan VLAN.13 mac 00:00:5e:00:53:09',
  );
  for (const n of [4, 5, 6, 7]) {
    expect(lines).toContain(`set interfaces ge-0/0/${String(n)} unit 0 family ethernet-switching`);
    expect(lines).toContain(
      `set ethernet-switching-options secure-access-port interface ge-0/0/${String(n)}.0 static-ip 10.0.48.77 vlan VLAN.13 mac 00:00:5e:00:53:77`,
    );
  }
  expect(lines.some((l) => l.startsWith('set groups'))).toBe(false);
  const xml = renderXml(inherited(root), { marks: true });
  expect(xml).toContain('<static-ip junos:group="BIND">');
  expect(xml).toContain('<static-ip junos:interface-range="axp">');
  expect(renderSet(root).filter((l) => l.includes('10.0.48.77'))).toHaveLength(1);
});

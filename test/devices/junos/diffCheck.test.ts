import { checkDiff } from '../../../src/devices/junos/diffCheck';
import type { Dialect } from '../../../src/devices/junos/dialects/dialect';
import { dhcpSecurity } from '../../../src/devices/junos/dialects/dhcpSecurity';
import { secureAccessPort } from '../../../src/devices/junos/dialects/secureAccessPort';
import { parseXml } from '../../../src/clients/netconf/xml';
import { parseSwitchState } from '../../../src/devices/junos/switchState';
import { parseTextDiff } from '../../../src/devices/junos/textDiff';
import { statementOf } from '../../../src/devices/junos/staticBinding';
import type { Statement } from '../../../src/domain/change/statement';
import { parseIp } from '../../../src/domain/values/ip';
import { planPort } from '../../../src/domain/change/planPort';
import { parsePortName } from '../../../src/domain/values/port';
import { bindingsOf } from '../../../src/devices/junos/dialects/dialect';

const PORT = parsePortName('ge-0/0/1.0');
const NON_ELS = `<configuration><ethernet-switching-options><secure-access-port><interface><name>ge-0/0/1.0</name>
  <mac-limit><limit>8</limit></mac-limit><static-ip><name>10.0.0.1</name><vlan>v10</vlan><mac>02:00:00:00:00:01</mac></static-ip>
</interface></secure-access-port></ethernet-switching-options></configuration>`;
const ELS = `<configuration><vlans><vlan><name>v10</name><vlan-id>10</vlan-id><forwarding-options><dhcp-security><group><name>portwarden</name>
  <interface><name>ge-0/0/1.0</name><static-ip><name>10.0.0.1</name><mac>02:00:00:00:00:01</mac></static-ip></interface>
</group></dhcp-security></forwarding-options></vlan></vlans></configuration>`;
const SECURE = 'ethernet-switching-options secure-access-port';
const GROUP = 'vlans v10 forwarding-options dhcp-security group portwarden';

const want = (ip: string, last: string): Statement =>
  statementOf({ ip: parseIp(ip), mac: `02:00:00:00:00:${last}`, vlanName: 'v10' });

function problems(dialect: Dialect, xml: string, desired: readonly Statement[], diff: string): readonly string[] {
  const state = parseSwitchState(parseXml(xml).root, dialect, { unit: 0 }).bindings;
  const actual = bindingsOf(state, PORT);
  const removals = { named: actual.map((binding) => binding.ip), absent: [] };
  const { plan } = planPort({
    port: PORT,
    actual: actual.map((binding) => statementOf(binding)),
    desired,
    retainIps: [],
    removals,
    limits: { maxRemovedBindings: 0, maxRemovedShare: 0 },
    approved: [],
  });
  const edits = dialect.edits(plan, state, 'portwarden');
  return checkDiff(parseTextDiff(diff), dialect, [edits], state).map(({ text, port }) => `${port ?? '?'} ${text}`);
}

describe('checkDiff accepts a change however the device writes it', () => {
  it.each([
    [
      'as whole lines',
      `[edit ${SECURE} interface ge-0/0/1.0]\n-  static-ip 10.0.0.1 vlan v10 mac 02:00:00:00:00:01;\n+  static-ip 10.0.0.1 vlan v10 mac 02:00:00:00:00:02;`,
    ],
    [
      'as a leaf',
      `[edit ${SECURE} interface ge-0/0/1.0 static-ip 10.0.0.1]\n-  mac 02:00:00:00:00:01;\n+  mac 02:00:00:00:00:02;`,
    ],
    [
      'in capitals, with the leaves the other way round',
      `[edit ${SECURE} interface ge-0/0/1.0]\n-  static-ip 10.0.0.1 mac 02:00:00:00:00:01 vlan v10;\n+  static-ip 10.0.0.1 mac 02:00:00:00:00:02 vlan v10;`,
    ],
    [
      'with lines of context',
      `[edit ${SECURE}]\n     interface ge-0/0/9.0 { ... }\n[edit ${SECURE} interface ge-0/0/1.0]\n-  static-ip 10.0.0.1 vlan v10 mac 02:00:00:00:00:01;\n+  static-ip 10.0.0.1 vlan v10 mac 02:00:00:00:00:02;`,
    ],
  ])('a new MAC, %s', (_how, diff) => {
    expect(problems(secureAccessPort, NON_ELS, [want('10.0.0.1', '02')], diff)).toEqual([]);
  });

  it.each([
    [
      'in one line',
      `[edit ${GROUP}]\n-     interface ge-0/0/1.0 {\n-         static-ip 10.0.0.1 mac 02:00:00:00:00:01;\n-     }`,
    ],
    [
      'as blocks',
      `[edit ${GROUP}]\n-     interface ge-0/0/1.0 {\n-         static-ip 10.0.0.1 {\n-             mac 02:00:00:00:00:01;\n-         }\n-     }`,
    ],
  ])('an emptied ELS interface, %s', (_how, diff) => {
    expect(problems(dhcpSecurity, ELS, [], diff)).toEqual([]);
  });

  it('a first binding with all containers around it, and an entry that only moved', () => {
    const bare = '<configuration><vlans><vlan><name>v10</name><vlan-id>10</vlan-id></vlan></vlans></configuration>';
    const diff = `[edit vlans v10]\n+  forwarding-options {\n+    dhcp-security {\n+      group portwarden {\n+        interface ge-0/0/1.0 {\n+          static-ip 10.0.0.1 {\n+            mac 02:00:00:00:00:02;\n+          }\n+        }\n+      }\n+    }\n+  }\n[edit ${GROUP}]\n!   interface ge-0/0/9.0 { ... }`;
    expect(problems(dhcpSecurity, bare, [want('10.0.0.1', '02')], diff)).toEqual([]);
  });
});

describe('checkDiff refuses what the plan does not explain', () => {
  const change = `[edit ${SECURE} interface ge-0/0/1.0]\n-  static-ip 10.0.0.1 vlan v10 mac 02:00:00:00:00:01;\n`;
  it.each([
    [
      'another binding of the port',
      `${change}-  static-ip 10.0.0.2 vlan v10 mac 02:00:00:00:00:09;`,
      'ge-0/0/1.0 unexpected: - ',
    ],
    ['a setting of the port', `${change}-  mac-limit 8;`, '? outside the owned statements: - '],
    [
      'another port',
      `${change}[edit ${SECURE} interface ge-0/0/7.0]\n+  static-ip 10.0.0.2 vlan v10 mac 02:00:00:00:00:09;`,
      '? unexpected: + ',
    ],
    [
      "the deletion of the port's node",
      `${change}[edit ${SECURE}]\n-  interface ge-0/0/1.0;`,
      'ge-0/0/1.0 unexpected: - ',
    ],
    [
      'the deletion of everything',
      `${change}[edit]\n-  ethernet-switching-options {\n-  }`,
      '? outside the owned statements: - ',
    ],
    [
      'a new container that nothing needs',
      `${change}[edit ${SECURE}]\n+  vlan v10 {\n+    ip-source-guard;\n+  }`,
      '? outside the owned statements: + ',
    ],
    [
      'a deactivation',
      `${change}[edit ${SECURE}]\n!  inactive: interface ge-0/0/1.0 { ... }`,
      'ge-0/0/1.0 unexpected: ! ',
    ],
    [
      'a change of an unrelated hierarchy',
      `${change}[edit system]\n-  host-name a;\n+  host-name b;`,
      '? outside the owned statements: - ',
    ],
  ])('%s', (_what, diff, problem) => {
    const found = problems(secureAccessPort, NON_ELS, [], diff);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toContain(problem);
  });

  it('a change that is missing', () => {
    expect(problems(secureAccessPort, NON_ELS, [], '')).toEqual([
      `ge-0/0/1.0 missing: -${SECURE} interface ge-0/0/1.0 static-ip 10.0.0.1 vlan v10`,
      `ge-0/0/1.0 missing: -${SECURE} interface ge-0/0/1.0 static-ip 10.0.0.1 mac 02:00:00:00:00:01`,
    ]);
  });

  it('another value than the planned one', () => {
    const diff = `[edit ${SECURE} interface ge-0/0/1.0 static-ip 10.0.0.1]\n-  mac 02:00:00:00:00:01;\n+  mac 02:00:00:00:00:77;`;
    expect(problems(secureAccessPort, NON_ELS, [want('10.0.0.1', '02')], diff)).toHaveLength(2);
  });
});

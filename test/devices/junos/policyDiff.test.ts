import type { PortPlan } from '../../../src/domain/change/plan';
import type { Statement } from '../../../src/domain/change/statement';
import { parsePortName } from '../../../src/domain/values/port';
import { parseXml } from '../../../src/clients/netconf/xml';
import { checkDiff } from '../../../src/devices/junos/diffCheck';
import type { Dialect } from '../../../src/devices/junos/dialects/dialect';
import { dhcpSecurity } from '../../../src/devices/junos/dialects/dhcpSecurity';
import { secureAccessPort } from '../../../src/devices/junos/dialects/secureAccessPort';
import { JunosState } from '../../../src/devices/junos/junosState';
import { policyStatement, type PolicyStatement } from '../../../src/devices/junos/policyStatements';
import { DEFAULT_JUNOS_SETTINGS } from '../../../src/devices/junos/settings';
import { parseSwitchState } from '../../../src/devices/junos/switchState';
import { parseTextDiff } from '../../../src/devices/junos/textDiff';

const PORT = parsePortName('ge-0/0/1.0');
const ELS = `<configuration><interfaces><interface><name>ge-0/0/1</name><unit><name>0</name><family><ethernet-switching/></family></unit></interface></interfaces>
<vlans><vlan><name>v10</name><vlan-id>10</vlan-id><forwarding-options><dhcp-security><ip-source-guard/><group><name>portwarden</name>
  <interface><name>ge-0/0/1.0</name><static-ip><name>10.0.0.1</name><mac>02:00:00:00:00:01</mac></static-ip></interface>
</group></dhcp-security></forwarding-options></vlan></vlans></configuration>`;
const NON_ELS = `<configuration><ethernet-switching-options><secure-access-port><interface><name>ge-0/0/1.0</name>
  <mac-limit><limit>8</limit></mac-limit></interface></secure-access-port></ethernet-switching-options></configuration>`;
const GROUP = 'vlans v10 forwarding-options dhcp-security';
const SECURE = 'ethernet-switching-options secure-access-port interface ge-0/0/1.0';

function stateOf(dialect: Dialect, xml: string): JunosState {
  return new JunosState(parseSwitchState(parseXml(xml).root, dialect, { unit: 0 }), DEFAULT_JUNOS_SETTINGS);
}

function planOf(add: readonly PolicyStatement[]): PortPlan {
  const statements: readonly Statement[] = add.map(policyStatement);
  return { port: PORT, add: statements, remove: [], because: new Map(), actualCount: 0, keptIps: [] };
}

function problems(dialect: Dialect, xml: string, add: readonly PolicyStatement[], diff: string): readonly string[] {
  const state = stateOf(dialect, xml);
  const edits = state.edits(planOf(add));
  expect(edits.failure).toBeUndefined();
  return checkDiff(parseTextDiff(diff), dialect, [edits], state.onSwitch.bindings).map(
    ({ text, port }) => `${port ?? '?'} ${text}`,
  );
}

const TRUST: PolicyStatement = { kind: 'trusted', vlanName: 'v10' };
const TRUST_ALL: PolicyStatement = { kind: 'trusted', vlanName: '' };
const MOVED = `[edit ${GROUP} group portwarden]
-     interface ge-0/0/1.0 {
-         static-ip 10.0.0.1 mac 02:00:00:00:00:01;
-     }
[edit ${GROUP}]
+     group portwarden-trusted {
+         overrides {
+             trusted;
+         }
+         interface ge-0/0/1.0 {
+             static-ip 10.0.0.1 mac 02:00:00:00:00:01;
+         }
+     }
`;
const TERM: PolicyStatement = { kind: 'term', direction: 'output', conditions: ['ether-type arp'] };
const FILTER: PolicyStatement = { kind: 'filter', direction: 'output' };
const FILTERED = `[edit interfaces ge-0/0/1 unit 0 family ethernet-switching]
+   filter {
+       output portwarden-ge-0-0-1-0-out;
+   }
[edit]
+  firewall {
+      family ethernet-switching {
+          filter portwarden-ge-0-0-1-0-out {
+              term TERM {
+                  from {
+                      ether-type arp;
+                  }
+                  then accept;
+              }
+          }
+      }
+  }
`;
const termName =
  /term (t-\w+)/.exec(
    stateOf(dhcpSecurity, ELS)
      .commands([planOf([TERM])])
      .join(' '),
  )?.[1] ?? '';
const filtered = FILTERED.replace('TERM', termName);

describe('the owned scope is as much wider as the policy says, on that port', () => {
  it('accepts the change, however many blocks stand around it', () => {
    expect(problems(dhcpSecurity, ELS, [TRUST], MOVED)).toEqual([]);
    expect(problems(dhcpSecurity, ELS, [TERM, FILTER], filtered)).toEqual([]);
    expect(problems(secureAccessPort, NON_ELS, [TRUST_ALL], `[edit ${SECURE}]\n+  dhcp-trusted;`)).toEqual([]);
  });

  it.each([
    [
      'the trust of another port',
      `[edit ${GROUP} group portwarden-trusted]\n+  interface ge-0/0/9.0;`,
      '? unexpected: +',
    ],
    [
      'another override',
      `[edit ${GROUP} group portwarden-trusted overrides]\n+  no-option82;`,
      '? outside the owned statements: +',
    ],
    ['a knob of the VLAN', `[edit ${GROUP}]\n-  ip-source-guard;`, '? outside the owned statements: -'],
    ['a deactivation', `[edit ${GROUP}]\n!  inactive: group portwarden-trusted { ... }`, ': !'],
  ])('refuses beside it %s', (_what, more, words) => {
    expect(problems(dhcpSecurity, ELS, [TRUST], `${MOVED}${more}\n`).join('\n')).toContain(words);
  });

  it.each([
    [
      'a filter of somebody else',
      '[edit firewall family ethernet-switching]\n-  filter mine {\n-     term a {\n-         then accept;\n-     }\n-  }',
    ],
    [
      'a term of another name',
      '[edit firewall family ethernet-switching filter portwarden-ge-0-0-1-0-out]\n+  term x {\n+     then discard;\n+  }',
    ],
    [
      'the filter on another port',
      '[edit interfaces ge-0/0/2 unit 0 family ethernet-switching filter]\n+  output portwarden-ge-0-0-1-0-out;',
    ],
    ['a setting of the port', '[edit interfaces ge-0/0/1]\n-  description a;'],
  ])('refuses beside a filter %s', (_what, more) => {
    expect(problems(dhcpSecurity, ELS, [TERM, FILTER], `${filtered}${more}\n`).join('\n')).toContain(
      'outside the owned statements',
    );
  });

  it('misses what the switch did not take', () => {
    expect(problems(secureAccessPort, NON_ELS, [TRUST_ALL], '')).toEqual([`${PORT} missing: +${SECURE} dhcp-trusted`]);
    expect(problems(dhcpSecurity, ELS, [TRUST], MOVED.replace('trusted;', 'no-option82;')).join('\n')).toContain(
      'missing: +vlans v10',
    );
  });
});

it('is shown in commands of the switch', () => {
  expect(stateOf(dhcpSecurity, ELS).commands([planOf([TRUST])])).toEqual([
    `delete ${GROUP} group portwarden interface ge-0/0/1.0`,
    `set ${GROUP} group portwarden-trusted overrides trusted`,
    `set ${GROUP} group portwarden-trusted interface ge-0/0/1.0`,
    `set ${GROUP} group portwarden-trusted interface ge-0/0/1.0 static-ip 10.0.0.1 mac 02:00:00:00:00:01`,
    'commit',
  ]);
  expect(stateOf(secureAccessPort, NON_ELS).commands([planOf([TRUST_ALL])])).toEqual([
    `set ${SECURE} dhcp-trusted`,
    'commit',
  ]);
  expect(stateOf(dhcpSecurity, ELS).replaceCommands([planOf([TERM, FILTER])])).toEqual([
    `set firewall family ethernet-switching filter portwarden-ge-0-0-1-0-out term ${termName} from ether-type arp`,
    `set firewall family ethernet-switching filter portwarden-ge-0-0-1-0-out term ${termName} then accept`,
    'set interfaces ge-0/0/1 unit 0 family ethernet-switching filter output portwarden-ge-0-0-1-0-out',
    'commit',
  ]);
});

it.each([
  ['`no-dhcp-trusted` of somebody', NON_ELS.replace('<mac-limit>', '<no-dhcp-trusted/><mac-limit>'), 'no-dhcp-trusted'],
  [
    'a deactivated `dhcp-trusted`',
    NON_ELS.replace('<mac-limit>', '<dhcp-trusted inactive="inactive"/><mac-limit>'),
    'deactivated',
  ],
])('a port with %s is not trusted', (_what, xml, words) => {
  const { failure } = stateOf(secureAccessPort, xml).edits(planOf([TRUST_ALL]));
  expect(failure).toMatchObject({ code: 'policy-not-enforceable', message: expect.stringContaining(words) as unknown });
});

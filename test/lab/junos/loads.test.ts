import { RawClient } from './raw-client';
import { startSwitch, stopAll } from './worlds';

afterEach(stopAll);

const edit = (inner: string, options = ''): string =>
  `<edit-config><target><candidate/></target>${options}<config><configuration>${inner}</configuration></config></edit-config>`;
const secure = (inner: string): string =>
  `<ethernet-switching-options><secure-access-port>${inner}</secure-access-port></ethernet-switching-options>`;
const dhcp = (vlan: string, inner: string): string =>
  `<vlans><vlan><name>${vlan}</name><forwarding-options><dhcp-security><group><name>bindings</name>${inner}</group></dhcp-security></forwarding-options></vlan></vlans>`;
const load = (inner: string, action = 'merge'): string =>
  `<load-configuration action="${action}" format="xml"><configuration>${inner}</configuration></load-configuration>`;

describe('non-ELS', () => {
  test('the key of a binding is its address: a second set overwrites, a delete needs the address only', async () => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    const path = 'ethernet-switching-options secure-access-port interface ge-0/0/2.0';
    expect(await c.set(`set ${path} static-ip 10.0.48.20 vlan VLAN.100 mac AABB.CCDD.EE01`)).toContain(
      '<load-success/>\n<load-error-count>0</load-error-count>',
    );
    expect(await c.diff()).toBe(
      `[edit ${path}]\n-     static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2;\n+     static-ip 10.0.48.20 vlan VLAN.100 mac aa:bb:cc:dd:ee:01;\n`,
    );
    await c.set(`delete ${path} static-ip 10.0.48.20`);
    expect(await c.diff()).toBe(`[edit ${path}]\n-     static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2;\n`);
    expect(sw.candidateSet()).toContain(`set ${path}`);
    c.end();
  });

  test('operation attributes with and without prefix, delete="delete", replace', async () => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    const port = (attribute: string): string =>
      secure(
        `<interface><name>ge-0/0/2.0</name><static-ip ${attribute}><name>10.0.48.20</name></static-ip></interface>`,
      );
    for (const form of [
      edit(port('operation="delete"')),
      edit(port('xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"')),
      load(port('delete="delete"')),
      load(port('operation="delete"')),
    ]) {
      const reply = await c.rpc(form);
      expect(reply).not.toContain('rpc-error');
      expect(sw.candidateSet().some((l) => l.includes('10.0.48.20'))).toBe(false);
      expect(await c.rpc('<load-configuration rollback="0"/>')).not.toContain('rpc-error');
      expect(sw.isCandidateDirty()).toBe(false);
    }
    const replaced = secure('<interface operation="replace"><name>ge-0/0/1.0</name><dhcp-trusted/></interface>');
    expect(await c.rpc(edit(replaced))).toContain('<ok/>');
    expect(sw.candidateSet().some((l) => l.includes('mac-limit'))).toBe(false);
    await c.rpc('<discard-changes/>');
    expect(
      await c.rpc(load(secure('<interface replace="replace"><name>ge-0/0/1.0</name><dhcp-trusted/></interface>'))),
    ).not.toContain('rpc-error');
    expect(sw.candidateSet().some((l) => l.includes('mac-limit'))).toBe(true);
    expect(
      await c.rpc(
        load(secure('<interface replace="replace"><name>ge-0/0/1.0</name><dhcp-trusted/></interface>'), 'replace'),
      ),
    ).not.toContain('rpc-error');
    expect(sw.candidateSet().some((l) => l.includes('mac-limit'))).toBe(false);
    c.end();
  });

  test('deleting what is not there is a warning, not an error', async () => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    const reply = await c.rpc(
      edit(
        secure(
          '<interface><name>ge-0/0/2.0</name><static-ip operation="delete"><name>10.0.0.99</name></static-ip></interface>',
        ),
      ),
    );
    expect(reply).toMatch(
      /<error-severity>warning<\/error-severity>\n<error-path>\n\[edit ethernet-switching-options secure-access-port interface ge-0\/0\/2.0\]\n<\/error-path>\n<error-message>\nstatement not found: 10.0.0.99\n/,
    );
    expect(reply).toContain('<ok/>');
    const set = await c.set('delete vlans none', 'delete vlans neither');
    expect(set.match(/statement not found\n/g)).toHaveLength(2);
    expect(set).toContain('<ok/>');
    expect(sw.isCandidateDirty()).toBe(false);
    c.end();
  });

  test('an error skips its statement and the rest is loaded, unless the whole is to be undone', async () => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    const bad =
      '<vlans><vlan><name>VLAN.77</name><vlan-id>77</vlan-id></vlan></vlans><vlans><vlan><name>VLAN.9000</name><vlan-id>9000</vlan-id></vlan></vlans>';
    expect(await c.rpc(edit(bad))).toMatch(/Value 9000 is not within range \(1\.\.4094\)[\s\S]*<bad-element>\n9000/);
    expect(sw.candidateSet()).toContain('set vlans VLAN.77 vlan-id 77');
    await c.rpc('<discard-changes/>');
    await c.rpc(edit(bad, '<error-option>rollback-on-error</error-option>'));
    expect(sw.isCandidateDirty()).toBe(false);
    const text = await c.rpc(
      '<load-configuration action="merge" format="text"><configuration-text>system1 { foo; } vlans { VLAN.78 { vlan-id 78; } }</configuration-text></load-configuration>',
    );
    expect(text).toMatch(
      /syntax error\n[\s\S]*system1[\s\S]*error recovery ignores input until this point[\s\S]*<load-error-count>2<\/load-error-count>/,
    );
    expect(sw.candidateSet()).toContain('set vlans VLAN.78 vlan-id 78');
    c.end();
  });

  test.each([
    [
      'the other dialect',
      'set vlans VLAN.13 forwarding-options dhcp-security group g',
      'syntax error',
      'forwarding-options',
    ],
    [
      'IPv6',
      'set ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ipv6 2001:db8::1',
      'syntax error',
      'static-ipv6',
    ],
    ['an unknown top level', 'set systemx y', 'syntax error', 'systemx'],
    ['a short VLAN name', 'set vlans v vlan-id 3', 'Length 1 is not within range (2..255)', 'v'],
    [
      'a port number',
      'set interfaces ge-0/0/99 unit 0',
      "port value outside range 0..63 for '99' in 'ge-0/0/99'",
      'ge-0/0/99',
    ],
    ['an interface type', 'set interfaces ne-0/0/9 unit 0', "invalid interface type in 'ne-0/0/9'", 'ne-0/0/9'],
    ['another verb', 'commit', 'syntax error', 'commit'],
  ])('refuses %s', async (_what, line, message, badElement) => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    const reply = await c.set(line);
    expect(reply).toContain(`<error-message>\n${message}\n`);
    expect(reply).toContain(`<bad-element>\n${badElement}\n`);
    expect(reply).not.toContain('<ok/>');
    expect(sw.isCandidateDirty()).toBe(false);
    c.end();
  });

  test('what check-out refuses by recording', async () => {
    const sw = await startSwitch();
    const c = await RawClient.connect(sw);
    for (const [line, message] of [
      ['set interfaces ge-0/0/1 unit 2 description x', 'Only unit 0 is valid for this encapsulation'],
      [
        'set interfaces ge-0/0/3 unit 0 family ethernet-switching vlan members 3333',
        'No vlan matches vlan tag 3333 for interface ge-0/0/3.0',
      ],
      [
        'set ethernet-switching-options secure-access-port interface axp dhcp-trusted',
        "interface-range 'axp' is not defined",
      ],
    ] as const) {
      expect(await c.set(line)).not.toContain('rpc-error');
      for (const operation of [
        '<commit-configuration><check/></commit-configuration>',
        '<commit-configuration/>',
        '<commit/>',
      ]) {
        const reply = await c.rpc(operation);
        expect(reply).toContain(message);
        expect(reply).toMatch(/configuration check-out failed/);
      }
      await c.rpc('<discard-changes/>');
    }
    expect(sw.commits()).toEqual([]);
    c.end();
  });
});

describe('ELS', () => {
  test('bindings of both families; the last one deleted leaves its interface', async () => {
    const sw = await startSwitch({ profile: 'ex4300-21' });
    const c = await RawClient.connect(sw);
    const added = dhcp(
      'cust-13',
      '<interface><name>ge-0/0/1.0</name><static-ip><name>10.0.48.5</name><mac>AA:BB:CC:DD:EE:FF</mac></static-ip><static-ipv6><name>2001:DB8:0::10</name><mac>aa:bb:cc:dd:ee:ff</mac></static-ipv6></interface>' +
        '<interface><name>ge-0/0/2.0</name><static-ip operation="delete"><name>10.0.48.20</name></static-ip></interface>',
    );
    expect(await c.rpc(edit(added))).toContain('<ok/>');
    expect(await c.rpc('<commit-configuration/>')).toMatch(/<commit-success\/>[\s\S]*<ok\/>/);
    const base = 'set vlans cust-13 forwarding-options dhcp-security group bindings interface';
    expect(sw.committedSet().filter((l) => l.includes('group bindings'))).toEqual([
      `${base} ge-0/0/2.0`,
      `${base} ge-0/0/1.0 static-ip 10.0.48.5 mac aa:bb:cc:dd:ee:ff`,
      `${base} ge-0/0/1.0 static-ipv6 2001:db8::10 mac aa:bb:cc:dd:ee:ff`,
    ]);
    c.end();
  });

  test('naming an unknown VLAN creates it, a missing MAC passes', async () => {
    const sw = await startSwitch({ profile: 'ex3400-18' });
    const c = await RawClient.connect(sw);
    await c.rpc(
      edit(
        dhcp('tpyo-13', '<interface><name>ge-0/0/1.0</name><static-ip><name>10.0.48.5</name></static-ip></interface>'),
      ),
    );
    expect(await c.rpc('<commit/>')).toContain('<ok/>');
    expect(sw.committedSet()).toContain(
      'set vlans tpyo-13 forwarding-options dhcp-security group bindings interface ge-0/0/1.0 static-ip 10.0.48.5',
    );
    c.end();
  });

  test('the schema refuses: the other dialect, group names, trusted beside untrusted', async () => {
    const sw = await startSwitch({ profile: 'ex3400-18' });
    const c = await RawClient.connect(sw);
    expect(await c.rpc(edit(secure('<interface><name>ge-0/0/1.0</name></interface>')))).toMatch(
      /syntax error\n[\s\S]*ethernet-switching-options/,
    );
    expect(await c.set('set vlans cust-13 forwarding-options dhcp-security group a.b')).toContain(
      'Must be a non-reserved string of 64 characters or less',
    );
    await c.set(
      'set vlans cust-13 forwarding-options dhcp-security group g overrides trusted',
      'set vlans cust-13 forwarding-options dhcp-security group g overrides untrusted',
    );
    expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).toContain(
      'Trusted and untrusted cannot be configured together',
    );
    c.end();
  });

  test('a bare dhcp-security counts since 21.4 only', async () => {
    for (const [profile, shown] of [
      ['ex3400-18', false],
      ['ex4300-21', true],
    ] as const) {
      const sw = await startSwitch({ profile });
      const c = await RawClient.connect(sw);
      await c.rpc(
        edit(
          '<vlans><vlan><name>cust-100</name><forwarding-options><dhcp-security/></forwarding-options></vlan></vlans>',
        ),
      );
      expect(sw.candidateSet().includes('set vlans cust-100 forwarding-options dhcp-security')).toBe(shown);
      c.end();
    }
  });
});

describe('check-out rules that are switched on', () => {
  const path = 'ethernet-switching-options secure-access-port interface';

  test('duplicate MAC address: one MAC on two ports, named or not', async () => {
    const sw = await startSwitch({ duplicateMac: 'refuse' });
    const c = await RawClient.connect(sw);
    await c.set(`set ${path} ge-0/0/2.0 static-ip 10.0.48.21 vlan VLAN.13 mac 00:50:56:86:e1:a2`);
    expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).toContain('<commit-check-success/>');
    await c.set(`set ${path} ge-0/0/3.0 static-ip 10.0.48.22 vlan VLAN.13 mac 00:50:56:86:e1:a2`);
    const named = await c.rpc('<commit-configuration/>');
    expect(named).toContain('configuration check-out failed: duplicate MAC address');
    expect(named).toContain(`[edit ${path} ge-0/0/3.0]`);
    sw.faults.checkOut.namePath = false;
    const nameless = await c.rpc('<commit-configuration/>');
    expect(nameless).toContain('configuration check-out failed: duplicate MAC address');
    expect(nameless).not.toContain('ge-0/0');
    c.end();
  });

  test('duplicate MAC address: one MAC twice on a port, in whichever VLAN; on another port it is not', async () => {
    const sw = await startSwitch({ sameMacTwice: 'refuse' });
    const c = await RawClient.connect(sw);
    await c.set(`set ${path} ge-0/0/14.0 static-ip 10.0.48.21 vlan VLAN.13 mac 00:50:56:86:e1:f2`);
    await c.set(`set ${path} ge-0/0/15.0 static-ip 10.0.48.22 vlan VLAN.13 mac 00:50:56:86:e1:f2`);
    expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).toContain('<commit-check-success/>');
    await c.set(`set ${path} ge-0/0/15.0 static-ip 10.0.48.23 vlan VLAN.100 mac 00:50:56:86:e1:f2`);
    const refused = await c.rpc('<commit-configuration/>');
    expect(refused).toContain('configuration check-out failed: duplicate MAC address');
    expect(refused).toContain(`[edit ${path} ge-0/0/15.0]`);
    c.end();
  });

  test('an unknown VLAN', async () => {
    const sw = await startSwitch({ unknownVlan: 'refuse' });
    const c = await RawClient.connect(sw);
    await c.set(`set ${path} ge-0/0/3.0 static-ip 10.0.48.22 vlan nowhere mac 00:50:56:86:e1:a2`);
    expect(await c.rpc('<commit-configuration/>')).toContain('vlan is not configured');
    c.end();
  });

  test.each(['load', 'check'] as const)('a rejected address at %s, whether it comes or goes', async (rejectAt) => {
    const sw = await startSwitch({ rejectIps: ['10.0.48.20', '10.0.48.66'], rejectAt });
    const c = await RawClient.connect(sw);
    for (const line of [
      `delete ${path} ge-0/0/2.0 static-ip 10.0.48.20`,
      `set ${path} ge-0/0/3.0 static-ip 10.0.48.66 vlan VLAN.13 mac 00:50:56:86:e1:a9`,
    ]) {
      const loaded = await c.set(
        `set ${path} ge-0/0/5.0 static-ip 10.0.48.55 vlan VLAN.13 mac 00:50:56:86:e1:55`,
        line,
      );
      const checked = await c.rpc('<commit-configuration><check/></commit-configuration>');
      expect([loaded.includes('refused'), checked.includes('refused')]).toEqual(
        rejectAt === 'load' ? [true, false] : [false, true],
      );
      await c.rpc('<discard-changes/>');
    }
    await c.set(`set ${path} ge-0/0/5.0 static-ip 10.0.48.55 vlan VLAN.13 mac 00:50:56:86:e1:55`);
    expect(await c.rpc('<commit-configuration/>')).toContain('<commit-success/>');
    c.end();
  });
});

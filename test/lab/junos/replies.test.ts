import { RawClient } from './raw-client';
import { NON_ELS, startSwitch, stopAll } from './worlds';
import { MessageReader } from '../../../lab/junos/netconf/framing';

afterEach(stopAll);

const LEGACY_BASE = '<capability>urn:ietf:params:xml:ns:netconf:base:1.0</capability>';
const BASE = '<capability>urn:ietf:params:netconf:base:1.0</capability>';

test('old releases send the legacy capabilities only, newer ones both, none base:1.1', async () => {
  for (const [profile, both] of [
    ['ex3300-12.3', false],
    ['ex4200-vc', false],
    ['ex3400-18', true],
    ['ex4300-21', true],
  ] as const) {
    const sw = await startSwitch({ profile });
    const c = await RawClient.connect(sw);
    expect(c.hello).toContain(LEGACY_BASE);
    expect(c.hello).toContain('<capability>http://xml.juniper.net/netconf/junos/1.0</capability>');
    expect(c.hello.includes(BASE)).toBe(both);
    expect(c.hello).not.toContain('base:1.1');
    expect(c.hello).toMatch(/^<!-- .* -->\n/);
    c.end();
  }
});

test('success as each release words it', async () => {
  const shapes = {
    'ex3300-12.3': [
      /<load-success\/>\n<load-error-count>0</,
      /<commit-results>\n<routing-engine>\n<name>fpc0<\/name>\n<commit-check-success\/>\n<\/routing-engine>\n<\/commit-results>\n<\/rpc-reply>/,
    ],
    'ex4200-vc': [
      /<load-success\/>/,
      /<name>fpc0<\/name>\n<commit-check-success\/>[\s\S]*<routing-engine junos:style="normal">\n<name>fpc1<\/name>\n<commit-check-success\/>\n<\/routing-engine>\n<\/commit-results>\n<ok\/>/,
    ],
    'ex3400-18': [/<load-configuration-results>\n<ok\/>/, /<name>fpc0<\/name>\n<commit-check-success\/>[\s\S]*<ok\/>/],
    'ex4300-21': [/<load-configuration-results>\n<ok\/>/, /<commit-check-success\/>[\s\S]*<ok\/>/],
  } as const;
  for (const [profile, [load, check]] of Object.entries(shapes)) {
    const sw = await startSwitch({ profile: profile as keyof typeof shapes });
    const c = await RawClient.connect(sw);
    expect(await c.set('set vlans VLAN.200 vlan-id 200')).toMatch(load);
    expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).toMatch(check);
    expect(await c.rpc('<commit-configuration><synchronize/><log>x</log></commit-configuration>')).toContain(
      '<commit-success/>',
    );
    c.end();
  }
});

test('errors of a commit stand where the release puts them', async () => {
  const places = {
    'ex3300-12.3': /<rpc-reply[^>]*>\n<rpc-error>\n<error-severity>error<\/error-severity>\n<source-daemon>\ndcd\n/,
    'ex4200-vc': /<commit-results>\n<routing-engine[^>]*>\n<name>fpc0<\/name>\n<rpc-error>/,
    'ex3400-18': /<commit-results>\n<rpc-error>/,
  } as const;
  for (const [profile, place] of Object.entries(places)) {
    const sw = await startSwitch({ profile: profile as keyof typeof places });
    const c = await RawClient.connect(sw);
    await c.set('set interfaces ge-0/0/1 unit 2');
    expect(await c.rpc('<commit-configuration/>')).toMatch(place);
    c.end();
  }
});

test('a committed configuration says when and by whom, a candidate when it changed; attributes of the rpc come back', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  expect(await c.rpc('<get-configuration database="committed"/>')).toMatch(
    /<configuration xmlns="http:\/\/xml\.juniper\.net\/xnm\/1\.1\/xnm" junos:commit-seconds="\d+" junos:commit-localtime="[^"]+ UTC" junos:commit-user="root">/,
  );
  expect(await c.rpc('<get-configuration/>', 'a&quot;b')).toMatch(
    /<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1\.0" xmlns:junos="http:\/\/xml\.juniper\.net\/junos\/12\.3R12\/junos" message-id="a&quot;b">\n<configuration [^>]*junos:changed-seconds=/,
  );
  c.end();
});

test('earlier configurations by number, whole or compared, in the words of the guide', async () => {
  const sw = await startSwitch();
  const wider = 'ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.0.48.21 vlan VLAN.13';
  sw.editAsOperator([`set ${wider} mac 00:50:56:86:e1:a3`], { user: 'ada' }).commit('ticket 12');
  const c = await RawClient.connect(sw);
  const ask = (inside: string): Promise<string> =>
    c.rpc(`<get-rollback-information>${inside}</get-rollback-information>`);
  const before = await ask('<rollback>1</rollback>');
  expect(before).toMatch(
    /<rollback-information>\n<ok\/>\n<configuration xmlns="http:\/\/xml\.juniper\.net\/xnm\/1\.1\/xnm" junos:changed-seconds="\d+" junos:changed-localtime="[^"]+ UTC">\n/,
  );
  expect([before.includes('10.0.48.20'), before.includes('10.0.48.21')]).toEqual([true, false]);
  expect(await ask('<rollback>0</rollback>')).toContain('10.0.48.21');
  expect(await ask('<rollback>1</rollback><format>text</format>')).toMatch(
    /<configuration-output>\n## Last changed: [^\n]+\nsystem \{/,
  );
  const compared = await ask('<rollback>1</rollback><compare>0</compare>');
  expect(compared).toMatch(/<configuration-output>\n\[edit [^\]]+\]\n[\s\S]*\+ +static-ip 10\.0\.48\.21 /);
  expect(await ask('<rollback>7</rollback>')).toContain('<rpc-error>');
  c.end();
});

test('reads: filters, formats, inactive statements, inheritance', async () => {
  const sw = await startSwitch({
    configuration: [
      ...NON_ELS,
      'deactivate ethernet-switching-options secure-access-port interface ge-0/0/2.0 static-ip 10.0.48.20',
      'set groups G vlans VLAN.300 vlan-id 300',
      'set apply-groups G',
    ],
  });
  const c = await RawClient.connect(sw);
  const read = (inner: string, attributes = ''): Promise<string> =>
    c.rpc(
      `<get-configuration database="committed" ${attributes}><configuration>${inner}</configuration></get-configuration>`,
    );
  const one = await read(
    '<ethernet-switching-options><secure-access-port><interface><name>ge-0/0/2.0</name></interface></secure-access-port></ethernet-switching-options>',
  );
  expect(one).toContain('<static-ip inactive="inactive">');
  expect(one).not.toMatch(/ge-0\/0\/1\.0|<vlan>\s*<name>|host-name/);
  expect(await read('<vlans><vlan><name/></vlan></vlans>')).not.toContain('vlan-id');
  expect(await read('<vlans/>')).not.toContain('VLAN.300');
  expect(await read('<vlans/>', 'inherit="inherit" groups="groups"')).toMatch(
    /<vlan junos:group="G">\n\s*<name>VLAN\.300/,
  );
  expect(await read('<snmp/>')).toMatch(/<configuration [^>]*>\n<\/configuration>/);
  expect(await c.rpc('<get-configuration database="committed" format="text"/>')).toContain(
    'inactive: static-ip 10.0.48.20 vlan VLAN.13 mac',
  );
  expect(await c.rpc('<get-configuration database="committed" format="set"/>')).toContain(
    sw.committedSet().join('\n').replace(/[<>&]/g, ''),
  );
  const filtered = await c.rpc(
    '<get-config><source><running/></source><filter type="subtree"><configuration><vlans><vlan><name>VLAN.100</name></vlan></vlans></configuration></filter></get-config>',
  );
  expect(filtered).toMatch(/<data>\n<configuration [\s\S]*VLAN\.100[\s\S]*<\/data>/);
  expect(filtered).not.toContain('VLAN.13');
  c.end();
});

test('a comparison in XML, and one with an earlier commit', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  expect(await c.rpc('<get-configuration compare="rollback" rollback="0" format="text"/>')).toContain(
    '<configuration-output>\n</configuration-output>',
  );
  await c.set('delete vlans VLAN.100', 'set vlans VLAN.200 vlan-id 200');
  const xml = await c.rpc('<get-configuration compare="rollback" rollback="0" format="xml"/>');
  expect(xml).toMatch(
    /<vlan operation="delete">\n\s*<name>VLAN\.100[\s\S]*<vlan operation="create">\n\s*<name>VLAN\.200/,
  );
  await c.rpc('<commit/>');
  expect(await c.rpc('<get-configuration compare="rollback" rollback="1" format="text"/>')).toContain('+   VLAN.200 {');
  expect(await c.rpc('<get-configuration compare="rollback" rollback="9" format="text"/>')).toContain('rpc-error');
  c.end();
});

test('operations that are none, and messages that are no XML', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  expect(await c.rpc('<get-nonsense/>')).toMatch(/syntax error\n[\s\S]*<bad-element>\nget-nonsense\n/);
  c.send('<rpc message-id="1"><get-config></rpc>');
  expect(await c.message()).toContain('rpc-error');
  expect(await c.rpc('<get-software-information/>')).toContain('JUNOS EX  Software Suite [12.3R12.4]');
  expect(
    await c.rpc(
      '<get-xnm-information><type>xml-schema</type><namespace>junos-configuration</namespace></get-xnm-information>',
    ),
  ).toContain('secure-access-port');
  c.end();
});

test('history: fifty entries, newest first, names and tokens escaped', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw, { username: 'alice' });
  for (let i = 0; i < 55; i += 1)
    await c.rpc(`<commit-configuration><log>token &lt;${String(i)}&gt;</log></commit-configuration>`);
  const history = await c.rpc('<get-commit-information/>');
  expect(history.match(/<commit-history>/g)).toHaveLength(50);
  expect(history).toMatch(
    /<sequence-number>0<\/sequence-number>\n<user>alice<\/user>\n<client>netconf<\/client>\n<date-time junos:seconds="\d+">[^<]+<\/date-time>\n<log>token &lt;54&gt;<\/log>/,
  );
  c.end();
});

test('requests in single bytes, and many in one write', async () => {
  const sw = await startSwitch();
  const c = await RawClient.connect(sw);
  const rpc = (id: number): string =>
    `<rpc message-id="${String(id)}" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get-system-information/></rpc>]]>]]>`;
  for (const byte of Buffer.from(rpc(1))) c.write(Buffer.from([byte]));
  expect(await c.message()).toContain('message-id="1"');
  c.write(Array.from({ length: 20 }, (_, i) => rpc(i)).join(''));
  for (let i = 0; i < 20; i += 1) expect(await c.message()).toContain(`message-id="${String(i)}"`);
  c.end();
});

test('chunked framing where both offer it, cut at any byte; a broken header ends the session', async () => {
  const sw = await startSwitch({ chunked: true });
  sw.faults.output.bytesPerWrite = 7;
  const c = await RawClient.connect(sw, {
    hello: ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1'],
  });
  expect(c.hello).toContain('base:1.1');
  const request =
    '<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get-config><source><running/></source></get-config></rpc>';
  c.write(`\n#5\n${request.slice(0, 5)}\n#${String(request.length - 5)}\n${request.slice(5)}\n##\n`);
  const reply = `${await c.message('\n##\n')}\n##\n`;
  const reader = new MessageReader();
  reader.chunked = true;
  reader.push(Buffer.from(reply));
  expect(reply).toMatch(/^\n#7\n/);
  expect(reader.next()).toMatch(/^<rpc-reply[\s\S]*10\.0\.48\.20[\s\S]*<\/rpc-reply>\n$/);
  c.write('nonsense without a header');
  await c.whenClosed();
  expect(sw.sessions()).toBe(0);
});

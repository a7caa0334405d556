import { RawClient, READ_COMMITTED } from './raw-client';
import { NON_ELS, startSwitch, stopAll } from './worlds';

afterEach(stopAll);

test('the change sequence: lock, load, diff, check, commit, read, unlock', async () => {
  const sw = await startSwitch();
  expect(sw.committedSet()).toEqual(NON_ELS);
  const c = await RawClient.connect(sw);
  expect(c.hello).toContain('<!-- No zombies were killed');
  expect(await c.rpc('<lock><target><candidate/></target></lock>')).toContain('<ok/>');
  expect(sw.isLocked()).toBe(true);
  const loaded = await c.rpc(
    `<edit-config><target><candidate/></target><config><configuration><ethernet-switching-options><secure-access-port>
      <interface><name>ge-0/0/2.0</name><static-ip operation="delete"><name>10.0.48.20</name></static-ip></interface>
      <interface><name>ge-0/0/1.0</name><static-ip><name>10.0.48.5</name><vlan>VLAN.13</vlan><mac>AA:BB:CC:DD:EE:FF</mac></static-ip></interface>
    </secure-access-port></ethernet-switching-options></configuration></config></edit-config>`,
  );
  expect(loaded).toContain('<ok/>');
  expect(await c.diff()).toBe(
    '[edit ethernet-switching-options secure-access-port interface ge-0/0/1.0]\n+     static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff;\n' +
      '[edit ethernet-switching-options secure-access-port interface ge-0/0/2.0]\n-     static-ip 10.0.48.20 vlan VLAN.13 mac 00:50:56:86:e1:a2;\n',
  );
  expect(await c.rpc('<commit-configuration><check/></commit-configuration>')).toContain('<commit-check-success/>');
  expect(sw.commits()).toEqual([]);
  expect(await c.rpc('<commit-configuration><log>token-1</log></commit-configuration>')).toContain('<commit-success/>');
  expect(sw.commits()).toMatchObject([{ user: 'portwarden', client: 'netconf', log: 'token-1' }]);
  expect(await c.rpc(READ_COMMITTED)).toContain(
    '<static-ip>\n                    <name>10.0.48.5</name>\n                    <vlan>VLAN.13</vlan>',
  );
  expect(await c.rpc('<unlock><target><candidate/></target></unlock>')).toContain('<ok/>');
  expect(sw.committedSet()).toContain('set ethernet-switching-options secure-access-port interface ge-0/0/2.0');
  expect(await c.rpc('<close-session/>')).toContain('<ok/>');
  await c.whenClosed();
  expect(c.received).toContain('<!-- session end at');
});

import fc from 'fast-check';
import { parseTextDiff } from '../../../src/devices/junos/textDiff';

const words = (text: string): readonly string[] =>
  parseTextDiff(text).entries.map(
    ({ sign, words: list, container, tag }) =>
      `${sign}${tag === undefined ? '' : `(${tag})`}${container ? '{' : ''} ${list.join(' ')}`,
  );

describe('parseTextDiff', () => {
  it('reads one-line statements below their header', () => {
    const text = `
[edit ethernet-switching-options secure-access-port interface ge-0/0/1.0]
-    static-ip 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff;
+    static-ip 10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff;
`;
    const place = 'ethernet-switching-options secure-access-port interface ge-0/0/1.0 static-ip';
    expect(words(text)).toEqual([
      `- ${place} 10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff`,
      `+ ${place} 10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff`,
    ]);
  });

  it('reads nested blocks, and passes over the context around them', () => {
    const text = `[edit vlans cust-10 forwarding-options]
+    dhcp-security {
+        group portwarden {
+            interface ge-0/0/1.0 {
+                static-ip 192.0.2.10 {
+                    mac 00:11:22:33:44:55;
+                }
+            }
+        }
+    }
[edit vlans]
     cust-10 { ... }
!    inactive: cust-20 { ... }`;
    const base = 'vlans cust-10 forwarding-options dhcp-security';
    expect(words(text)).toEqual([
      `+{ ${base}`,
      `+{ ${base} group portwarden`,
      `+{ ${base} group portwarden interface ge-0/0/1.0`,
      `+{ ${base} group portwarden interface ge-0/0/1.0 static-ip 192.0.2.10`,
      `+ ${base} group portwarden interface ge-0/0/1.0 static-ip 192.0.2.10 mac 00:11:22:33:44:55`,
      '!(inactive) vlans cust-20',
    ]);
  });

  it("keeps quoted words whole and drops the device's remarks", () => {
    expect(words('[edit]\n+  location "rack 7; row {2}";\n-  secret "$9$x"; ## SECRET-DATA')).toEqual([
      '+ location rack 7; row {2}',
      '- secret $9$x',
    ]);
  });

  it.each([
    ['a changed line that is no statement', '[edit]\n+ what is this'],
    ['a line without a sign', '[edit]\nhost-name x;'],
    ['a block that is not closed', '[edit]\n+ system {\n+   host-name x;'],
    ['a block that was never opened', '[edit]\n+ }'],
  ])('says so about %s', (_what, text) => {
    expect(parseTextDiff(text).unreadable).toHaveLength(1);
  });

  it('finds nothing in an empty diff, and never throws', () => {
    expect(parseTextDiff('\n')).toEqual({ text: '', entries: [], unreadable: [] });
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'+-! []{};\n"\\edit ab:'.split('')), maxLength: 80 }),
        (text) => void parseTextDiff(text),
      ),
    );
  });
});

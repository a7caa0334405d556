import fc from 'fast-check';
import { interfacesDiff } from '../../../lab/proxmox/interfaces';
import type { NetworkRow } from '../../../lab/proxmox/nodes';
import { stagedChanges } from '../../../src/sources/proxmox/stagedChanges';

const HEADER = '--- /etc/network/interfaces\t2026-11-24\n+++ /etc/network/interfaces.new\t2026-11-24\n';
const concerned = (hunk: string, ...names: string[]): string[] =>
  names.filter((name) => stagedChanges(`${HEADER}${hunk}`)?.concerns(name));

describe('what a diff of interfaces concerns', () => {
  it.each([undefined, null, ''])('nothing, when it is %p', (changes) => {
    expect(stagedChanges(changes)).toBeUndefined();
  });

  it.each([
    [
      'an option below its heading',
      '@@ -1,4 +1,4 @@\n iface vmbr0 inet static\n-\tbridge-ports bond0\n+\tbridge-ports bond1\n \tbridge-stp off\n',
      ['vmbr0'],
    ],
    [
      'an option that is not indented',
      '@@ -1,2 +1,2 @@\n iface vmbr0 inet static\n-bridge-ports bond0\n+bridge-ports bond1\n',
      ['vmbr0'],
    ],
    [
      'a new interface',
      '@@ -1,2 +1,5 @@\n iface vmbr0 inet static\n \tbridge-ports bond0\n+auto vmbr1\n+iface vmbr1 inet manual\n+\tbridge-ports none\n',
      ['vmbr1'],
    ],
    [
      'a removed interface',
      '@@ -1,3 +1,1 @@\n-iface vmbr1 inet manual\n-\tbridge-ports none\n iface vmbr0 inet manual\n',
      ['vmbr1'],
    ],
    [
      'a renamed interface: both names',
      '@@ -1,2 +1,2 @@\n-iface vmbr1 inet manual\n+iface vmbr0 inet manual\n \tbridge-ports none\n',
      ['vmbr0', 'vmbr1'],
    ],
    ['start at boot, of several', '@@ -1,1 +1,1 @@\n-auto vmbr1 bond0\n+allow-hotplug vmbr1\n', ['bond0', 'vmbr1']],
    [
      'an option that another interface has now: both',
      '@@ -1,3 +1,2 @@\n iface vmbr0 inet manual\n-iface vmbr1 inet manual\n \tbridge-ports bond0\n',
      ['vmbr0', 'vmbr1'],
    ],
    [
      'two hunks',
      '@@ -1,2 +1,2 @@\n iface vmbr0 inet manual\n-\tmtu 1500\n+\tmtu 9000\n@@ -40,2 +40,2 @@\n iface bond0 inet manual\n-\tmtu 1500\n+\tmtu 9000\n',
      ['bond0', 'vmbr0'],
    ],
    [
      'comments and blank lines alone: nothing',
      '@@ -1,3 +1,3 @@\n-#old\n+#new\n+\n iface vmbr0 inet manual\n\\ No newline at end of file\n',
      [],
    ],
  ])('%s', (_case, hunk, expected) => {
    expect(concerned(hunk, 'bond0', 'vmbr0', 'vmbr1', 'vmbr2')).toEqual(expected);
  });

  it.each([
    [
      'an option whose heading is not shown',
      `${HEADER}@@ -9,3 +9,3 @@\n \tbridge-stp off\n-\tbridge-ports bond0\n+\tbridge-ports bond1\n`,
    ],
    [
      'an option after the heading of an earlier hunk',
      `${HEADER}@@ -1,1 +1,2 @@\n iface vmbr0 inet manual\n+\tmtu 9000\n@@ -30,1 +30,2 @@\n \tx y\n+\tz 1\n`,
    ],
    [
      'an option after auto, which has none',
      `${HEADER}@@ -1,2 +1,3 @@\n iface vmbr0 inet manual\n auto vmbr1\n+\tmtu 9000\n`,
    ],
    ['another file that is read in', `${HEADER}@@ -1,1 +1,2 @@\n auto lo\n+source /etc/network/interfaces.d/*\n`],
    [
      'a heading that goes away before lines that are not shown',
      `${HEADER}@@ -1,4 +1,3 @@\n \tx y\n-iface vmbr1 inet manual\n #a\n #b\n #c\n`,
    ],
    ['an option of a mapping', `${HEADER}@@ -1,2 +1,3 @@\n mapping eth0\n+\tscript /x\n`],
    ['a continued line', `${HEADER}@@ -1,2 +1,3 @@\n iface vmbr0 inet manual\n+\tbridge-ports bond0 \\\n+\tbond1\n`],
    ['no diff at all', 'the network changed'],
    ['a diff without a hunk', HEADER],
    ['a line that is not of a diff', `${HEADER}@@ -1,1 +1,1 @@\nBinary files differ\n`],
    ['something that is no text', { vmbr0: 'changed' }],
  ])('anything, when it is %s', (_case, changes) => {
    expect(stagedChanges(changes)?.concerns('vmbr77')).toBe(true);
  });

  it('of any two networks, at least every interface whose row differs', () => {
    const ports = fc.constantFrom('bond0', 'bond1', 'bond0.13', 'none');
    const network = fc
      .uniqueArray(fc.tuple(fc.constantFrom('vmbr0', 'vmbr1', 'vmbr2', 'vmbr3'), ports, fc.boolean()), {
        selector: ([name]) => name,
        maxLength: 4,
      })
      .map((bridges) =>
        bridges.map(([iface, bridge_ports, aware]): NetworkRow => ({
          iface,
          type: 'bridge',
          bridge_ports,
          ...(aware ? { bridge_vlan_aware: 1 } : {}),
        })),
      );
    fc.assert(
      fc.property(network, network, (running, staged) => {
        const changes = stagedChanges(interfacesDiff(running, staged));
        for (const name of ['vmbr0', 'vmbr1', 'vmbr2', 'vmbr3']) {
          const [before, after] = [running, staged].map((rows) =>
            JSON.stringify(rows.find(({ iface }) => iface === name)),
          );
          if (before !== after) expect(changes?.concerns(name)).toBe(true);
        }
      }),
    );
  });
});

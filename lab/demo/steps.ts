import type { LabWorld } from '../world';

/** One event of the demo: what happens in the panel, and what must be on the switch afterwards. */
export interface DemoStep {
  readonly title: string;
  /** What the step shows. */
  readonly lesson: string;
  readonly switchId: number;
  readonly port: string;
  /** Changes the panel, which fires the webhook; returns the webhook's deliveries. */
  readonly happen: (world: LabWorld) => ReturnType<LabWorld['panel']['assign']>;
  /** The `static-ip` statements that the port must have then, without their common beginning. */
  readonly expected: readonly string[];
}

/** The three kinds of event of the seed, for dedicated servers, VMs and deletions. */
export const demoSteps: readonly DemoStep[] = [
  {
    title: 'ip_assigned: a dedicated server gets an address',
    lesson:
      'Addresses and MAC come from the panel, the VLAN from its subnet; the port gets exactly the desired bindings.',
    switchId: 1,
    port: 'ge-0/0/1.0',
    happen: (world) => world.panel.assign({ serverId: 101, ip: '10.0.48.7' }),
    expected: [
      '10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
      '10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
      '10.0.48.7 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff',
    ],
  },
  {
    title: 'ip_removed: the address is taken away again',
    lesson: 'Only the difference is sent; mac-limit and everything else on the port stays.',
    switchId: 1,
    port: 'ge-0/0/1.0',
    happen: (world) => world.panel.remove({ serverId: 101, ip: '10.0.48.7' }),
    expected: ['10.0.48.5 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff', '10.0.48.6 vlan VLAN.13 mac aa:bb:cc:dd:ee:ff'],
  },
  {
    title: 'ip_assigned: a virtual machine gets an address',
    lesson:
      "Its Proxmox node is found; the node's uplink gets the union over all guests of the node, stopped ones too.",
    switchId: 2,
    port: 'ae0.0',
    happen: (world) => world.panel.assign({ serverId: 301, ip: '10.0.48.105' }),
    expected: [
      '10.0.48.101 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.0.48.102 vlan VLAN.13 mac bc:24:11:00:31:02',
      '10.0.48.105 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.1.100.102 vlan VLAN.100 mac bc:24:11:00:30:02',
      '10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03',
    ],
  },
  {
    title: 'server_deleted: a virtual machine is gone',
    lesson: 'The panel no longer knows it: the stored placement says where it was. Its neighbours keep their bindings.',
    switchId: 2,
    port: 'ae0.0',
    happen: (world) => {
      world.clusters.get('pve-lab')?.removeGuest(3002);
      return world.panel.deleteServer(302);
    },
    expected: [
      '10.0.48.101 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.0.48.105 vlan VLAN.13 mac bc:24:11:00:30:01',
      '10.2.200.103 vlan VLAN.200 mac bc:24:11:00:30:03',
    ],
  },
  {
    title: 'server_deleted: a dedicated server is gone',
    lesson: 'Its port is wiped of bindings.',
    switchId: 1,
    port: 'ge-0/0/1.0',
    happen: (world) => world.panel.deleteServer(101),
    expected: [],
  },
];

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JunosSwitch } from '../../lab/junos';
import { startProductProcess } from '../../lab/productProcess';
import type { Scenario } from '../../lab/scenarios/scenario';
import { writeSite } from '../../lab/siteConfiguration';
import { LAB_SECRETS, startLabWorld } from '../../lab/world';
import type { BenchCase } from '../benchCase';
import { atMost, type Figure } from '../figure';

/** As it is configured usually. */
const INTERVAL_MS = 10_000;
/** As long as copying a small guest's memory takes. */
const MIGRATION_MS = 25_000;
const COMMIT_MS = 1_000;
const READY_MS = 120_000;
const MOST_MS = 120_000;
const SERVER = 101;
const IP = '10.0.48.101';
const VMID = 100;
const NODES = ['pve1', 'pve2', 'pve3'] as const;
type Node = (typeof NODES)[number];

/** One guest in a cluster of three nodes, whose uplinks are ports of one switch. */
const SCENARIO: Scenario = {
  name: 'migration',
  panel: {
    servers: [
      ...NODES.map((servername, index) => ({
        ...{ id: 1 + index, servername, kind: 'dedicated' as const, ips: [] },
        switchPorts: [{ switchId: 1, portId: 1 + index, switchAutomation: true }],
      })),
      { id: SERVER, servername: 'vm1', kind: 'vm', ips: [IP], proxmox: { providerId: 1, vmid: VMID } },
    ],
    networkDevices: [
      {
        ...{ id: 1, name: 'uplinks', managementVendor: 'juniperSsh' },
        ...{ managementUser: 'portwarden', managementPassword: 'lab-secret-1' },
        ports: NODES.map((_, index) => ({ id: 1 + index, name: `ae${index}` })),
      },
    ],
    subnets: [{ id: 1, subnet: '10.0.48.0', cidr: 24, gw: '10.0.48.1', staticAccessVlanId: 13 }],
    externalProviders: [{ id: 1, name: 'pve', apiUrl: 'pve1.lab.example' }],
  },
  proxmox: [
    {
      name: 'pve',
      nodes: NODES.map((name) => ({ name, bridges: [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }] })),
      guests: [
        {
          ...{ vmid: VMID, type: 'qemu', name: 'vm1', node: 'pve1' },
          config: { net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=13' },
        },
      ],
    },
  ],
  switches: [
    {
      ...{ id: 1, profile: 'ex4200-vc', username: 'portwarden', password: 'lab-secret-1' },
      configuration: [
        'set vlans VLAN.13 vlan-id 13',
        'set ethernet-switching-options secure-access-port vlan VLAN.13 arp-inspection',
      ],
    },
  ],
};

/** How long a guest that moves is without a valid binding when nobody tells of it. */
export const migration: BenchCase = {
  name: 'migration',
  title: 'A guest that moves, of which nobody tells: how long it is without a valid binding',
  async measure({ isQuick }) {
    const { seen, unseen } = await gapsOf(isQuick ? 2 : 8);
    const figures: Figure[] = [
      {
        ...{ what: `a migration of ${MIGRATION_MS / 1000} s that the watcher sees by its task`, unit: 's' },
        ...{ values: seen, target: atMost(0) },
      },
      {
        ...{ what: 'a guest that is on another node at once, as after the loss of a node', unit: 's' },
        ...{ values: unseen, against: { what: 'interval', values: unseen.map(() => INTERVAL_MS / 1000) } },
      },
    ];
    return figures;
  },
};

/**
 * Seconds from the moment in which the guest is on its new node until the uplink there lets it through.
 * @param times how often each, at as many different times between two looks of the watcher.
 */
async function gapsOf(times: number): Promise<Readonly<Record<'seen' | 'unseen', readonly number[]>>> {
  const directory = mkdtempSync(join(tmpdir(), 'portwarden-bench-'));
  const world = await startLabWorld(SCENARIO, { commitMs: COMMIT_MS, checkMs: COMMIT_MS / 5 });
  try {
    const watch = { intervalSeconds: INTERVAL_MS / 1_000, graceSeconds: 1 };
    const site = writeSite(world, directory, { proxmox: { watch } });
    const product = await startProductProcess({ site, readyWithinMs: READY_MS });
    try {
      const uplinks = world.switches.get(1);
      const cluster = world.clusters.get('pve')?.cluster;
      if (uplinks === undefined || cluster === undefined) throw new Error('the lab lacks its switch or its cluster');
      await tell(product.apiUrl);
      await until(() => isBound(uplinks, 'pve1'));
      const gaps = { seen: [] as number[], unseen: [] as number[] };
      for (let turn = 0; turn < times; turn += 1) {
        for (const how of ['seen', 'unseen'] as const) {
          const target = after(cluster.guest(VMID).node);
          await sleep(((turn + 0.5) / times) * INTERVAL_MS);
          const task = how === 'seen' ? cluster.beginMigration(VMID, target) : undefined;
          if (task !== undefined) await sleep(MIGRATION_MS);
          const isThere = isBound(uplinks, target);
          const moved = performance.now();
          cluster.move(VMID, target);
          await until(() => isBound(uplinks, target));
          gaps[how].push(isThere ? 0 : (performance.now() - moved) / 1000);
          if (task !== undefined) cluster.endMigration(task);
          await until(() => NODES.every((node) => node === target || !isBound(uplinks, node)));
        }
      }
      return gaps;
    } finally {
      await product.stop();
    }
  } finally {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function after(node: string): Node {
  return NODES[(NODES.findIndex((one) => one === node) + 1) % NODES.length] ?? 'pve1';
}

/** Whether the uplink of a node lets the guest through, as committed. */
function isBound(uplinks: JunosSwitch, node: Node): boolean {
  const port = ` ae${NODES.indexOf(node)}.0 `;
  return uplinks.committedSet().some((line) => line.includes(port) && line.includes(` static-ip ${IP} `));
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + MOST_MS; !isSo(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`nothing came of it within ${MOST_MS / 1_000} s`);
}

/** The one event that there is: the server is seen where it is at first. */
async function tell(apiUrl: string): Promise<void> {
  const response = await fetch(`${apiUrl}/api/port-security/event`, {
    method: 'POST',
    headers: { authorization: `Bearer ${LAB_SECRETS.bearerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'ip_assigned', serverId: SERVER }),
  });
  if (response.status !== 202) throw new Error(`the API answered ${response.status}`);
}

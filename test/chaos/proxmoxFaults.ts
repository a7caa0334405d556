import type { ProxmoxFault } from '../../lab/proxmox/faults';
import type { Fault, Targets } from './faults';
import type { Random } from './random';
import { CLUSTER, NODES } from './scenario';

/** The hypervisors answer wrongly, late or not at all, or a node is away. */
export function proxmoxFault(random: Random, { world }: Targets): Fault {
  const cluster = world.clusters.get(CLUSTER);
  const node = cluster?.cluster.node(random.pick(NODES));
  const steps = random.int(1, 4);
  const offline = random.chance(0.2);
  const path = random.pick(['', '/cluster/resources', '/config$', '/network', '/cluster/status']);
  const times = random.chance(0.5) ? { times: random.int(1, 6) } : {};
  const fault = random.weighted<ProxmoxFault>([
    [3, { kind: 'status', status: 500, path, ...times }],
    [2, { kind: 'status', status: 595, reason: 'No route to host', path, ...times }],
    [1, { kind: 'status', status: 429, path, retryAfter: 1, ...times }],
    [2, { kind: 'latency', latencyMs: random.int(300, 2_500), path, ...times }],
    [1, { kind: 'timeout', path, times: random.int(1, 3) }],
    [2, { kind: 'drop', path, ...times }],
    [1, { kind: 'truncate', path, ...times }],
    [1, { kind: 'garbage', path, ...times }],
  ]);
  if (offline && node !== undefined) {
    return {
      name: `proxmox: ${node.name} is offline`,
      steps,
      begin: () => {
        node.online = false;
      },
      end: () => {
        node.online = true;
      },
    };
  }
  let remove = (): void => undefined;
  return {
    name: `proxmox: ${JSON.stringify(fault)}`,
    steps,
    begin: () => {
      remove = cluster?.addFault(fault) ?? remove;
    },
    end: () => {
      remove();
    },
  };
}

/** A node shows a network that does not run yet, or a guest's configuration without anything in it. */
export function strangeNode(random: Random, { world }: Targets): Fault {
  const cluster = world.clusters.get(CLUSTER)?.cluster;
  const steps = random.int(1, 4);
  const node = random.pick(NODES);
  const guests = cluster?.guests ?? [];
  if (guests.length > 0 && random.chance(0.5)) {
    const guest = random.pick(guests);
    return {
      name: `proxmox: the configuration of guest ${guest.vmid} is empty`,
      steps,
      begin: () => {
        guest.hollow = true;
      },
      end: () => {
        guest.hollow = false;
      },
    };
  }
  const ports = random.pick(['eno9', 'none', 'bond0.13']);
  return {
    name: `proxmox: ${node} has a staged network with vmbr0 on ${ports}`,
    steps,
    begin: () => {
      cluster?.stageNetwork(node, [{ iface: 'vmbr0', vlanAware: true, ports }]);
    },
    end: () => {
      cluster?.revertNetwork(node);
    },
  };
}

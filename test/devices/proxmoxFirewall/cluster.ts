import { makeIdentity } from '../../../lab/proxmox/certificates';
import { FILTER_WRITER } from '../../../lab/proxmox/access';
import type { LabSetEntry } from '../../../lab/proxmox/firewall';
import { startProxmoxLab, type ProxmoxLab, type ProxmoxLabOptions } from '../../../lab/proxmox/lab';
import type { ClusterWorld } from '../../../lab/scenarios/scenario';
import { FirewallClient } from '../../../src/clients/proxmox/firewall';
import type { ProxmoxClusterOptions } from '../../../src/clients/proxmox/options';
import { DEFAULT_FILTER_SETTINGS, type FilterSettings } from '../../../src/devices/proxmoxFirewall/settings';
import { ProxmoxFirewallDevice } from '../../../src/devices/proxmoxFirewall/proxmoxFirewallDevice';
import { deviceId } from '../../../src/domain/values/device';
import { parsePortName, type PortName } from '../../../src/domain/values/port';

const TOKEN = 'filter@pve!lab=0b1c2d3e-0000-4000-8000-000000000002';
const identity = makeIdentity({ names: ['localhost', '127.0.0.1'] });
const bridges = [{ iface: 'vmbr0', vlanAware: true, ports: 'bond0' }];

const world: ClusterWorld = {
  name: 'lab',
  nodes: [
    { name: 'pve1', bridges },
    { name: 'pve2', bridges },
  ],
  guests: [
    {
      ...{ vmid: 101, type: 'qemu', name: 'web', node: 'pve1' },
      config: {
        net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=100,firewall=1',
        net1: 'virtio=BC:24:11:00:01:01,bridge=vmbr0,tag=100,firewall=1',
        net2: 'virtio=BC:24:11:00:01:02,bridge=vmbr0,tag=100,firewall=1',
      },
    },
    {
      ...{ vmid: 102, type: 'lxc', name: 'ct', node: 'pve2' },
      config: { net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:02:00,tag=100,type=veth' },
    },
  ],
};

/** A cluster of the lab with the driver for its filters. */
export interface FilteredCluster {
  readonly lab: ProxmoxLab;
  readonly client: FirewallClient;
  readonly device: ProxmoxFirewallDevice;
  readonly token: string;
  /** How it is reached. */
  readonly options: ProxmoxClusterOptions;
  /** The entries of a NIC's set, as they are typed; undefined when it has none. */
  cidrs(port: string): string[] | undefined;
  /** Puts a set there, as somebody by hand. */
  put(port: string, entries: readonly (string | LabSetEntry)[]): void;
  stop(): Promise<void>;
}

export const FIRST = parsePortName('101/net0');
export const SECOND = parsePortName('101/net1');
export const EMPTY = parsePortName('101/net2');
export const CONTAINER = parsePortName('102/net0');

/** Starts one in which everything is enforced. */
export async function startCluster(
  options: Partial<ProxmoxLabOptions> & {
    readonly privileges?: readonly string[];
    readonly filters?: Partial<FilterSettings>;
  } = {},
): Promise<FilteredCluster> {
  const { privileges = FILTER_WRITER, filters = {}, ...others } = options;
  const tokens = [{ token: TOKEN, acl: [{ path: '/', privileges, propagate: true }] }];
  const lab = await startProxmoxLab({ world, tokens, identity, authFailureDelayMs: 0, ...others });
  for (const vmid of [101, 102]) lab.cluster.enforce(vmid);
  const reach = { name: 'lab', hosts: lab.urls, token: TOKEN, ca: identity.caPem, timeoutMs: 2_000, concurrency: 4 };
  const client = new FirewallClient(reach);
  const setOf = (port: string): { sets: ReturnType<ProxmoxLab['cluster']['firewall']>['sets']; name: string } => {
    const [vmid, nic] = port.split('/');
    return { sets: lab.cluster.firewall(Number(vmid)).sets, name: `ipfilter-${nic ?? ''}` };
  };
  return {
    ...{ lab, client, token: TOKEN, options: reach },
    device: new ProxmoxFirewallDevice(deviceId('proxmoxFirewall', 'lab'), client, {
      ...DEFAULT_FILTER_SETTINGS,
      ...filters,
    }),
    cidrs: (port) => {
      const { sets, name } = setOf(port);
      return sets.get(name)?.entries.map(({ cidr }) => cidr);
    },
    put: (port, entries) => {
      const { sets, name } = setOf(port);
      sets.set(name, { entries: entries.map((entry) => (typeof entry === 'string' ? { cidr: entry } : entry)) });
    },
    stop: async () => {
      client.close();
      await lab.close();
    },
  };
}

/** Every entry of every filter, `101/net0 192.0.2.10`, sorted. */
export function allEntries({ cluster }: ProxmoxLab): string[] {
  return [...cluster.firewalls]
    .flatMap(([vmid, { sets }]) =>
      [...sets].flatMap(([name, { entries }]) =>
        entries.map(({ cidr }) => `${vmid}/${name.replace('ipfilter-', '')} ${cidr}`),
      ),
    )
    .sort();
}

/** A port's own spelling and another one. */
export function shouted(port: PortName): PortName {
  return parsePortName(port.toUpperCase());
}

import type { ClusterWorld, GuestWorld } from '../scenarios/scenario';
import { emptyFirewall, type LabFirewall } from './firewall';
import { interfacesDiff } from './interfaces';

/** A guest as the fake cluster holds it: what Proxmox keeps in /etc/pve/nodes/{node}/{qemu-server,lxc}/{vmid}.conf. */
export interface LabGuest {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  name: string;
  node: string;
  status: 'running' | 'stopped';
  template: boolean;
  lock: string | undefined;
  /** When it was started, in Unix milliseconds. */
  startedAt: number;
  /** What runs now. */
  config: Record<string, string>;
  /** Changes that wait for the next start; null removes the key. */
  pending: Record<string, string | null>;
  /** Whether configurations are answered without `digest` and everything else, as `{}`: no real host does. */
  hollow: boolean;
}

/** A row of the node's network configuration, in the API's own field names. */
export type NetworkRow = Readonly<Record<string, string | number | null | readonly string[]>> & {
  readonly iface: string;
  readonly type: string;
};

/** A node as the fake cluster holds it. */
export interface LabNode {
  readonly name: string;
  readonly ip: string;
  online: boolean;
  /** Whether the other nodes receive its guests' statistics. */
  statistics: boolean;
  /** What runs. */
  network: readonly NetworkRow[];
  /** What waits to be applied, with the diff against what runs, while something does. */
  staged: { readonly network: readonly NetworkRow[]; readonly changes: string } | undefined;
}

/** A bridge as scenarios and the admin side describe it. */
export type BridgeWorld = ClusterWorld['nodes'][number]['bridges'][number];

/** One SDN vnet or zone. */
export type SdnVnet = NonNullable<ClusterWorld['vnets']>[number];
export type SdnZone = NonNullable<ClusterWorld['zones']>[number];

/** A task as the fake cluster lists it. */
export interface LabTask {
  readonly upid: string;
  readonly node: string;
  readonly type: string;
  readonly id: string;
  /** Unix seconds. */
  readonly startedAt: number;
  endedAt: number | undefined;
  status: string | undefined;
  readonly log: string[];
}

const KEPT_TASKS = 25;

/** The state of one fake Proxmox VE cluster, changed by the lab's admin side. */
export class LabCluster {
  readonly name: string;
  readonly nodes: LabNode[];
  readonly guests: LabGuest[] = [];
  /** Recent tasks, running ones too, newest first. */
  readonly tasks: LabTask[] = [];
  /** What the HA manager does with guests, by vmid. */
  readonly ha = new Map<number, { state: string; target?: string }>();
  quorate = true;
  /** Of the whole cluster's firewall, as typed: without `enable` it is off. */
  firewallOptions: Record<string, number | string> = {};
  /** By vmid. */
  readonly firewalls = new Map<number, LabFirewall>();
  /** Addresses that no set takes. */
  refusedEntries: readonly string[] = [];
  /** What the nodes use; changes to the configuration need {@link applySdn}. */
  running: { vnets: readonly SdnVnet[]; zones: readonly SdnZone[] };
  configured: { vnets: readonly SdnVnet[]; zones: readonly SdnZone[] };

  constructor(world: ClusterWorld) {
    this.name = world.name;
    this.nodes = world.nodes.map((node, index) => ({
      name: node.name,
      ip: node.bridges.find(({ address }) => address !== undefined)?.address?.split('/')[0] ?? `192.0.2.${index + 11}`,
      online: true,
      statistics: true,
      network: networkOf(node.bridges),
      staged: undefined,
    }));
    this.configured = { vnets: world.vnets ?? [], zones: world.zones ?? [] };
    this.running = this.configured;
    for (const guest of world.guests) this.addGuest(guest);
  }

  /** A copy that no longer follows this cluster. */
  copy(): LabCluster {
    const copy = new LabCluster({ name: this.name, nodes: [], guests: [] });
    copy.nodes.push(...structuredClone(this.nodes));
    copy.guests.push(...structuredClone(this.guests));
    copy.tasks.push(...structuredClone(this.tasks));
    for (const [vmid, service] of this.ha) copy.ha.set(vmid, { ...service });
    for (const [vmid, firewall] of this.firewalls) copy.firewalls.set(vmid, structuredClone(firewall));
    copy.firewallOptions = { ...this.firewallOptions };
    copy.quorate = this.quorate;
    copy.configured = this.configured;
    copy.running = this.running;
    return copy;
  }

  node(name: string): LabNode | undefined {
    return this.nodes.find((node) => node.name === name);
  }

  guest(vmid: number): LabGuest {
    const guest = this.guests.find((candidate) => candidate.vmid === vmid);
    if (guest === undefined) throw new RangeError(`no guest ${vmid}`);
    return guest;
  }

  addGuest(world: GuestWorld): void {
    if (this.guests.some((guest) => guest.vmid === world.vmid)) throw new RangeError(`guest ${world.vmid} exists`);
    if (this.node(world.node) === undefined) throw new RangeError(`no node ${world.node}`);
    this.guests.push({
      vmid: world.vmid,
      type: world.type,
      name: world.name,
      node: world.node,
      status: world.status ?? 'running',
      template: world.template ?? false,
      lock: undefined,
      startedAt: Date.now() - 4_711_000,
      config: { ...world.config },
      pending: {},
      hollow: false,
    });
  }

  removeGuest(vmid: number): void {
    this.guests.splice(this.guests.indexOf(this.guest(vmid)), 1);
    this.firewalls.delete(vmid);
  }

  /** A guest's firewall, to be changed directly. */
  firewall(vmid: number): LabFirewall {
    const firewall = this.firewalls.get(vmid) ?? emptyFirewall();
    this.firewalls.set(vmid, firewall);
    return firewall;
  }

  /** Switches on all that enforcing needs: the cluster's firewall, the guest's, and `firewall=1` of its NICs. */
  enforce(vmid: number): void {
    this.firewallOptions = { ...this.firewallOptions, enable: 1 };
    Object.assign(this.firewall(vmid).options, { enable: 1, policy_in: 'ACCEPT' });
    const { config } = this.guest(vmid);
    for (const [key, value] of Object.entries(config))
      if (/^net\d+$/.test(key) && !value.includes('firewall=1')) config[key] = `${value},firewall=1`;
  }

  /** Changes keys of a guest's configuration; null removes one. `pending`: they wait for the guest's next start. */
  setConfig(
    vmid: number,
    changes: Readonly<Record<string, string | null>>,
    options: { readonly pending?: boolean } = {},
  ): void {
    const guest = this.guest(vmid);
    if (options.pending === true) guest.pending = { ...guest.pending, ...changes };
    else guest.config = withChanges(guest.config, changes);
  }

  /** A stop and start: pending changes take effect. */
  restart(vmid: number): void {
    const guest = this.guest(vmid);
    guest.config = withChanges(guest.config, guest.pending);
    guest.pending = {};
    guest.status = 'running';
    guest.startedAt = Date.now();
  }

  /** Begins the task that moves a guest, as `qm migrate` and the HA stack do: lock, log, and what it says of the target. */
  beginMigration(vmid: number, target: string): LabTask {
    const { node, type, status } = this.guest(vmid);
    const goal = this.knownNode(target);
    const at = Math.floor(Date.now() / 1000);
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
    const kind = type === 'qemu' ? 'qmigrate' : 'vzmigrate';
    const task: LabTask = {
      upid: `UPID:${node}:${hex(4000 + this.tasks.length)}:${hex(at % 1_000_000)}:${hex(at)}:${kind}:${vmid}:root@pam:`,
      node,
      type: kind,
      id: String(vmid),
      startedAt: at,
      endedAt: undefined,
      status: undefined,
      log: [
        `${logTime(at)} starting migration of ${type === 'qemu' ? 'VM' : 'CT'} ${vmid} to node '${target}' (${goal.ip})`,
        ...(type === 'qemu' && status === 'running'
          ? [`${logTime(at)} starting VM ${vmid} on remote node '${target}'`]
          : []),
      ],
    };
    this.tasks.unshift(task);
    const ended = this.tasks.findLastIndex(({ endedAt }) => endedAt !== undefined);
    if (this.tasks.length > KEPT_TASKS && ended >= 0) this.tasks.splice(ended, 1);
    this.setLock(vmid, 'migrate');
    return task;
  }

  /** Ends a migration's task: the guest is unlocked wherever it is. */
  endMigration(task: LabTask, status = 'OK'): void {
    task.endedAt = Math.floor(Date.now() / 1000);
    task.status = status;
    task.log.push(
      status === 'OK'
        ? `${logTime(task.endedAt)} migration finished successfully (duration 00:00:01)`
        : `TASK ERROR: ${status}`,
    );
    const guest = this.guests.find(({ vmid }) => String(vmid) === task.id);
    if (guest !== undefined) guest.lock = undefined;
  }

  /** Moves the configuration file to another node, as migration and HA recovery do. */
  move(vmid: number, target: string): void {
    if (this.node(target) === undefined) throw new RangeError(`no node ${target}`);
    this.guest(vmid).node = target;
  }

  setLock(vmid: number, lock: string | undefined): void {
    this.guest(vmid).lock = lock;
  }

  /** Writes other bridges into a node's `interfaces.new`, as an edit in the GUI does: shown from then on, not running. */
  stageNetwork(name: string, bridges: readonly BridgeWorld[]): void {
    const node = this.knownNode(name);
    const network = networkOf(bridges);
    const changes = interfacesDiff(node.network, network);
    node.staged = changes === undefined ? undefined : { network, changes };
  }

  /** "Apply configuration": what is staged runs. */
  applyNetwork(name: string): void {
    const node = this.knownNode(name);
    node.network = node.staged?.network ?? node.network;
    node.staged = undefined;
  }

  /** "Revert": what is staged is dropped. */
  revertNetwork(name: string): void {
    this.knownNode(name).staged = undefined;
  }

  private knownNode(name: string): LabNode {
    const node = this.node(name);
    if (node === undefined) throw new RangeError(`no node ${name}`);
    return node;
  }

  /** Makes the configured vnets and zones the running ones. */
  applySdn(): void {
    this.running = this.configured;
  }
}

/** `2026-11-24 10:15:00`, as migrations write it into their logs. */
function logTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** A configuration after changes; null removes a key. */
export function withChanges(
  config: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries<string | null>({ ...config, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** The fields of a row for a static address, of either version. */
function addressOf({ address }: BridgeWorld): Readonly<Record<string, string | number>> {
  const [ip, length] = address?.split('/') ?? [];
  if (address === undefined || ip === undefined || length === undefined) return {};
  return ip.includes(':')
    ? { method6: 'static', address6: ip, netmask6: Number(length), cidr6: address }
    : { method: 'static', address: ip, netmask: length, cidr: address };
}

/** The rows of /nodes/{node}/network for bridges, with the bonds and VLAN interfaces that their ports imply. */
function networkOf(bridges: ClusterWorld['nodes'][number]['bridges']): NetworkRow[] {
  const rows = new Map<string, NetworkRow>();
  const manual = { method: 'manual', method6: 'manual', priority: 3 };
  const addPort = (name: string): void => {
    const [, raw, vlan] = /^(.+)\.(\d+)$/.exec(name) ?? [];
    if (raw !== undefined && vlan !== undefined) {
      addPort(raw);
      rows.set(name, {
        iface: name,
        type: 'vlan',
        'vlan-raw-device': raw,
        'vlan-id': vlan,
        active: 1,
        exists: 1,
        ...manual,
      });
    } else if (name.startsWith('bond')) {
      rows.set(name, {
        iface: name,
        type: 'bond',
        bond_mode: '802.3ad',
        slaves: 'eno1 eno2',
        active: 1,
        exists: 1,
        ...manual,
      });
    } else {
      rows.set(name, { iface: name, type: 'eth', active: 1, exists: 1, ...manual });
    }
  };
  for (const bridge of bridges)
    bridge.ports
      .split(/\s+/)
      .filter((name) => name !== '' && name !== 'none')
      .forEach(addPort);
  for (const bridge of bridges) {
    rows.set(bridge.iface, {
      iface: bridge.iface,
      type: 'bridge',
      bridge_ports: bridge.ports,
      bridge_stp: 'off',
      bridge_fd: '0',
      ...(bridge.vlanAware ? { bridge_vlan_aware: 1, bridge_vids: '2-4094' } : {}),
      active: 1,
      autostart: 1,
      exists: null,
      ...manual,
      ...addressOf(bridge),
      ...(bridge.hwaddress === undefined ? {} : { options: [`\thwaddress ${bridge.hwaddress}`] }),
    });
  }
  return [...rows.values()];
}

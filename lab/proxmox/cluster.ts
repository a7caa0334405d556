import type { ClusterWorld, GuestWorld } from '../scenarios/scenario';
import { emptyFirewall, type LabFirewall } from './firewall';
import { applyStaged, networkOf, stage, type BridgeWorld, type LabNode } from './nodes';
import { endTask, migrationTask, type LabTask } from './tasks';

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
  /** Whether a NIC that is changed while the guest runs is plugged anew; otherwise that waits for the next start. */
  plugsAnew: boolean;
  /** Whether configurations are answered without `digest` and everything else, as `{}`: no real host does. */
  hollow: boolean;
}

/** One SDN vnet or zone. */
export type SdnVnet = NonNullable<ClusterWorld['vnets']>[number];
export type SdnZone = NonNullable<ClusterWorld['zones']>[number];

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
      plugsAnew: true,
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

  /** Begins the task that moves a guest: lock, log, and what it says of the target. */
  beginMigration(vmid: number, target: string): LabTask {
    const task = migrationTask(this.guest(vmid), this.knownNode(target), this.tasks.length);
    this.tasks.unshift(task);
    const ended = this.tasks.findLastIndex(({ endedAt }) => endedAt !== undefined);
    if (this.tasks.length > KEPT_TASKS && ended >= 0) this.tasks.splice(ended, 1);
    this.setLock(vmid, 'migrate');
    return task;
  }

  /** Ends a migration's task: the guest is unlocked wherever it is. */
  endMigration(task: LabTask, status = 'OK'): void {
    endTask(task, status);
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
    stage(this.knownNode(name), bridges);
  }

  /** "Apply configuration": what is staged runs. */
  applyNetwork(name: string): void {
    applyStaged(this.knownNode(name));
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

/** A configuration after changes; null removes a key. */
export function withChanges(
  config: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries<string | null>({ ...config, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

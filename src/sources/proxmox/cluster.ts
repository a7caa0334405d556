import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import type { NodeInventory } from '../../domain/servers/server';
import type { NodeInterfaces } from '../../domain/servers/uplinkCheck';
import { abortReason, Semaphore } from '../../primitives/concurrency';
import { SharedReads } from '../../primitives/sharedReads';
import { invalidAnswer } from '../../clients/proxmox/failure';
import type { ProxmoxClusterOptions } from '../../clients/proxmox/options';
import { ProxmoxReader } from '../../clients/proxmox/reader';
import { resourceRow } from '../../clients/proxmox/schema';
import { bridgesNamed } from './bridges';
import { isMigrating, type GuestRow } from './guest';
import type { GuestType } from '../../clients/proxmox/nic';
import { readInventory } from './inventory';
import { NodeDirectory, type NodesByAddress } from './nodeDirectory';
import { readNodeNetwork } from './nodeNetwork';
import { readMigrations, type Migration } from './migrations';
import { readNicBridges, readNics, readNicState, type NicState } from './nicState';
import { readRights, type Right } from './rights';
import { verifyPermissions, verifyQuorum, verifyVisible } from '../../clients/proxmox/verification';

/** A guest as the cluster's list has it now. */
export interface ListedGuest {
  readonly node: string;
  readonly type: GuestType;
  /** Locked by a migration: its traffic may already enter through another node. */
  readonly migrating: boolean;
}

const NEVER = new AbortController().signal;

/**
 * Reads one Proxmox VE cluster through its REST API (https://pve.proxmox.com/pve-docs/api-viewer/). Read only.
 * Every method rejects with a `proxmox-*` PortwardenError, or with the signal's reason once that aborts; the token
 * appears in neither. Nothing is tried twice here except on the cluster's other API hosts, and one guest's configuration.
 */
export class ProxmoxCluster {
  readonly name: string;
  private readonly reader: ProxmoxReader;
  private readonly directory: NodeDirectory;
  /** Of the list of all guests, which is long: many nodes that are read at once share it. */
  private readonly lists = new SharedReads(new Semaphore(1));

  /** Throws `invalid-configuration` when an option breaks its rule. */
  constructor(options: ProxmoxClusterOptions) {
    this.reader = new ProxmoxReader(options);
    this.directory = new NodeDirectory(this.reader);
    this.name = options.name;
  }

  /** Closes the connections. */
  close(): void {
    this.reader.close();
  }

  /**
   * All guests of all nodes that the token may see, not older than the call; calls that wait at the same time share one
   * answer. Guests of a dead node stay listed.
   */
  resources(signal: AbortSignal = NEVER): Promise<readonly GuestRow[]> {
    return this.lists.read('guests', (reading) => this.readResources(reading), signal);
  }

  private async readResources(signal: AbortSignal): Promise<readonly GuestRow[]> {
    const path = '/cluster/resources';
    const rows = await this.reader.read(path, z.array(resourceRow), { query: { type: 'vm' }, signal });
    return rows.flatMap(({ vmid, type, node, name, status, template, lock, uptime }) => {
      if (type !== 'qemu' && type !== 'lxc') return [];
      if (vmid === undefined || node === undefined) throw invalidAnswer(this.name, path, 'a guest has no vmid or node');
      return [{ vmid, type, node, name, status, template, lock, uptime }];
    });
  }

  /**
   * Proves that what the cluster lists is current and complete: rejects with `proxmox-no-quorum`, or with
   * `proxmox-forbidden` naming the missing privilege. An API host that is cut off from the cluster is left for another.
   */
  async verify(signal?: AbortSignal): Promise<void> {
    await verifyQuorum(this.reader, signal);
    await verifyPermissions(this.reader, signal);
  }

  /**
   * Where a guest is now, as a quorate cluster says. @returns undefined only when the token may see the guest and it is
   * not there; else rejects as {@link verify} does.
   */
  async locate(vmid: number, signal?: AbortSignal): Promise<ListedGuest | undefined> {
    await verifyQuorum(this.reader, signal);
    const rows = (await this.resources(signal)).filter((row) => row.vmid === vmid);
    const [row] = rows;
    if (row !== undefined) {
      return { node: row.node, type: row.type, migrating: rows.length > 1 || rows.some(isMigrating) };
    }
    await verifyPermissions(this.reader, signal);
    await verifyVisible(this.reader, vmid, signal);
    return undefined;
  }

  /** What the token may do, of what portwarden uses. */
  rights(signal: AbortSignal): Promise<readonly Right[]> {
    return readRights(this.reader, signal);
  }

  /** What a watcher sees at once: every guest, and the migrations under way. Rejects as {@link verify} does. */
  async view(
    signal: AbortSignal,
  ): Promise<{ readonly guests: readonly GuestRow[]; readonly migrations: readonly Migration[] }> {
    const nodes = (await verifyQuorum(this.reader, signal)).map(({ name }) => name);
    await verifyPermissions(this.reader, signal);
    const guests = await this.resources(signal);
    return { guests, migrations: await readMigrations(this.reader, guests, nodes, signal) };
  }

  /** What a guest's NICs are like; undefined when the node does not hold the guest any more. */
  async nicState(guest: Pick<GuestRow, 'node' | 'type' | 'vmid'>, signal: AbortSignal): Promise<NicState | undefined> {
    return readNicState(this.reader, guest, signal);
  }

  /** The bridges of a guest's NICs; undefined when they cannot be told for certain. */
  nicBridges(
    guest: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    return readNicBridges(this.reader, guest, signal);
  }

  /** The indexes of a guest's NICs as it runs; undefined when the node does not hold the guest any more. */
  async nics(
    guest: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    return readNics(this.reader, guest, signal);
  }

  /** Where every guest is now, as a quorate cluster says. Rejects as {@link verify} does when it may be incomplete. */
  async guests(signal: AbortSignal): Promise<readonly (ListedGuest & Pick<GuestRow, 'vmid'>)[]> {
    await this.verify(signal);
    const rows = await this.resources(signal);
    return rows.map((row) => ({ vmid: row.vmid, node: row.node, type: row.type, migrating: isMigrating(row) }));
  }

  /** The names of the nodes. */
  async nodeNames(signal: AbortSignal): Promise<readonly string[]> {
    return (await verifyQuorum(this.reader, signal)).map(({ name }) => name).sort();
  }

  /** What a node has that an uplink may name, and its bridges with what they leave by. */
  async interfaces(node: string, signal: AbortSignal): Promise<NodeInterfaces> {
    const network = await readNodeNetwork(node, this.reader, signal);
    const bridges = [...network.interfaces.values()].filter(({ type }) => type === 'bridge' || type === 'OVSBridge');
    const named = bridgesNamed(
      bridges.map(({ iface }) => iface),
      network,
    );
    const names = [...network.interfaces.keys(), ...network.vnets.keys(), ...named.flatMap(({ leavesBy }) => leavesBy)];
    return { names: [...new Set(names)], bridges: named };
  }

  /** The nodes by each of their own addresses, as read within the last minute or, while the cluster does not answer, last. */
  nodeAddresses(signal: AbortSignal): Promise<NodesByAddress> {
    return this.directory.read(signal);
  }

  /**
   * Every guest of a node with every NIC, running or not. A guest whose own configuration cannot be read is listed as
   * `unread`; whatever else cannot be read rejects, and so does a node none of whose guests can be read. Guests that arrive or leave while it is read are followed.
   */
  async inventory(node: string, signal?: AbortSignal): Promise<NodeInventory> {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const cancel = (): void => {
      stop.abort(signal?.reason);
    };
    if (signal?.aborted === true) throw abortReason(signal);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await readInventory(this.reader, node, (listing) => this.resources(listing), stop.signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      stop.abort(new Error('the inventory ended'));
    }
  }
}

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PortwardenError, reportError } from '../../domain/errors';
import type { Guest, NodeInventory } from '../../domain/servers/server';
import type { VlanId } from '../../domain/values/vlan';
import { abortable, abortReason, Semaphore } from '../../primitives/concurrency';
import { invalidAnswer, isFaultOfOneGuest, isGuestElsewhere } from '../../clients/proxmox/failure';
import { isMigrating, toGuest, type GuestRow } from './guest';
import { parseOptions, type ProxmoxClusterOptions, type ProxmoxSettings } from '../../clients/proxmox/options';
import { readNodeNetwork } from './nodeNetwork';
import { guestConfig, permissionMap, resourceRow, statusRow } from '../../clients/proxmox/schema';
import { ProxmoxTransport } from '../../clients/proxmox/transport';
import type { NodeNetwork } from './vlan';

/** Where a guest runs. */
export interface GuestLocation {
  readonly node: string;
  readonly type: 'qemu' | 'lxc';
  /** Locked by a migration: its traffic may already enter through another node. */
  readonly migrating: boolean;
}

/** One guest of an inventory, or why it could not be read. */
type GuestReading = { readonly guest: Guest } | { readonly fault: PortwardenError };

interface ReadRow {
  readonly row: GuestRow;
  readonly reading: GuestReading;
}

/** How long to wait before one guest's configuration is asked for again, in milliseconds. */
const PAUSES_MS = [100, 400];
/** How often the guest list is read again while guests move during one inventory. */
const MAX_ROUNDS = 4;

/**
 * Reads one Proxmox VE cluster through its REST API (https://pve.proxmox.com/pve-docs/api-viewer/). Read only.
 * Every method rejects with a `proxmox-*` PortwardenError, or with the signal's reason once that aborts; the token
 * appears in neither. Nothing is tried twice here except on the cluster's other API hosts, and one guest's configuration.
 */
export class ProxmoxCluster {
  readonly name: string;
  /** The configured VLAN of untagged frames on the nodes' uplinks. */
  readonly nativeVlan: VlanId | undefined;
  private readonly settings: ProxmoxSettings;
  private readonly transport: ProxmoxTransport;
  private readonly lanes = new Map<string, Semaphore>();

  /** Throws `invalid-configuration` when an option breaks its rule. */
  constructor(options: ProxmoxClusterOptions) {
    this.settings = parseOptions(options);
    this.name = this.settings.name;
    this.nativeVlan = this.settings.nativeVlan;
    this.transport = new ProxmoxTransport(this.settings);
  }

  /** Closes the connections. */
  close(): void {
    this.transport.close();
  }

  /** All guests of all nodes that the token may see. Guests of a dead node stay listed. */
  async resources(signal?: AbortSignal): Promise<readonly GuestRow[]> {
    const rows = await this.read('/cluster/resources', z.array(resourceRow), { type: 'vm' }, signal);
    return rows.flatMap(({ vmid, type, node, name, status, template, lock }) => {
      if (type !== 'qemu' && type !== 'lxc') return [];
      if (vmid === undefined || node === undefined) {
        throw invalidAnswer(this.name, '/cluster/resources', 'a guest has no vmid or node');
      }
      return [{ vmid, type, node, name, status, template, lock }];
    });
  }

  /**
   * Proves that what the cluster lists is current and complete: rejects with `proxmox-no-quorum`, or with
   * `proxmox-forbidden` naming the missing privilege. An API host that is cut off from the cluster is left for another.
   */
  async verify(signal?: AbortSignal): Promise<void> {
    await this.verifyQuorum(signal);
    await this.verifyPermissions(signal);
  }

  private async verifyQuorum(signal?: AbortSignal): Promise<void> {
    for (let host = 1; ; host += 1) {
      const rows = await this.read('/cluster/status', z.array(statusRow), {}, signal);
      const cluster = rows.find((row) => row.type === 'cluster');
      const standalone = cluster === undefined && rows.some((row) => row.type === 'node');
      if (standalone || cluster?.quorate === true) return;
      this.transport.leaveHost();
      if (host >= this.transport.hostCount) {
        throw new PortwardenError('proxmox-no-quorum', `Proxmox cluster ${this.name} has no quorum`, {
          details: { cluster: this.name },
        });
      }
    }
  }

  /**
   * Whether the token may see this guest if it exists. The guest list silently lacks guests that the token may not
   * see, so a guest counts as deleted only when this is true.
   */
  async canSee(vmid: number, signal?: AbortSignal): Promise<boolean> {
    const path = `/vms/${vmid}`;
    const permissions = await this.read('/access/permissions', permissionMap, { path }, signal);
    return permissions[path]?.['VM.Audit'] !== undefined;
  }

  /**
   * Where a guest is now, as a quorate cluster says. @returns undefined only when the token may see the guest and it is
   * not there; else rejects as {@link verify} does.
   */
  async locate(vmid: number, signal?: AbortSignal): Promise<GuestLocation | undefined> {
    await this.verifyQuorum(signal);
    const rows = (await this.resources(signal)).filter((row) => row.vmid === vmid);
    const [row] = rows;
    if (row !== undefined) {
      return { node: row.node, type: row.type, migrating: rows.length > 1 || rows.some(isMigrating) };
    }
    await this.verifyPermissions(signal);
    if (await this.canSee(vmid, signal)) return undefined;
    throw this.forbidden('VM.Audit', `/vms/${vmid}`);
  }

  /**
   * Every guest of a node with every NIC, running or not. A guest whose own configuration cannot be read is told as
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
      return await this.readInventory(node, stop.signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      stop.abort(new Error('the inventory ended'));
    }
  }

  private async readInventory(node: string, signal: AbortSignal): Promise<NodeInventory> {
    const hostBefore = this.transport.hostChanges;
    await this.verify(signal);
    const [network, first] = await Promise.all([this.network(node, signal), this.resources(signal)]);
    const read = new Map<string, GuestReading>();
    let rows = first;
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const missing = rows.filter((row) => row.node === node && !read.has(key(row)));
      const readings = await Promise.all(
        missing.map(async (row) => ({ row, reading: await this.readGuest(row, network, signal) })),
      );
      for (const { row, reading } of readings) if (reading !== undefined) read.set(key(row), reading);
      rows = await this.resources(signal);
      const here = rows.filter((row) => row.node === node);
      if (here.every((row) => read.has(key(row)))) {
        if (this.transport.hostChanges !== hostBefore) await this.verify(signal);
        return toInventory(
          { cluster: this.name, node },
          here.flatMap((row) => withReading(row, read)),
          rows,
        );
      }
    }
    throw new PortwardenError(
      'proxmox-failed',
      `Proxmox cluster ${this.name}: the guests of ${node} changed faster than they could be read`,
      {
        details: { cluster: this.name, node },
      },
    );
  }

  /**
   * One guest. A fault of its own is its own: asked for again a few times, then told instead of the guest. A fault of
   * node, cluster or connection rejects. @returns undefined when the node does not hold the guest any more.
   */
  private async readGuest(row: GuestRow, network: NodeNetwork, signal: AbortSignal): Promise<GuestReading | undefined> {
    for (const pause of [...PAUSES_MS, undefined]) {
      try {
        const guest = await this.guest(row, network, signal);
        return guest === undefined ? undefined : { guest };
      } catch (error) {
        if (!isFaultOfOneGuest(error)) throw error;
        if (pause === undefined || !error.retryable) return { fault: error };
        await abortable(sleep(pause), signal);
      }
    }
    return undefined;
  }

  /** A guest's two configurations; undefined when the node does not hold it any more. */
  private async guest(row: GuestRow, network: NodeNetwork, signal: AbortSignal): Promise<Guest | undefined> {
    const path = `/nodes/${encodeURIComponent(row.node)}/${row.type}/${row.vmid}/config`;
    try {
      const [live, pending] = await Promise.all([
        this.read(path, guestConfig, { current: '1' }, signal, row.node),
        this.read(path, guestConfig, {}, signal, row.node),
      ]);
      return toGuest(row, { live, pending }, network);
    } catch (error) {
      if (isGuestElsewhere(error)) return undefined;
      throw error;
    }
  }

  private network(node: string, signal: AbortSignal): Promise<NodeNetwork> {
    return readNodeNetwork(node, (path, schema, query, lane) => this.readAnswer(path, schema, query, signal, lane));
  }

  private async verifyPermissions(signal?: AbortSignal): Promise<void> {
    const permissions = await this.read('/access/permissions', permissionMap, {}, signal);
    if (permissions['/vms']?.['VM.Audit'] !== true) throw this.forbidden('VM.Audit', '/vms');
    const hidden = Object.entries(permissions).find(
      ([path, held]) => /^\/vms\/\d+$/.test(path) && held['VM.Audit'] === undefined,
    );
    if (hidden !== undefined) throw this.forbidden('VM.Audit', hidden[0]);
  }

  private forbidden(privilege: string, path: string): PortwardenError {
    return new PortwardenError(
      'proxmox-forbidden',
      `Proxmox cluster ${this.name}: the API token lacks ${privilege} with propagation on ${path}; user and token both need it`,
      { details: { cluster: this.name, privilege, path } },
    );
  }

  private async read<T extends z.ZodType>(
    path: string,
    schema: T,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    node = '',
  ): Promise<z.infer<T>> {
    return (await this.readAnswer(path, schema, query, signal, node)).data;
  }

  private async readAnswer<T extends z.ZodType>(
    path: string,
    schema: T,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    node: string,
  ): Promise<{ readonly data: z.infer<T>; readonly changes: unknown }> {
    let lane = this.lanes.get(node);
    if (lane === undefined) {
      lane = new Semaphore(this.settings.concurrency);
      this.lanes.set(node, lane);
    }
    const { data, changes } = await lane.run(() => this.transport.get(path, query, signal), signal);
    const parsed = schema.safeParse(data);
    if (parsed.success) return { data: parsed.data, changes };
    const issue = parsed.error.issues[0];
    throw invalidAnswer(this.name, path, `${issue?.path.join('.') ?? 'data'}: ${issue?.message ?? 'unexpected shape'}`);
  }
}

function key(row: Pick<GuestRow, 'type' | 'vmid'>): string {
  return `${row.type}/${row.vmid}`;
}

function withReading(row: GuestRow, read: ReadonlyMap<string, GuestReading>): ReadRow[] {
  const reading = read.get(key(row));
  return reading === undefined ? [] : [{ row, reading }];
}

function toInventory(
  place: Pick<NodeInventory, 'cluster' | 'node'>,
  readings: readonly ReadRow[],
  rows: readonly GuestRow[],
): NodeInventory {
  const guests = readings.flatMap(({ row, reading }) =>
    'guest' in reading ? [isMigrating(row) ? { ...reading.guest, migrating: true } : reading.guest] : [],
  );
  const faults = readings.flatMap(({ row, reading }) =>
    'fault' in reading ? [{ vmid: row.vmid, fault: reading.fault }] : [],
  );
  const [first] = faults;
  // A node of several guests that shows none of them has a fault of its own.
  if (first !== undefined && guests.length === 0 && faults.length > 1) throw first.fault;
  return {
    ...place,
    guests,
    ...(first === undefined ? {} : { unread: faults.map(({ vmid, fault }) => ({ vmid, error: reportError(fault) })) }),
    guestNodes: rows.map(({ vmid, node }) => ({ vmid, node })),
  };
}

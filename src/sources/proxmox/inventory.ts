import { setTimeout as sleep } from 'node:timers/promises';
import { PortwardenError, reportError } from '../../domain/errors';
import type { Guest, NodeInventory } from '../../domain/servers/server';
import { abortable } from '../../primitives/concurrency';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { guestConfig } from '../../clients/proxmox/schema';
import { bridgesNamed } from './bridges';
import { isMigrating, toGuest, type GuestRow } from './guest';
import { readMigrations } from './migrations';
import { isFaultOfOneGuest, isGuestElsewhere } from '../../clients/proxmox/guestFaults';
import { readNodeNetwork } from './nodeNetwork';
import { nodeAddresses } from './nodeAddresses';
import { verifyPermissions, verifyQuorum, type ListedNode } from '../../clients/proxmox/verification';
import type { NodeNetwork } from './vlan';

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

/** Reads every guest of a node. Guests that arrive or leave meanwhile are followed. @param list the cluster's guests, afresh. */
export async function readInventory(
  reader: ProxmoxReader,
  node: string,
  list: (signal: AbortSignal) => Promise<readonly GuestRow[]>,
  signal: AbortSignal,
): Promise<NodeInventory> {
  const verify = async (): Promise<readonly ListedNode[]> => {
    const nodes = await verifyQuorum(reader, signal);
    await verifyPermissions(reader, signal);
    return nodes;
  };
  const hostBefore = reader.hostChanges;
  const listed = await verify();
  const nodes = listed.flatMap(({ name, ip }) => (ip === undefined ? [] : [{ node: name, ip }]));
  const [network, first] = await Promise.all([readNodeNetwork(node, reader, signal), list(signal)]);
  const read = new Map<string, GuestReading>();
  let rows = first;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const missing = rows.filter((row) => row.node === node && !read.has(key(row)));
    const readings = await Promise.all(
      missing.map(async (row) => ({ row, reading: await readGuest(reader, row, network, signal) })),
    );
    for (const { row, reading } of readings) if (reading !== undefined) read.set(key(row), reading);
    rows = await list(signal);
    const here = rows.filter((row) => row.node === node);
    if (here.every((row) => read.has(key(row)))) {
      if (reader.hostChanges !== hostBefore) await verify();
      const place = { cluster: reader.cluster, node };
      const inventory = toInventory(
        place,
        here.flatMap((row) => withReading(row, read)),
      );
      const cluster = { rows, nodes: listed.map(({ name }) => name), network };
      const guests = [...inventory.guests, ...(await readArriving(reader, node, cluster, signal))];
      return {
        ...inventory,
        guests,
        bridges: bridgesNamed(guests.flatMap(bridgesOf), network),
        addresses: nodeAddresses(network, nodes.find((one) => one.node === node)?.ip),
        nodes,
      };
    }
  }
  throw new PortwardenError(
    'proxmox-failed',
    `Proxmox cluster ${reader.cluster}: the guests of ${node} changed faster than they could be read`,
    { details: { cluster: reader.cluster, node } },
  );
}

/**
 * The guests that are on their way to the node, as they will be there: their NICs are on the node's own bridges of the
 * same names. What cannot be read of them is left out: they are read again once they are here.
 */
async function readArriving(
  reader: ProxmoxReader,
  node: string,
  cluster: { readonly rows: readonly GuestRow[]; readonly nodes: readonly string[]; readonly network: NodeNetwork },
  signal: AbortSignal,
): Promise<Guest[]> {
  const { rows, nodes, network } = cluster;
  const elsewhere = rows.filter((row) => row.node !== node && isMigrating(row));
  if (elsewhere.length === 0) return [];
  const migrations = await readMigrations(reader, rows, nodes, signal);
  const arriving = elsewhere.filter(({ vmid }) =>
    migrations.some((migration) => migration.vmid === vmid && migration.targets.includes(node)),
  );
  const guests = await Promise.all(
    arriving.map(async (row) => {
      try {
        const guest = await readConfigurations(reader, row, network, signal);
        return guest === undefined ? [] : [{ ...guest, migrating: true, arrivingFrom: row.node }];
      } catch (error) {
        if (signal.aborted || !(error instanceof PortwardenError)) throw error;
        return [];
      }
    }),
  );
  return guests.flat();
}

/**
 * One guest. A fault of its own is its own: asked for again a few times, then reported instead of the guest. A fault of
 * node, cluster or connection rejects. @returns undefined when the node does not hold the guest any more.
 */
async function readGuest(
  reader: ProxmoxReader,
  row: GuestRow,
  network: NodeNetwork,
  signal: AbortSignal,
): Promise<GuestReading | undefined> {
  for (const pause of [...PAUSES_MS, undefined]) {
    try {
      const guest = await readConfigurations(reader, row, network, signal);
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
async function readConfigurations(
  reader: ProxmoxReader,
  row: GuestRow,
  network: NodeNetwork,
  signal: AbortSignal,
): Promise<Guest | undefined> {
  const { node } = row;
  const path = `/nodes/${encodeURIComponent(node)}/${row.type}/${row.vmid}/config`;
  try {
    const [live, pending] = await Promise.all([
      reader.read(path, guestConfig, { query: { current: '1' }, signal, node }),
      reader.read(path, guestConfig, { signal, node }),
    ]);
    return toGuest(row, { live, pending }, network);
  } catch (error) {
    if (isGuestElsewhere(error)) return undefined;
    throw error;
  }
}

function key(row: Pick<GuestRow, 'type' | 'vmid'>): string {
  return `${row.type}/${row.vmid}`;
}

function withReading(row: GuestRow, read: ReadonlyMap<string, GuestReading>): ReadRow[] {
  const reading = read.get(key(row));
  return reading === undefined ? [] : [{ row, reading }];
}

function bridgesOf({ nics }: Guest): string[] {
  return nics.flatMap(({ bridge, pendingBridge }) => [bridge, pendingBridge].filter((name) => name !== undefined));
}

function toInventory(place: Pick<NodeInventory, 'cluster' | 'node'>, readings: readonly ReadRow[]): NodeInventory {
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
  };
}

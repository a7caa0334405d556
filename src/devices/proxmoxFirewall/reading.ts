import type { FirewallClient, GuestOnNode } from '../../clients/proxmox/firewall';
import { isFaultOfOneGuest } from '../../clients/proxmox/guestFaults';
import { indexedEntries, parseNic } from '../../clients/proxmox/nic';
import type { ClusterFirewallOptions, GuestConfig, GuestFirewallOptions } from '../../clients/proxmox/schema';
import { PortwardenError } from '../../domain/errors';
import type { MacAddress } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { SetEntry } from './entries';
import { nicOfPort, nicOfSet } from './naming';

/** What a guest's configuration says of a NIC. */
export interface NicSettings {
  /** `firewall=1`; undefined when the NIC cannot be read. */
  readonly hasFirewall: boolean | undefined;
  /** Absent when it has none of its own, or cannot be read. */
  readonly mac?: MacAddress;
  /** `netN` as it is; absent when it cannot be read. */
  readonly text?: string;
  /** Another `netN` waits for the next start of the guest. */
  readonly waits?: boolean;
}

/** What decides whether the sets of a guest are enforced. */
export interface GuestSettings {
  readonly nics: ReadonlyMap<number, NicSettings>;
  readonly options: GuestFirewallOptions;
}

/** The filters of one guest. */
export interface GuestFilters {
  readonly guest: GuestOnNode;
  /** The entries of the set of each NIC that has one. */
  readonly sets: ReadonlyMap<number, readonly SetEntry[]>;
  /** Likewise of filters that are put aside. */
  readonly aside: ReadonlyMap<number, readonly SetEntry[]>;
  /** NICs whose first filter was begun and not finished. */
  readonly unfinished: readonly number[];
  /** The configuration is its node's to answer: sets are known without it. */
  readonly settings: GuestSettings | { readonly unread: PortwardenError };
}

/** The filters of a cluster's guests. */
export interface ClusterFilters {
  readonly cluster: ClusterFirewallOptions;
  /** By vmid. */
  readonly guests: ReadonlyMap<number, GuestFilters>;
}

/**
 * Reads filters from a quorate cluster, and what decides whether they are enforced.
 * @param ports those whose guests are read; absent: every guest but templates.
 * @param withNext what waits for the next start of a guest is read, too.
 * @throws PortwardenError `proxmox-…`. A configuration that cannot be read alone is that guest's own trouble.
 */
export async function readFilters(
  client: FirewallClient,
  ports: readonly PortName[] | undefined,
  signal: AbortSignal,
  withNext = false,
): Promise<ClusterFilters> {
  await client.requireQuorum(signal);
  const vmids = ports === undefined ? undefined : new Set(ports.map((port) => nicOfPort(port)?.vmid));
  const [guests, cluster] = await Promise.all([client.guests(signal), client.clusterOptions(signal)]);
  const wanted = guests.filter(({ vmid, isTemplate }) => (vmids === undefined ? !isTemplate : vmids.has(vmid)));
  const read = await Promise.all(wanted.map((guest) => readGuest(client, guest, signal, withNext)));
  return { cluster, guests: new Map(read.map((filters) => [filters.guest.vmid, filters])) };
}

async function readGuest(
  client: FirewallClient,
  guest: GuestOnNode,
  signal: AbortSignal,
  withNext: boolean,
): Promise<GuestFilters> {
  const [{ names }, settings] = await Promise.all([
    client.sets(guest, signal),
    readSettings(client, guest, signal, withNext),
  ]);
  const found = { 'in-force': new Map<number, readonly SetEntry[]>(), aside: new Map<number, readonly SetEntry[]>() };
  const unfinished: number[] = [];
  for (const name of names) {
    const of = nicOfSet(name);
    if (of?.purpose === 'unfinished') unfinished.push(of.nic);
    if (of === undefined || of.purpose === 'unfinished') continue;
    const entries = await client.entries(guest, name, signal);
    if (entries !== undefined) found[of.purpose].set(of.nic, entries);
  }
  return { guest, sets: found['in-force'], aside: found.aside, unfinished, settings };
}

async function readSettings(
  client: FirewallClient,
  guest: GuestOnNode,
  signal: AbortSignal,
  withNext: boolean,
): Promise<GuestFilters['settings']> {
  try {
    const [config, options, next] = await Promise.all([
      client.config(guest, signal),
      client.options(guest, signal),
      withNext ? client.nextConfig(guest, signal) : undefined,
    ]);
    if (config !== undefined && (next !== undefined || !withNext))
      return { nics: nicsOf(guest, config, next), options };
    const message = `guest ${guest.vmid} is not on ${guest.node} any more`;
    return { unread: new PortwardenError('proxmox-failed', message) };
  } catch (error) {
    const isOwn = isFaultOfOneGuest(error) || (error instanceof PortwardenError && error.code === 'proxmox-node-down');
    if (signal.aborted || !isOwn) throw error;
    return { unread: error };
  }
}

/** The NICs of a guest. @param next its configuration from its next start on; absent: nothing is said of it. */
export function nicsOf(
  { type }: GuestOnNode,
  config: GuestConfig,
  next?: GuestConfig,
): ReadonlyMap<number, NicSettings> {
  return new Map(
    [...indexedEntries('net', config)].map(([index, text]) => [
      index,
      { ...settingsOf(type, text), ...(next === undefined ? {} : { waits: next[`net${index}`] !== text }) },
    ]),
  );
}

function settingsOf(type: GuestOnNode['type'], text: unknown): NicSettings {
  if (typeof text !== 'string') return { hasFirewall: undefined };
  try {
    const { firewall, mac } = parseNic(type, text);
    return { text, hasFirewall: firewall, ...(mac === undefined ? {} : { mac }) };
  } catch (error) {
    if (error instanceof RangeError) return { hasFirewall: undefined };
    throw error;
  }
}

import { createHash } from 'node:crypto';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { guestConfig, type GuestConfig } from '../../clients/proxmox/schema';
import { indexedEntries } from '../../clients/proxmox/nic';
import { readNic, type GuestConfigs, type GuestRow } from './guest';
import { isGuestElsewhere } from '../../clients/proxmox/guestFaults';

/** What a guest's configuration says of its NICs, to be compared with what it said before. */
export interface NicState {
  /** Proxmox' own digest of the whole configuration. */
  readonly digest: string;
  /** A digest of what decides bindings: NICs, their addresses, whether it is a template. */
  readonly nics: string;
  /** Whether a change of that waits for the guest's next start. */
  readonly pending: boolean;
}

/** Keys that decide which bindings a guest has. */
const DECIDING = /^(?:(?:net|ipconfig)\d+|template)$/;

/**
 * Reads a guest's configuration as it runs and as it will be after its next start.
 * @returns undefined when the node does not hold the guest any more.
 */
export async function readNicState(
  reader: ProxmoxReader,
  { node, type, vmid }: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
  signal: AbortSignal,
): Promise<NicState | undefined> {
  const configs = await readConfigs(reader, { node, type, vmid }, signal);
  if (configs === undefined) return undefined;
  const { live, pending } = configs;
  const [now, later] = [decidingPart(live), decidingPart(pending)];
  const nics = createHash('sha256').update(`${now}\n${later}`).digest('hex').slice(0, 16);
  return { digest: pending.digest, nics, pending: now !== later };
}

/**
 * Reads the bridges of a guest's NICs, as it runs and as it will be after its next start.
 * @returns undefined when the node does not hold the guest any more, or a NIC cannot be read or names no bridge.
 */
export async function readNicBridges(
  reader: ProxmoxReader,
  guest: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const configs = await readConfigs(reader, guest, signal);
  if (configs === undefined) return undefined;
  const entries = [configs.live, configs.pending].flatMap((config) => [...indexedEntries('net', config).values()]);
  const bridges = new Set<string>();
  for (const entry of entries) {
    const nic = readNic(guest.type, entry);
    if (!('nic' in nic) || nic.nic.bridge === undefined) return undefined;
    bridges.add(nic.nic.bridge);
  }
  return [...bridges].sort();
}

async function readConfigs(
  reader: ProxmoxReader,
  { node, type, vmid }: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
  signal: AbortSignal,
): Promise<GuestConfigs | undefined> {
  const path = `/nodes/${encodeURIComponent(node)}/${type}/${vmid}/config`;
  try {
    const [live, pending] = await Promise.all([
      reader.read(path, guestConfig, { query: { current: '1' }, signal, node }),
      reader.read(path, guestConfig, { signal, node }),
    ]);
    return { live, pending };
  } catch (error) {
    if (isGuestElsewhere(error)) return undefined;
    throw error;
  }
}

/**
 * The indexes of a guest's NICs as it runs.
 * @returns undefined when the node does not hold the guest any more.
 */
export async function readNics(
  reader: ProxmoxReader,
  { node, type, vmid }: Pick<GuestRow, 'node' | 'type' | 'vmid'>,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const path = `/nodes/${encodeURIComponent(node)}/${type}/${vmid}/config`;
  try {
    const config = await reader.read(path, guestConfig, { query: { current: '1' }, signal, node });
    return [...indexedEntries('net', config).keys()].sort((a, b) => a - b);
  } catch (error) {
    if (isGuestElsewhere(error)) return undefined;
    throw error;
  }
}

function decidingPart(config: GuestConfig): string {
  return JSON.stringify(
    Object.entries(config)
      .filter(([key]) => DECIDING.test(key))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

import { createHash } from 'node:crypto';
import type { ProxmoxReader } from '../../clients/proxmox/reader';
import { guestConfig, type GuestConfig } from '../../clients/proxmox/schema';
import type { GuestRow } from './guest';
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
  const path = `/nodes/${encodeURIComponent(node)}/${type}/${vmid}/config`;
  try {
    const [live, pending] = await Promise.all([
      reader.read(path, guestConfig, { query: { current: '1' }, signal, node }),
      reader.read(path, guestConfig, { signal, node }),
    ]);
    const [now, later] = [decidingPart(live), decidingPart(pending)];
    const nics = createHash('sha256').update(`${now}\n${later}`).digest('hex').slice(0, 16);
    return { digest: pending.digest, nics, pending: now !== later };
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

import { PortwardenError } from '../../domain/errors';
import type { PortRef } from '../../domain/values/port';
import type { OwnGuests } from '../../domain/servers/guestPort';
import type { GuestOnNode } from '../../sources/hypervisorSource';
import type { FactSources } from '../dependencies';

/**
 * The ports that are a guest's own NICs; none where nothing enforces there. A guest whose NICs cannot be read is not without
 * ports: its first NIC stands for it, whose pass waits until it can be read.
 */
export async function guestPortsOf(
  { hypervisors, guestPorts }: Pick<FactSources, 'hypervisors' | 'guestPorts'>,
  cluster: string,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<readonly PortRef[]> {
  const { vmid } = guest;
  if (guestPorts.portsOf({ cluster, vmid, nic: 0 }).length === 0) return [];
  const nics = await nicsOf(hypervisors.get(cluster), guest, signal);
  return nics.flatMap((nic) => guestPorts.portsOf({ cluster, vmid, nic }));
}

/** The NICs of every guest that a device has as ports. Of guests past the first `most`, as many as can be looked at, the first NIC stands for all. */
export async function portsOfGuests(
  { hypervisors }: Pick<FactSources, 'hypervisors'>,
  own: OwnGuests,
  most: number,
  signal: AbortSignal,
): Promise<readonly (PortRef & { readonly node: string })[]> {
  const source = hypervisors.get(own.cluster);
  if (source === undefined) return [];
  const { guests } = await source.view(signal);
  const sorted = [...guests].sort((a, b) => a.vmid - b.vmid);
  const found = await Promise.all(
    sorted.map(async (guest, index) => {
      const nics = index < most ? await nicsOf(source, guest, signal) : [0];
      return nics.map((nic) => ({ ...own.portOf({ vmid: guest.vmid, nic }), node: guest.node }));
    }),
  );
  return found.flat();
}

async function nicsOf(
  source: ReturnType<FactSources['hypervisors']['get']>,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<readonly number[]> {
  try {
    return (await source?.nics(guest, signal)) ?? [0];
  } catch (error) {
    if (signal.aborted || !(error instanceof PortwardenError)) throw error;
    return [0];
  }
}

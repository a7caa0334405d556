import { usablePorts } from '../../domain/servers/attachments';
import { notePlace, type Sighting } from '../../domain/servers/placement';
import type { ServerFacts } from '../../domain/servers/portFacts';
import type { ActivityDependencies } from '../dependencies';
import type { PortReading } from './portFacts';

/**
 * Remembers where every server is that a reading saw, whether or not a pass over its port gets done: a deleted server can
 * no longer be looked up. What an older reading says never replaces what a newer one said.
 */
export async function rememberSightings(
  { store }: Pick<ActivityDependencies, 'store'>,
  readings: readonly PortReading[],
): Promise<void> {
  const seen = new Map<Sighting['serverId'], Sighting>();
  for (const reading of readings) {
    if (!('facts' in reading)) continue;
    for (const sighting of reading.facts.servers.flatMap(sightingOf)) {
      const other = seen.get(sighting.serverId);
      if (other === undefined || other.seenAt < sighting.seenAt) seen.set(sighting.serverId, sighting);
    }
  }
  await store.placements.updateAll([...seen.keys()], (serverId, before) => {
    const sighting = seen.get(serverId);
    return sighting === undefined ? before : notePlace(sighting, before);
  });
}

/** Nothing is seen of a server whose entry or place is not certain. */
function sightingOf({ serverId, seenAt, entry, guest }: ServerFacts): Sighting[] {
  if (entry.state !== 'found' || seenAt === undefined) return [];
  const ips = entry.ips.map(({ ip }) => ip);
  if (guest !== undefined) {
    const { cluster, vmid, node } = guest;
    if (vmid === undefined || node === undefined) return [];
    return [{ serverId, kind: 'vm', guest: { cluster, node, vmid }, ips, ports: [], seenAt }];
  }
  const { connections } = entry;
  if (connections === undefined || connections === 'missing' || connections.hypervisor !== undefined) return [];
  const ports = usablePorts(connections.attachments);
  return ports.length === 0 ? [] : [{ serverId, kind: 'dedicated', ips, ports, seenAt }];
}

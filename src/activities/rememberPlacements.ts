import type { Convergence } from '../devices/device';
import { addressesOf } from '../domain/change/statement';
import { formerPorts, nodeAt, notePass, type PlacementNote } from '../domain/servers/placement';
import type { PortRef } from '../domain/values/port';
import type { Placement } from '../domain/servers/server';
import type { CommitToSwitchInput } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';

/**
 * Remembers, after a proven pass, where its servers are and which of their addresses were read back there. Ports that
 * a server has left are asked for again now that it is bound here: until then its bindings stayed on them.
 */
export async function rememberPlacements(
  deps: Pick<ActivityDependencies, 'store' | 'enlister'>,
  input: CommitToSwitchInput,
  convergence: Convergence,
): Promise<void> {
  for (const { port, status, bindings } of convergence.ports) {
    const asked = input.ports.find((candidate) => candidate.port === port);
    if (asked?.notes === undefined || status === 'failed') continue;
    const here = { device: input.device, port };
    const present = new Set(addressesOf(bindings));
    const desired = new Set(asked.desired.map((binding) => binding.ip));
    for (const note of asked.notes) {
      const own = new Set(
        [...present].filter(
          (ip) => (note.ips.includes(ip) || !desired.has(ip)) && note.disputed?.includes(ip) !== true,
        ),
      );
      const placement = await deps.store.placements.update(note.serverId, (before) =>
        notePass(before, note, here, own),
      );
      if (note.at === 'here' && placement !== undefined) await askFormerPorts(deps, placement, note, here);
    }
  }
}

async function askFormerPorts(
  deps: Pick<ActivityDependencies, 'enlister'>,
  placement: Placement,
  note: PlacementNote,
  here: PortRef,
): Promise<void> {
  for (const { device, port } of formerPorts(placement, note, here)) {
    const node = nodeAt(placement, { device, port });
    await deps.enlister.enlist(device, {
      port,
      serverIds: [note.serverId],
      nodes: node === undefined ? [] : [node],
      explainedIps: [],
    });
  }
}

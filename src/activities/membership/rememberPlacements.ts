import type { Convergence, PortConvergence } from '../../devices/pass/convergence';
import { addressesOf, sameStatement, type Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import { noteMacs, type ReadBack } from '../../domain/servers/boundMacs';
import {
  isOvertaken,
  nodeAt,
  noteEffectivePort,
  notePass,
  portsToLeave,
  type PlacementNote,
} from '../../domain/servers/placement';
import type { PortRef } from '../../domain/values/port';
import type { Placement } from '../../domain/servers/server';
import type { PassInput } from '../../protocol/activities';
import { askPorts, type PortOfServer } from './askPorts';
import type { ActivityDependencies } from '../dependencies';

/**
 * Remembers, after a proven pass, where its servers are and which of their addresses were read back there. Ports that
 * a server has left are asked for again now that it is bound here: until then its bindings stayed on them.
 */
export async function rememberPlacements(
  deps: Pick<ActivityDependencies, 'store' | 'enlister'>,
  input: PassInput,
  convergence: Convergence,
): Promise<void> {
  for (const { port, effectivePort, status, statements, excluded, kept, bindings } of convergence.ports) {
    const asked = input.ports.find((candidate) => candidate.port === port);
    if (asked?.notes === undefined || status === 'failed') continue;
    const here = { device: input.device, port };
    const wanted = [...asked.desired, ...bindings];
    const ofServers = withoutKept(statements, kept, wanted);
    const present = new Set(addressesOf(ofServers));
    const desired = new Set(wanted.map((binding) => binding.ip));
    const readBack = readBackOf({ statements: ofServers, excluded }, wanted);
    for (const note of asked.notes) {
      const own = new Set(
        [...present].filter(
          (ip) => (note.ips.includes(ip) || !desired.has(ip)) && note.disputed?.includes(ip) !== true,
        ),
      );
      let before: Placement | undefined;
      const placement = await deps.store.placements.update(note.serverId, (known) => {
        before = known;
        return noteEffectivePort(noteMacs(notePass(known, note, here, own), here, readBack), here, effectivePort);
      });
      if (note.at !== 'here' || placement === undefined) continue;
      // A reading that began later says where the server is; what this pass bound here may have to go again.
      const again = isOvertaken(note, placement)
        ? [{ ...here, serverId: note.serverId, node: note.guest }]
        : portsLeft(before, placement, note, here);
      await askPorts(deps, again);
    }
  }
}

/** What people keep is not put down to a server, unless it is what the server is to have: it stays when the server goes. */
function withoutKept(
  statements: readonly Statement[],
  kept: readonly Statement[],
  desired: readonly Binding[],
): readonly Statement[] {
  const isDesired = ({ ip, mac }: Statement): boolean =>
    desired.some((binding) => binding.ip === ip && binding.mac === mac);
  return statements.filter((one) => isDesired(one) || !kept.some((other) => sameStatement(one, other)));
}

/** What was read back. A VLAN that the device does not say is that of the desired binding, unless that one could not be held. */
function readBackOf(
  { statements, excluded }: Pick<PortConvergence, 'statements' | 'excluded'>,
  desired: readonly Binding[],
): ReadBack[] {
  return statements.flatMap(({ ip, mac, vlan }) => {
    if (ip === undefined || mac === undefined) return [];
    const held = desired.find((binding) => binding.ip === ip && binding.mac === mac);
    const known = vlan ?? (excluded.some((exclusion) => exclusion.ip === ip) ? undefined : held?.vlan);
    return [{ ip, mac, ...(known === undefined ? {} : { vlan: known }) }];
  });
}

function portsLeft(
  before: Placement | undefined,
  placement: Placement,
  note: PlacementNote,
  here: PortRef,
): readonly PortOfServer[] {
  return portsToLeave(before, placement, note, here).map(({ device, port }) => ({
    device,
    port,
    serverId: note.serverId,
    node: nodeAt(placement, { device, port }),
  }));
}

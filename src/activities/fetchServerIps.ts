import { PortwardenError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import type { ServerReport } from '../domain/servers/location';
import type { PanelServer } from '../domain/servers/server';
import type { Activities } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { attemptSignal } from './failure';
import { PortServersReader } from './portServers';

/**
 * Asks the panel. For an event: what the server is, its addresses and connections, or where it was last seen when
 * the panel no longer has it. For a batch: the servers behind every port, with one list call for all addresses.
 */
export function createFetchServerIps(deps: ActivityDependencies): Activities['fetchServerIps'] {
  return async (input) => {
    const signal = attemptSignal();
    if (input.of === 'event') return { of: 'event', report: await reportServer(deps, input.serverId, signal) };
    const ports = await new PortServersReader(deps, input.device, signal).read(input.ports);
    const servers = ports.reduce((sum, port) => sum + port.dedicated.length + port.guests.length, 0);
    return { of: 'batch', summary: `${servers} servers behind ${ports.length} ports of ${input.device}`, ports };
  };
}

async function reportServer(
  deps: ActivityDependencies,
  serverId: ServerId,
  signal: AbortSignal,
): Promise<ServerReport> {
  const answer = await ask(deps, serverId, signal);
  const placement = await deps.store.placements.get(serverId);
  const remembered = placement === undefined ? {} : { placement };
  if ('contradiction' in answer) return { serverId, ...remembered, ...answer, summary: answer.contradiction };
  const { server } = answer;
  if (server === undefined) {
    const where =
      placement === undefined
        ? 'and was never seen'
        : `last seen on ${placement.ports.map((p) => `${p.device} ${p.port}`).join(', ')}`;
    return { serverId, ...remembered, summary: `The panel has no server ${serverId}, ${where}` };
  }
  return { serverId, server, ...remembered, summary: describeServer(server) };
}

/** A panel that contradicts itself is an answer too: it justifies nothing, and is told. */
async function ask(
  deps: ActivityDependencies,
  serverId: ServerId,
  signal: AbortSignal,
): Promise<{ readonly server: PanelServer | undefined } | { readonly contradiction: string }> {
  try {
    return { server: await deps.panel.getServer(serverId, signal) };
  } catch (error) {
    if (!(error instanceof PortwardenError) || error.code !== 'panel-contradiction') throw error;
    return { contradiction: error.message };
  }
}

function describeServer(server: PanelServer): string {
  const ips = server.ips.map((assigned) => assigned.ip).join(', ') || 'no addresses';
  const where =
    server.hypervisor === undefined
      ? server.attachments
          .map(
            (a) => `${a.device} ${a.port ?? `port id ${a.portId} (unknown)`}${a.automated ? '' : ' (not automated)'}`,
          )
          .join(', ')
      : `guest ${server.hypervisor.vmid} of ${server.hypervisor.cluster}`;
  return `${server.name} (${server.kind}): ${ips}; ${where === '' ? 'no switch connection' : where}`;
}

import { PortwardenError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { ServerReport } from '../../domain/servers/location';
import { isFormerNic, type GuestPorts } from '../../domain/servers/guestPort';
import type { PanelServer, Placement } from '../../domain/servers/server';
import type { FactSources } from '../dependencies';

/** Reads what a server is, its addresses and connections, and where it was last seen. Nothing is written. */
export async function readServerReport(
  sources: FactSources,
  serverId: ServerId,
  signal: AbortSignal,
): Promise<ServerReport> {
  const readAt = await sources.store.placements.clock();
  return { readAt, ...(await reportOf(sources, serverId, signal)) };
}

async function reportOf(
  { panel, store, guestPorts }: Pick<FactSources, 'panel' | 'store' | 'guestPorts'>,
  serverId: ServerId,
  signal: AbortSignal,
): Promise<ServerReport> {
  const answer = await ask(panel, serverId, await store.placements.get(serverId), signal);
  // A pass may have ended while the panel was asked.
  const placement = withoutFormerNics(await store.placements.get(serverId), guestPorts);
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

/** Where it was seen, without NICs whose cluster the configuration filters no longer: an event of it must not wait for them. */
function withoutFormerNics(placement: Placement | undefined, guestPorts: GuestPorts): Placement | undefined {
  return placement && { ...placement, ports: placement.ports.filter((ref) => !isFormerNic(ref, guestPorts)) };
}

/** A panel that contradicts itself is an answer too: it justifies nothing, and is reported. */
async function ask(
  panel: FactSources['panel'],
  serverId: ServerId,
  placement: Placement | undefined,
  signal: AbortSignal,
): Promise<{ readonly server: PanelServer | undefined } | { readonly contradiction: string }> {
  try {
    const devices = [...new Set((placement?.ports ?? []).map(({ device }) => device))];
    return { server: await panel.getServer(serverId, signal, { devices, isGuest: placement?.kind === 'vm' }) };
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

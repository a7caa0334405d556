import { plainOutcome } from '../../domain/change/outcome';
import type { NodeSubject } from '../../domain/servers/portRequest';
import type { PortName } from '../../domain/values/port';
import type { DesiredPortBindings, PortQuestion, PortServers } from '../../protocol/activities';
import type { Batch } from './batch';
import type { BatchRun } from './host';
import { knownGuests, nodesWithGuests, readNodes, type NodeReadings } from './nodeReadings';

/** What was gathered for a batch. */
export interface Gathered {
  readonly desired: readonly DesiredPortBindings[];
  readonly servers: readonly PortServers[];
}

/**
 * Reads the sources of a batch's ports afresh: the guests of the nodes, the panel, the VLANs. A port whose source fails,
 * whose requirements do not hold, or for which there is no room leaves the batch alone.
 */
export async function gather(batch: Batch, run: BatchRun): Promise<Gathered> {
  run.begin('reading the guests of the nodes');
  const readings = await readNodes(batch, run.host);
  run.begin('asking the panel');
  const servers = await fetchServers(batch, run, readings);
  run.begin('resolving VLANs');
  return { servers, desired: await filter(batch, run, servers, readings) };
}

async function fetchServers(batch: Batch, run: BatchRun, readings: NodeReadings): Promise<readonly PortServers[]> {
  const { device, host, openRemovals } = run;
  const ports = batch.open().map((entry): PortQuestion => ({
    port: entry.port,
    serverIds: entry.serverIds,
    ...openRemovals.with(entry.port, entry),
    nodes: nodesWithGuests(entry.nodes, readings),
  }));
  if (ports.length === 0) return [];
  try {
    const result = await host.steps.fetchServerIps({ of: 'batch', device, ports });
    if (result.of !== 'batch') return [];
    for (const { port, error, unreadNodes, unmet } of result.ports) {
      if (error !== undefined) batch.fail(port, error);
      else if (unreadNodes !== undefined && unreadNodes.length > 0) postponeWith(batch, run, port, unreadNodes);
      else if (unmet !== undefined) {
        const { requirement, message } = unmet;
        batch.settle(plainOutcome(device, port, 'skipped', message, { requirement }));
      }
    }
    return result.ports.filter(({ port }) => batch.isOpen(port));
  } catch (error) {
    batch.failAll(() => true, host.reportFailure(error));
    return [];
  }
}

/** The port is fed by nodes that the requests did not name: it waits for the next batch, which reads them too. */
function postponeWith(batch: Batch, { queue }: BatchRun, port: PortName, nodes: readonly NodeSubject[]): void {
  const entry = batch.withdraw(port);
  if (entry !== undefined) queue.postpone({ ...entry, nodes: [...entry.nodes, ...nodes] });
}

async function filter(
  batch: Batch,
  run: BatchRun,
  servers: readonly PortServers[],
  readings: NodeReadings,
): Promise<readonly DesiredPortBindings[]> {
  const { device, host } = run;
  if (servers.length === 0) return [];
  const ports = servers.map((port) => ({
    servers: port,
    inventories: knownGuests(batch.entry(port.port)?.nodes ?? [], port.guests, readings),
  }));
  try {
    const result = await host.steps.filterByVlan({ device, ports });
    for (const { port, error } of result.failed) batch.fail(port, error);
    return capByBindings(batch, run, result.ports);
  } catch (error) {
    batch.failAll(() => true, host.reportFailure(error));
    return [];
  }
}

/** Payloads and commits stay bounded: what does not fit waits for the next batch, in its place. */
function capByBindings(
  batch: Batch,
  { queue, settings }: BatchRun,
  desired: readonly DesiredPortBindings[],
): readonly DesiredPortBindings[] {
  let bindings = 0;
  return desired.filter((port, index) => {
    bindings += port.desired.length;
    if (index === 0 || bindings <= settings.batchBindings) return true;
    const entry = batch.withdraw(port.port);
    if (entry !== undefined) queue.postpone(entry);
    return false;
  });
}

import { plainOutcome } from '../../domain/change/outcome';
import type { NodeSubject } from '../../domain/servers/portRequest';
import type { PortName } from '../../domain/values/port';
import type { DesiredPortBindings, FilterByVlanInput, PortQuestion, PortServers } from '../../protocol/activities';
import type { PendingPort } from '../../protocol/coordinator';
import { inPayloads } from '../../protocol/payload';
import type { Batch } from './batch';
import type { BatchRun } from './host';
import { NodeReadings, nodesOf } from './nodeReadings';
import { CommitRoom } from './commitRoom';

/** What was gathered for a batch. */
export interface Gathered {
  readonly desired: readonly DesiredPortBindings[];
  readonly servers: readonly PortServers[];
}

/** So many nodes are read at the same time. What they answer comes to the workflow at once, and a commit takes not much more. */
const NODES_AT_ONCE = 4;
/** So many guests' servers are asked for in one step: about half of a payload. */
const GUESTS_AT_ONCE = 300;
/** Once sources are read for so long, the other ports wait for the next batch: what is committed was read just now. */
const LONGEST_GATHERING_MS = 60_000;

/**
 * Reads the sources of a batch's ports afresh: the guests of the nodes, the panel, the VLANs. A port whose source fails,
 * whose requirements do not hold, or for which there is no room leaves the batch alone. Ports of many nodes are read group
 * by group, until the commit is full.
 */
export async function gather(batch: Batch, run: BatchRun): Promise<Gathered> {
  const { host, settings, clock } = run;
  const began = clock.now;
  const readings = new NodeReadings(batch, run);
  const room = new CommitRoom(settings.batchBindings);
  const servers: PortServers[] = [];
  let isOver = false;
  for (const [index, group] of groupsByNodes(batch.open()).entries()) {
    if (index > 0 && servers.length > 0 && !room.isFull && !isOver) {
      await run.observe();
      isOver = clock.now - began > LONGEST_GATHERING_MS;
    }
    if (room.isFull || isOver) {
      for (const { port } of group) postpone(batch, run, port);
      continue;
    }
    if (index > 0) await host.nextTask();
    run.begin('reading the guests of the nodes');
    await readings.read(group.filter(({ port }) => batch.isOpen(port)));
    run.begin('asking the panel');
    const found = await fetchServers(batch, run, stillOpen(batch, group), readings);
    servers.push(...found);
    run.begin('resolving VLANs');
    for (const port of await filter(batch, run, found, readings))
      if (!room.take(port, batch.entry(port.port))) postpone(batch, run, port.port);
  }
  return { servers, desired: room.taken };
}

function stillOpen(batch: Batch, entries: readonly PendingPort[]): PendingPort[] {
  return entries.filter(({ port }) => batch.isOpen(port));
}

/** The ports in groups of not too many nodes, in their order. */
function groupsByNodes(entries: readonly PendingPort[]): PendingPort[][] {
  return grouped(entries, (group) => nodesOf(group).size <= NODES_AT_ONCE);
}

/** Neighbours together as long as the group fits; one that does not fit by itself is a group too. */
function grouped<T>(items: readonly T[], fits: (group: readonly T[]) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last !== undefined && fits([...last, item])) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

async function fetchServers(
  batch: Batch,
  run: BatchRun,
  entries: readonly PendingPort[],
  readings: NodeReadings,
): Promise<readonly PortServers[]> {
  const { device, openRemovals } = run;
  const guests = (group: readonly PendingPort[]): number =>
    group.reduce((sum, entry) => sum + readings.guestsBehind(entry), 0);
  const parts = grouped(entries, (group) => guests(group) <= GUESTS_AT_ONCE);
  const ports: PortServers[] = [];
  for (const part of parts) {
    const questions = part.map((entry): PortQuestion => ({
      port: entry.port,
      serverIds: entry.serverIds,
      ...openRemovals.with(entry.port, entry),
      nodes: readings.nodesWithGuests(entry.nodes),
    }));
    ports.push(...(await askAboutAll(batch, run, questions)));
  }
  for (const { port, error, unreadNodes, unmet } of ports) {
    if (error !== undefined) batch.fail(port, error);
    else if (unreadNodes !== undefined && unreadNodes.length > 0) postponeWith(batch, run, port, unreadNodes);
    else if (unmet !== undefined) {
      const { requirement, message } = unmet;
      batch.settle(plainOutcome(device, port, 'skipped', message, { requirement }));
    }
  }
  return ports.filter(({ port }) => batch.isOpen(port));
}

/** Asks until every port is answered for: an answer holds no more ports than fit into a payload. */
async function askAboutAll(
  batch: Batch,
  { device, number: batchNumber, host }: BatchRun,
  questions: readonly PortQuestion[],
): Promise<readonly PortServers[]> {
  const answered: PortServers[] = [];
  for (let open = questions; open.length > 0;) {
    try {
      const result = await host.steps.fetchServerIps({ of: 'batch', device, batch: batchNumber, ports: open });
      if (result.of !== 'batch') break;
      answered.push(...result.ports);
      open = leftOf(open, ({ port }) => port, result.left);
    } catch (error) {
      const failed = new Set(open.map(({ port }) => port));
      batch.failAll(({ port }) => failed.has(port), host.reportFailure(error));
      break;
    }
  }
  return answered;
}

/** What an answer had no room for; nothing when it would be all again. */
function leftOf<T>(asked: readonly T[], portOf: (one: T) => PortName, left: readonly PortName[] = []): readonly T[] {
  const rest = asked.filter((one) => left.includes(portOf(one)));
  return rest.length < asked.length ? rest : [];
}

/** The port is fed by nodes that the requests did not name: it waits for the next batch, which reads them too. */
function postponeWith(batch: Batch, { queue }: BatchRun, port: PortName, nodes: readonly NodeSubject[]): void {
  const entry = batch.withdraw(port);
  if (entry !== undefined) queue.postpone({ ...entry, nodes: [...entry.nodes, ...nodes] });
}

/** There is no room for the port: it waits for the next batch, in its place. */
function postpone(batch: Batch, { queue }: BatchRun, port: PortName): void {
  const entry = batch.isOpen(port) ? batch.withdraw(port) : undefined;
  if (entry !== undefined) queue.postpone(entry);
}

async function filter(
  batch: Batch,
  run: BatchRun,
  servers: readonly PortServers[],
  readings: NodeReadings,
): Promise<readonly DesiredPortBindings[]> {
  const ports = servers.map((port) => ({
    servers: port,
    inventories: readings.knownGuests(batch.entry(port.port)?.nodes ?? [], port.guests),
  }));
  const desired: DesiredPortBindings[] = [];
  for (const part of inPayloads(ports)) desired.push(...(await filterAll(batch, run, part)));
  return desired;
}

async function filterAll(
  batch: Batch,
  { device, number: batchNumber, host }: BatchRun,
  ports: FilterByVlanInput['ports'],
): Promise<readonly DesiredPortBindings[]> {
  const desired: DesiredPortBindings[] = [];
  for (let open = ports; open.length > 0;) {
    try {
      const result = await host.steps.filterByVlan({ device, batch: batchNumber, ports: open });
      for (const { port, error } of result.failed) batch.fail(port, error);
      desired.push(...result.ports);
      open = leftOf(open, ({ servers }) => servers.port, result.left);
    } catch (error) {
      const failed = new Set(open.map(({ servers }) => servers.port));
      batch.failAll(({ port }) => failed.has(port), host.reportFailure(error));
      break;
    }
  }
  return desired;
}

import type { PortSources } from '../../domain/desired/sources';
import { reportError, type ErrorReport } from '../../domain/errors';
import type { NodeInventory } from '../../domain/servers/server';
import type { DeviceId } from '../../domain/values/device';
import type { PortName } from '../../domain/values/port';
import {
  nodeWithGuests,
  type DesiredPortBindings,
  type PortQuestion,
  type PortServers,
} from '../../protocol/activities';
import { mergeNodes, nodeKey, type NodeSubject, type PortRequest } from '../../domain/servers/portRequest';
import type { FactSources } from '../dependencies';
import { desiredPorts } from '../desired/desiredPorts';
import { readPortFacts } from '../membership/portFacts';
import { judgePort } from '../membership/portServers';
import { readNode } from '../gatherVmMacs';
import { readVlanFacts } from '../desired/vlanFacts';

/** What a pass would want of one port. */
export type PortView = { readonly port: PortName } & (
  | { readonly sources: PortSources; readonly desired: DesiredPortBindings }
  /** Why a pass would leave the port alone: a requirement does not hold. */
  | { readonly unmet: NonNullable<PortServers['unmet']> }
  /** What a pass could not read, and would wait for. */
  | { readonly error: ErrorReport }
);

/** A node of a port may lead to another one that must be read too; a port has seldom more than two. */
const MOST_ROUNDS = 4;

/**
 * Does for some ports of a device what a pass does before it turns to the device: reads the guests of the nodes, asks
 * the panel, resolves VLANs. Reads only: nothing is written, nobody is asked to do anything.
 * @throws what concerns all ports: the panel's list or subnets cannot be read, or the signal is aborted.
 */
export async function viewPorts(
  sources: FactSources,
  device: DeviceId,
  requests: readonly PortRequest[],
  signal: AbortSignal,
): Promise<readonly PortView[]> {
  const readings = new NodeReadings(sources, signal);
  const views = new Map<PortName, PortView>();
  const judged = new Map<PortName, { readonly servers: PortServers; readonly nodes: readonly NodeSubject[] }>();
  let open = requests;
  for (let round = 0; round < MOST_ROUNDS && open.length > 0; round += 1) {
    const { questions, failed } = await ask(open, readings);
    for (const view of failed) views.set(view.port, view);
    const again: PortRequest[] = [];
    for (const reading of await readPortFacts(sources, device, questions, signal)) {
      const { servers } = judgePort(reading);
      const { question } = reading;
      const { port, nodes } = question;
      const unread = servers.unreadNodes ?? [];
      if (servers.error !== undefined) views.set(port, { port, error: servers.error });
      else if (unread.length > 0) again.push({ ...question, nodes: mergeNodes(nodes, unread) });
      else if (servers.unmet !== undefined) views.set(port, { port, unmet: servers.unmet });
      else judged.set(port, { servers, nodes });
    }
    open = again;
  }
  await addDesired(sources, device, judged, readings, views, signal);
  return requests.map(({ port }) => views.get(port) ?? { port, error: reportError(new Error(TOO_MANY_NODES)) });
}

const TOO_MANY_NODES = 'the nodes behind the port led to further ones again and again';

async function addDesired(
  sources: FactSources,
  device: DeviceId,
  judged: ReadonlyMap<PortName, { readonly servers: PortServers; readonly nodes: readonly NodeSubject[] }>,
  readings: NodeReadings,
  views: Map<PortName, PortView>,
  signal: AbortSignal,
): Promise<void> {
  if (judged.size === 0) return;
  const ports = [...judged.values()].map(({ servers, nodes }) => ({ servers, inventories: readings.known(nodes) }));
  const vlans = await readVlanFacts(sources, { device, ports }, signal);
  const { ports: desired, failed } = desiredPorts(vlans);
  for (const { port, error } of failed) views.set(port, { port, error });
  for (const wanted of desired) {
    const reading = vlans.ports.find(({ gathered }) => gathered.servers.port === wanted.port);
    if (reading === undefined || 'error' in reading) continue;
    views.set(wanted.port, { port: wanted.port, sources: reading.facts.sources, desired: wanted });
  }
}

/** The questions about ports whose nodes could be read, and the ports whose nodes could not. */
async function ask(
  requests: readonly PortRequest[],
  readings: NodeReadings,
): Promise<{
  readonly questions: readonly PortQuestion[];
  readonly failed: readonly (PortView & { error: ErrorReport })[];
}> {
  const questions: PortQuestion[] = [];
  const failed: (PortView & { error: ErrorReport })[] = [];
  const askAbout = async (request: PortRequest): Promise<void> => {
    try {
      const read = await Promise.all(request.nodes.map((node) => readings.of(node)));
      questions.push({ ...request, nodes: read.map(nodeWithGuests) });
    } catch (error) {
      readings.signal.throwIfAborted();
      failed.push({ port: request.port, error: reportError(error) });
    }
  };
  await Promise.all(requests.map(askAbout));
  return { questions, failed };
}

/** The guests of nodes, each node read once. */
class NodeReadings {
  private readonly inventories = new Map<string, Promise<NodeInventory>>();
  private readonly done = new Map<string, NodeInventory>();

  constructor(
    private readonly sources: FactSources,
    readonly signal: AbortSignal,
  ) {}

  /** @throws what keeps the node from being read. */
  of(subject: NodeSubject): Promise<NodeInventory> {
    const key = nodeKey(subject);
    const known = this.inventories.get(key) ?? this.read(subject, key);
    this.inventories.set(key, known);
    return known;
  }

  /** The readings of those nodes that could be read. */
  known(subjects: readonly NodeSubject[]): readonly NodeInventory[] {
    return subjects.flatMap((subject) => this.done.get(nodeKey(subject)) ?? []);
  }

  private async read({ cluster, node }: NodeSubject, key: string): Promise<NodeInventory> {
    const inventory = await readNode(this.sources, { cluster, node }, this.signal);
    this.done.set(key, inventory);
    return inventory;
  }
}

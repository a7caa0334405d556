import type { ServerId } from '../../domain/event/event';
import type { DeviceId } from '../../domain/values/device';
import type { Placement } from '../../domain/servers/server';
import type { GuestNicRef } from '../../domain/servers/guestPort';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import type { PortQuestion } from '../../protocol/activities';
import type { FactSources } from '../dependencies';
import type { ClusterReadings } from './clusterReadings';
import type { PlacedAtPorts } from './placedAtPorts';
import type { ServerList } from './serverList';
import { uplinkNodes } from './uplinkNodes';

/** A server that is, or may have been, behind a port. */
export interface Candidate {
  readonly serverId: ServerId;
  readonly placement?: Placement;
  /** Present for VMs. */
  readonly guest?: { readonly cluster: string; readonly vmid?: number };
}

/** The servers to look at, or the nodes whose guests must be read first. */
export type Candidates = { readonly servers: readonly Candidate[] } | { readonly unreadNodes: readonly NodeSubject[] };

/** What one reading of a device's ports reads from. */
export interface ReadingContext {
  readonly sources: FactSources;
  readonly device: DeviceId;
  readonly clusters: ClusterReadings;
  readonly list: ServerList;
  readonly placedAt: PlacedAtPorts;
  /** When it began, by the store's clock in Unix milliseconds. */
  readonly readAt: number;
  readonly signal: AbortSignal;
}

/**
 * Who may be behind a port: the servers that were asked for, those remembered, those the switch lists, the nodes' guests.
 * @param remembered of {@link rememberedAt}.
 */
export async function candidatesOf(
  question: PortQuestion,
  remembered: Promise<readonly Placement[]>,
  context: ReadingContext,
): Promise<Candidates> {
  const { sources, device } = context;
  const nic = sources.guestPorts.nicOf({ device, port: question.port });
  const [placed, assigned, guests] = await Promise.all([
    remembered,
    nic === undefined ? pluggedIn(question, context) : [],
    Promise.all(behind(question, nic).map((one) => guestsOf(one, question, context))),
  ]);
  const reading = new Set(question.nodes.map(nodeKey));
  // Of a guest's own NIC the node is the one that the guest is on, which its facts say.
  const feeding = nic === undefined ? uplinkNodes(sources, device, question.port, placed) : [];
  const unreadNodes = feeding.filter((node) => !reading.has(nodeKey(node)));
  if (unreadNodes.length > 0) return { unreadNodes };
  const servers = new Map<ServerId, Candidate>();
  for (const guest of guests.flat()) servers.set(guest.serverId, guest);
  for (const placement of placed)
    if (!servers.has(placement.serverId)) servers.set(placement.serverId, candidateOf(placement));
  for (const serverId of namedIn(question)) {
    if (servers.has(serverId)) continue;
    const placement = await sources.store.placements.get(serverId);
    servers.set(serverId, placement === undefined ? { serverId } : candidateOf(placement));
  }
  for (const serverId of assigned) if (!servers.has(serverId)) servers.set(serverId, { serverId });
  return { servers: [...servers.values()] };
}

/**
 * The servers that are remembered at the port. They and those that are asked for will be asked about, whoever else turns up:
 * that begins at once.
 */
export async function rememberedAt(question: PortQuestion, context: ReadingContext): Promise<readonly Placement[]> {
  const { placedAt, clusters, list } = context;
  const placed = await placedAt.at(question.port);
  const known = placed.map(({ serverId }) => serverId);
  list.expect([...known, ...namedIn(question)]);
  const guests = new Set(placed.flatMap(({ serverId, guest }) => (guest === undefined ? [] : [serverId])));
  for (const serverId of [...known, ...question.serverIds]) if (!guests.has(serverId)) clusters.expect(serverId);
  return placed;
}

/** The servers that the switch lists on the port. Their connections will be asked for, whatever else turns up. */
async function pluggedIn({ port }: PortQuestion, context: ReadingContext): Promise<readonly ServerId[]> {
  const { sources, device, clusters, signal } = context;
  const assigned = await sources.panel.portAssignments(device, port, signal);
  for (const serverId of assigned) clusters.expect(serverId);
  return assigned;
}

function namedIn({ serverIds, deletedServerIds }: PortQuestion): readonly ServerId[] {
  return [...serverIds, ...deletedServerIds];
}

/** Guests of one cluster that are behind a port. */
interface GuestsBehind {
  readonly cluster: string;
  readonly vmids: ReadonlySet<number>;
  /** The nodes whose guests are; none where the port is a guest's own. */
  readonly nodes: readonly string[];
}

/** The guests of the nodes that feed the port, or the one guest whose own NIC it is. */
function behind(question: PortQuestion, nic: GuestNicRef | undefined): readonly GuestsBehind[] {
  if (nic !== undefined) return [{ cluster: nic.cluster, vmids: new Set([nic.vmid]), nodes: [] }];
  return clustersOf(question).map((cluster) => {
    const nodes = question.nodes.filter((node) => node.cluster === cluster);
    return { cluster, vmids: guestsHere(nodes), nodes: nodes.map(({ node }) => node) };
  });
}

/** The panel's guests behind the port: by remembered guest ids, and by the connections of those never seen before. */
async function guestsOf(
  { cluster, vmids: here, nodes }: GuestsBehind,
  question: PortQuestion,
  context: ReadingContext,
): Promise<Candidate[]> {
  const { clusters } = context;
  const [placements, listed] = await Promise.all([clusters.placements(cluster), clusters.vmServerIds(cluster)]);
  const known = new Set(placements.map((placement) => placement.serverId));
  const unseen = [...new Set([...listed, ...question.serverIds])].filter((id) => !known.has(id));
  const looked = await Promise.all(
    unseen.map(async (serverId) => ({
      serverId,
      hypervisor: (await clusters.connectionsOf(serverId))?.hypervisor,
    })),
  );
  const fresh = looked.flatMap(({ serverId, hypervisor }): Candidate[] =>
    hypervisor?.cluster === cluster && here.has(hypervisor.vmid) ? [{ serverId, guest: hypervisor }] : [],
  );
  const placed = placements.filter(
    ({ guest }) => guest !== undefined && (here.has(guest.vmid) || nodes.includes(guest.node)),
  );
  return verified([...placed.map(candidateOf), ...fresh], { cluster, here }, context);
}

/** Asks the panel again about remembered guests that the cluster does not list or that several servers claim: guest ids are reused. */
async function verified(
  candidates: readonly Candidate[],
  { cluster, here }: { readonly cluster: string; readonly here: ReadonlySet<number> },
  { clusters }: ReadingContext,
): Promise<Candidate[]> {
  const claims = countBy(candidates.flatMap(({ guest }) => guest?.vmid ?? []));
  const isDoubtful = async ({ guest, placement }: Candidate): Promise<boolean> => {
    if (placement === undefined || guest?.vmid === undefined) return false;
    if ((claims.get(guest.vmid) ?? 0) > 1) return true;
    return !here.has(guest.vmid) && (await clusters.placeOf(cluster, guest.vmid)) === undefined;
  };
  return Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      if (!(await isDoubtful(candidate))) return candidate;
      const connections = await clusters.connectionsOf(candidate.serverId);
      if (connections === undefined) return candidate;
      const { hypervisor } = connections;
      return { ...candidate, guest: hypervisor?.cluster === cluster ? hypervisor : { cluster } };
    }),
  );
}

/** The guests that are on the nodes, or on their way to them. */
function guestsHere(nodes: PortQuestion['nodes']): ReadonlySet<number> {
  return new Set(nodes.flatMap(({ vmids, arriving = [] }) => [...vmids, ...arriving.map(({ vmid }) => vmid)]));
}

function countBy<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function candidateOf(placement: Placement): Candidate {
  const { serverId, kind, guest } = placement;
  return {
    serverId,
    placement,
    ...(kind === 'vm' && guest !== undefined ? { guest: { cluster: guest.cluster, vmid: guest.vmid } } : {}),
  };
}

function clustersOf({ nodes }: PortQuestion): string[] {
  return [...new Set(nodes.map(({ cluster }) => cluster))];
}

import { PortwardenError, reportError } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import { usablePorts } from '../domain/servers/attachments';
import { placedAt } from '../domain/servers/placement';
import { samePort, type DeviceId } from '../domain/values/port';
import type { Elsewhere, GuestFacts, PanelEntry, ServerFacts } from '../domain/servers/portFacts';
import type { Placement } from '../domain/servers/server';
import { nodeKey, type NodeSubject } from '../protocol/contract';
import type { PortQuestion } from '../protocol/activities';
import type { ActivityDependencies } from './dependencies';
import { nodeUplinks } from './nodeUplinks';
import { uplinkNodes } from './uplinkNodes';

/** A server that is, or may have been, behind a port. */
interface Candidate {
  readonly serverId: ServerId;
  readonly placement?: Placement;
  /** Present for VMs. */
  readonly guest?: { readonly cluster: string; readonly vmid?: number };
}

/** The servers to look at, or the nodes whose guests must be read first. */
export type Candidates = { readonly servers: readonly Candidate[] } | { readonly unreadNodes: readonly NodeSubject[] };

/** What the panel's list says of servers. */
type Listing = Awaited<ReturnType<ActivityDependencies['panel']['getServersIps']>>;

/** Reads what decides who is behind a port: placements, the panel's assignments and connections, where guests are. */
export class PortFactsReader {
  private readonly uplinks = new Map<string, Promise<Elsewhere>>();

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly device: DeviceId,
    private readonly signal: AbortSignal,
  ) {}

  /** Who may be behind the port: the servers that were asked for, those remembered, those the switch lists, the nodes' guests. */
  async candidates(question: PortQuestion): Promise<Candidates> {
    const [placed, assigned, guests] = await Promise.all([
      this.deps.store.placements.listByPort(this.device, question.port),
      this.deps.panel.portAssignments(this.device, question.port, this.signal),
      Promise.all(clustersOf(question).map((cluster) => this.guestsOf(cluster, question))),
    ]);
    const reading = new Set(question.nodes.map(nodeKey));
    const unreadNodes = uplinkNodes(this.deps, this.device, question.port, placed).filter(
      (node) => !reading.has(nodeKey(node)),
    );
    if (unreadNodes.length > 0) return { unreadNodes };
    const servers = new Map<ServerId, Candidate>();
    for (const guest of guests.flat()) servers.set(guest.serverId, guest);
    for (const placement of placed)
      if (!servers.has(placement.serverId)) servers.set(placement.serverId, remembered(placement));
    const named = [...question.serverIds, ...(question.deletedServerIds ?? [])];
    for (const serverId of named) {
      if (servers.has(serverId)) continue;
      const placement = await this.deps.store.placements.get(serverId);
      servers.set(serverId, placement === undefined ? { serverId } : remembered(placement));
    }
    for (const serverId of assigned) if (!servers.has(serverId)) servers.set(serverId, { serverId });
    return { servers: [...servers.values()] };
  }

  /** One list call for the candidates of all ports. */
  async list(candidates: readonly { readonly servers: readonly Candidate[] }[]): Promise<Listing> {
    const ids = new Set(candidates.flatMap(({ servers }) => servers.map(({ serverId }) => serverId)));
    return ids.size === 0
      ? { found: new Map(), gone: [], failed: new Map() }
      : this.deps.panel.getServersIps([...ids], this.signal);
  }

  /** Everything about the candidates of a port. Nodes behind the port that turn up meanwhile must be read first. */
  async servers(
    question: PortQuestion,
    { servers }: { readonly servers: readonly Candidate[] },
    listing: Listing,
  ): Promise<readonly ServerFacts[] | { readonly unreadNodes: readonly NodeSubject[] }> {
    const facts = await Promise.all(servers.map((candidate) => this.factsOf(question, candidate, listing)));
    const here = { device: this.device, port: question.port };
    const unreadNodes = facts.flatMap(({ guest, elsewhere }) =>
      guest?.node !== undefined &&
      elsewhere !== undefined &&
      'ports' in elsewhere &&
      elsewhere.ports.some((port) => samePort(port, here))
        ? [{ cluster: guest.cluster, node: guest.node }]
        : [],
    );
    return unreadNodes.length > 0 ? { unreadNodes } : facts;
  }

  /** Whether the configuration names the port as a node's uplink. */
  isConfiguredUplink({ nodes, port }: PortQuestion): boolean {
    return nodes.some((node) => {
      const uplink = this.deps.hypervisors.get(node.cluster)?.uplinks.get(node.node);
      return uplink?.device === this.device && uplink.port === port;
    });
  }

  /** The panel's guests of the cluster's nodes behind the port: by remembered guest ids, and by the connections of those never seen before. */
  private async guestsOf(cluster: string, question: PortQuestion): Promise<Candidate[]> {
    const [placements, listed] = await Promise.all([
      this.deps.store.placements.listByCluster(cluster),
      this.deps.panel.vmServerIds(cluster, this.signal),
    ]);
    const nodes = question.nodes.filter((node) => node.cluster === cluster);
    const here = new Set(nodes.flatMap((node) => node.vmids));
    const known = new Set(placements.map((placement) => placement.serverId));
    const unseen = [...new Set([...listed, ...question.serverIds])].filter((id) => !known.has(id));
    const looked = await Promise.all(
      unseen.map(async (serverId) => ({
        serverId,
        hypervisor: (await this.deps.panel.connectionsOf(serverId, this.signal))?.hypervisor,
      })),
    );
    const fresh = looked.flatMap(({ serverId, hypervisor }): Candidate[] =>
      hypervisor?.cluster === cluster && here.has(hypervisor.vmid) ? [{ serverId, guest: hypervisor }] : [],
    );
    const placed = placements.filter(
      ({ guest }) => guest !== undefined && (here.has(guest.vmid) || nodes.some((node) => node.node === guest.node)),
    );
    return this.verified([...placed.map(remembered), ...fresh], cluster, question);
  }

  /** Asks the panel again about remembered guests that the cluster does not list or that several servers claim: guest ids are reused. */
  private async verified(
    candidates: readonly Candidate[],
    cluster: string,
    question: PortQuestion,
  ): Promise<Candidate[]> {
    const listed = new Set(
      question.nodes
        .filter((node) => node.cluster === cluster)
        .flatMap((node) => [...node.vmids, ...node.guestNodes.map((guest) => guest.vmid)]),
    );
    const isDoubtful = ({ guest, placement }: Candidate): boolean =>
      placement !== undefined &&
      guest?.vmid !== undefined &&
      (!listed.has(guest.vmid) || candidates.filter((other) => other.guest?.vmid === guest.vmid).length > 1);
    return Promise.all(
      candidates.map(async (candidate): Promise<Candidate> => {
        if (!isDoubtful(candidate)) return candidate;
        const connections = await this.deps.panel.connectionsOf(candidate.serverId, this.signal);
        if (connections === undefined) return candidate;
        const { hypervisor } = connections;
        return { ...candidate, guest: hypervisor?.cluster === cluster ? hypervisor : { cluster } };
      }),
    );
  }

  private async factsOf(question: PortQuestion, candidate: Candidate, listing: Listing): Promise<ServerFacts> {
    const { serverId, placement, guest } = candidate;
    const entry = await this.entryOf(candidate, listing);
    const base = { serverId, ...(placement === undefined ? {} : { placement }), entry };
    if (guest === undefined) return base;
    const found = await this.whereIs(question, guest);
    if (entry.state === 'gone' && found.node !== undefined && (await this.isReused(serverId, found)))
      return { ...base, guest: { cluster: found.cluster } };
    const isFeeding = question.nodes.some((node) => node.cluster === found.cluster && node.node === found.node);
    const here = { device: this.device, port: question.port };
    if (found.node === undefined || isFeeding || entry.state !== 'found' || placedAt(placement, here) === undefined)
      return { ...base, guest: found };
    return { ...base, guest: found, elsewhere: await this.uplinksOf(found.cluster, found.node) };
  }

  private async entryOf({ serverId, guest }: Candidate, { found, gone, failed }: Listing): Promise<PanelEntry> {
    const failure = failed.get(serverId);
    if (failure !== undefined)
      return {
        state: 'uncertain',
        why: failure.message,
        ...(failure.code === 'panel-contradiction' ? {} : { error: reportError(failure) }),
      };
    if (gone.includes(serverId)) return { state: 'gone' };
    const listed = found.get(serverId);
    if (listed === undefined)
      return { state: 'uncertain', why: 'the panel answers neither with it nor that it does not exist' };
    if (guest !== undefined) return { state: 'found', ...listed };
    return {
      state: 'found',
      ...listed,
      connections: (await this.deps.panel.connectionsOf(serverId, this.signal)) ?? 'missing',
    };
  }

  /** The node that the cluster lists the guest on, by the readings of this pass, else asked for. */
  private async whereIs(question: PortQuestion, guest: NonNullable<Candidate['guest']>): Promise<GuestFacts> {
    const { cluster, vmid } = guest;
    if (vmid === undefined) return guest;
    const readings = question.nodes.filter((node) => node.cluster === cluster);
    const feeding = readings.find((node) => node.vmids.includes(vmid));
    const node =
      feeding?.node ??
      (readings.length > 0
        ? readings.flatMap((reading) => reading.guestNodes).find((listed) => listed.vmid === vmid)?.node
        : (await this.deps.hypervisors.get(cluster)?.locate(vmid, this.signal))?.node);
    return { cluster, vmid, ...(node === undefined ? {} : { node }) };
  }

  /** Whether the guest id that a deleted server had is another server's now: guest ids are reused. */
  private async isReused(deleted: ServerId, { cluster, vmid }: GuestFacts): Promise<boolean> {
    const [placements, listed] = await Promise.all([
      this.deps.store.placements.listByCluster(cluster),
      this.deps.panel.vmServerIds(cluster, this.signal),
    ]);
    const others = placements.filter(
      (placement) => placement.serverId !== deleted && listed.includes(placement.serverId),
    );
    if (others.some((placement) => placement.guest?.vmid === vmid)) return true;
    const unseen = listed.filter((id) => id !== deleted && !others.some((placement) => placement.serverId === id));
    const connections = await Promise.all(unseen.map((id) => this.deps.panel.connectionsOf(id, this.signal)));
    return connections.some((one) => one?.hypervisor?.cluster === cluster && one.hypervisor.vmid === vmid);
  }

  /** The automated ports of a node's uplinks. What goes wrong here is a doubt about one guest, not a fault of the port. */
  private uplinksOf(cluster: string, node: string): Promise<Elsewhere> {
    const key = nodeKey({ cluster, node });
    const known = this.uplinks.get(key) ?? this.readUplinks(cluster, node);
    this.uplinks.set(key, known);
    return known;
  }

  private async readUplinks(cluster: string, node: string): Promise<Elsewhere> {
    const where = `runs on ${node}`;
    try {
      const attachments = await nodeUplinks(this.deps, cluster, node, this.signal);
      if (attachments.length === 0)
        return { where, unknown: `nothing says through which port the traffic of ${node} enters` };
      return { where, ports: usablePorts(attachments) };
    } catch (error) {
      if (this.signal.aborted || !(error instanceof PortwardenError)) throw error;
      return { where, unknown: error.message };
    }
  }
}

function remembered(placement: Placement): Candidate {
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

import { PortwardenError, reportError } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import { isGuestOf } from '../../domain/servers/guestPort';
import { usablePorts } from '../../domain/servers/attachments';
import { placedAt } from '../../domain/servers/placement';
import { samePort } from '../../domain/values/port';
import type { Elsewhere, GuestFacts, PanelEntry, ServerFacts } from '../../domain/servers/portFacts';
import { nodeKey, type NodeSubject } from '../../domain/servers/portRequest';
import type { PortQuestion } from '../../protocol/activities';
import type { Candidate, ReadingContext } from './candidates';
import type { Listing } from './serverList';
import { nodeUplinks } from './nodeUplinks';

/** Reads what is known of the servers that may be behind the ports of one device: their panel entries, and where guests are. */
export class ServerFactsReader {
  private readonly uplinks = new Map<string, Promise<Elsewhere>>();

  constructor(private readonly context: ReadingContext) {}

  /** Everything about the candidates of a port. Nodes behind the port that turn up meanwhile must be read first. */
  async read(
    question: PortQuestion,
    candidates: readonly Candidate[],
    listing: Listing,
  ): Promise<readonly ServerFacts[] | { readonly unreadNodes: readonly NodeSubject[] }> {
    const facts = await Promise.all(candidates.map((candidate) => this.factsOf(question, candidate, listing)));
    const here = { device: this.context.device, port: question.port };
    const nic = this.context.sources.guestPorts.nicOf(here);
    if (nic !== undefined) {
      const node = facts.find(({ entry, guest }) => entry.state === 'found' && isGuestOf(nic, guest))?.guest?.node;
      const isRead = question.nodes.some(
        ({ cluster, vmids, arriving = [] }) =>
          cluster === nic.cluster && (vmids.includes(nic.vmid) || arriving.some(({ vmid }) => vmid === nic.vmid)),
      );
      return node === undefined || isRead ? facts : { unreadNodes: [{ cluster: nic.cluster, node }] };
    }
    const unreadNodes = facts.flatMap(({ guest, elsewhere }) =>
      guest?.node !== undefined &&
      elsewhere !== undefined &&
      'uplinks' in elsewhere &&
      elsewhere.uplinks.flat().some((port) => samePort(port, here))
        ? [{ cluster: guest.cluster, node: guest.node }]
        : [],
    );
    return unreadNodes.length > 0 ? { unreadNodes } : facts;
  }

  private async factsOf(question: PortQuestion, candidate: Candidate, listing: Listing): Promise<ServerFacts> {
    const { serverId, placement, guest } = candidate;
    const entry = await this.entryOf(candidate, listing);
    const place = placement === undefined ? {} : { placement };
    if (guest === undefined) return { serverId, seenAt: this.context.readAt, ...place, entry };
    const { readAt = this.context.readAt, ...found } = await this.whereIs(question, guest);
    const base = { serverId, seenAt: Math.min(readAt, this.context.readAt), ...place, entry };
    if (entry.state === 'gone' && found.node !== undefined && (await this.isReused(serverId, found)))
      return { ...base, guest: { cluster: found.cluster } };
    const isFeeding = question.nodes.some((node) => node.cluster === found.cluster && node.node === found.node);
    const here = { device: this.context.device, port: question.port };
    if (
      found.node === undefined ||
      isFeeding ||
      found.arrivingAt !== undefined ||
      entry.state !== 'found' ||
      placedAt(placement, here) === undefined
    )
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
    const connections = (await this.context.clusters.connectionsOf(serverId)) ?? 'missing';
    return { state: 'found', ...listed, connections };
  }

  /** The node that the guest is on, by the readings of this pass, else as the cluster lists it now. */
  private async whereIs(
    question: PortQuestion,
    guest: NonNullable<Candidate['guest']>,
  ): Promise<GuestFacts & { readonly readAt?: number | undefined }> {
    const { cluster, vmid } = guest;
    if (vmid === undefined) return guest;
    const feeding = question.nodes.find((node) => node.cluster === cluster && node.vmids.includes(vmid));
    if (feeding !== undefined) return { cluster, vmid, node: feeding.node, readAt: feeding.readAt };
    for (const { node: arrivingAt, readAt, arriving = [], ...other } of question.nodes) {
      const from = other.cluster === cluster ? arriving.find((one) => one.vmid === vmid)?.from : undefined;
      if (from !== undefined) return { cluster, vmid, node: from, arrivingAt, migrating: true, readAt };
    }
    const place = await this.context.clusters.placeOf(cluster, vmid);
    if (place === undefined) return { cluster, vmid };
    return { cluster, vmid, node: place.node, ...(place.migrating ? { migrating: true } : {}) };
  }

  /** Whether the guest id that a deleted server had is another server's now: guest ids are reused. */
  private async isReused(deleted: ServerId, { cluster, vmid }: GuestFacts): Promise<boolean> {
    const { clusters } = this.context;
    const [placements, listed] = await Promise.all([clusters.placements(cluster), clusters.vmServerIds(cluster)]);
    const others = placements.filter(
      (placement) => placement.serverId !== deleted && listed.includes(placement.serverId),
    );
    if (others.some((placement) => placement.guest?.vmid === vmid)) return true;
    const unseen = listed.filter((id) => id !== deleted && !others.some((placement) => placement.serverId === id));
    const connections = await Promise.all(unseen.map((id) => clusters.connectionsOf(id)));
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
    const { sources, signal } = this.context;
    const where = `runs on ${node}`;
    try {
      const uplinks = await nodeUplinks(sources, cluster, node, signal);
      if (uplinks.length === 0)
        return { where, unknown: `nothing says through which port the traffic of ${node} enters` };
      return { where, uplinks: uplinks.map(usablePorts).filter((ports) => ports.length > 0) };
    } catch (error) {
      if (signal.aborted || !(error instanceof PortwardenError)) throw error;
      return { where, unknown: error.message };
    }
  }
}

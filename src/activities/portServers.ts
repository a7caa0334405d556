import { PortwardenError, reportError } from '../domain/errors';
import type { ServerId } from '../domain/event';
import type { IpAddress } from '../domain/ip';
import { rememberedIps } from '../domain/location';
import type { Exclusion } from '../domain/outcome';
import type { DeviceId } from '../domain/port';
import { mergeIps } from '../domain/removals';
import type { AssignedIp, PanelServer, Placement } from '../domain/server';
import { nodeKey, type NodeSubject } from '../workflows/contract';
import type { GuestEntry, PortQuestion, PortServers } from './contract';
import type { ActivityDependencies } from './dependencies';
import { uplinkNodes } from './uplinkNodes';

type NodeQuestion = PortQuestion['nodes'][number];

/** Who is behind a port, before addresses are known. */
interface PortMembers {
  readonly question: PortQuestion;
  readonly dedicated: readonly { readonly serverId: ServerId; readonly placement?: Placement }[];
  readonly guests: readonly GuestMember[];
  readonly unreadNodes: readonly NodeSubject[];
}

interface GuestMember {
  readonly serverId: ServerId;
  readonly node: NodeQuestion;
  /** Absent when the panel no longer says which guest the server is. */
  readonly vmid?: number;
  readonly placement?: Placement;
}

/** What the panel's list says of servers. */
type Listing = Awaited<ReturnType<ActivityDependencies['panel']['getServersIps']>>;

/** Reads the servers behind the ports of one batch: members per port, one list call for all, then the answer per port. */
export class PortServersReader {
  constructor(
    private readonly deps: ActivityDependencies,
    private readonly device: DeviceId,
    private readonly signal: AbortSignal,
  ) {}

  async read(questions: readonly PortQuestion[]): Promise<PortServers[]> {
    const members = await Promise.all(questions.map((question) => this.isolate(question, () => this.membersOf(question))));
    const known = members.flatMap((member) => ('members' in member ? [member.members] : []));
    const ids = new Set(known.flatMap((m) => [...m.dedicated, ...m.guests].map((server) => server.serverId)));
    const listing = ids.size === 0 ? { found: new Map(), gone: [], failed: new Map() } : await this.deps.panel.getServersIps([...ids], this.signal);
    return Promise.all(
      members.map(async (member) => {
        if ('failed' in member) return member.failed;
        const answer = await this.isolate(member.members.question, () => this.answer(member.members, listing));
        return 'failed' in answer ? answer.failed : answer.members;
      }),
    );
  }

  /** A fault met while reading one port is that port's own; a list that all share, and cancellation, concern all. */
  private async isolate<T>(question: PortQuestion, read: () => Promise<T>): Promise<{ members: T } | { failed: PortServers }> {
    try {
      return { members: await read() };
    } catch (error) {
      if (this.signal.aborted) throw error;
      return { failed: { ...nobody(question), error: reportError(error) } };
    }
  }

  private async membersOf(question: PortQuestion): Promise<PortMembers> {
    const [placed, assigned, guests] = await Promise.all([
      this.deps.store.placements.listByPort(this.device, question.port),
      this.deps.panel.portAssignments(this.device, question.port, this.signal),
      Promise.all(question.nodes.map((node) => this.guestsOf(node, question))),
    ]);
    const asking = new Set(question.nodes.map(nodeKey));
    const feeding = uplinkNodes(this.deps, this.device, question.port, placed);
    const unreadNodes = feeding.filter((node) => !asking.has(nodeKey(node)));
    if (unreadNodes.length > 0) return { question, dedicated: [], guests: [], unreadNodes };
    const placements = new Map(placed.map((placement) => [placement.serverId, placement]));
    const asked = await Promise.all(
      question.serverIds.map(async (serverId) => ({ serverId, placement: placements.get(serverId) ?? (await this.deps.store.placements.get(serverId)) })),
    );
    const vms = new Set(guests.flat().map((guest) => guest.serverId));
    const ids = new Map<ServerId, Placement | undefined>();
    for (const { serverId, placement } of asked) ids.set(serverId, placement);
    for (const placement of placed) ids.set(placement.serverId, placement);
    for (const serverId of assigned) if (!ids.has(serverId)) ids.set(serverId, undefined);
    const dedicated = [...ids].flatMap(([serverId, placement]) =>
      vms.has(serverId) || placement?.kind === 'vm' ? [] : [{ serverId, ...(placement === undefined ? {} : { placement }) }],
    );
    return { question, dedicated, guests: guests.flat(), unreadNodes };
  }

  /** The panel's guests of one node: by remembered guest ids, and by the connections of those never seen before. */
  private async guestsOf(node: NodeQuestion, question: PortQuestion): Promise<GuestMember[]> {
    const [remembered, listed] = await Promise.all([
      this.deps.store.placements.listByCluster(node.cluster),
      this.deps.panel.vmServerIds(node.cluster, this.signal),
    ]);
    const here = new Set(node.vmids);
    const byServer = new Map(remembered.map((placement) => [placement.serverId, placement]));
    const unseen = [...new Set([...listed, ...question.serverIds])].filter((id) => !byServer.has(id));
    const looked = await Promise.all(
      unseen.map(async (serverId) => ({ serverId, hypervisor: (await this.deps.panel.connectionsOf(serverId, this.signal))?.hypervisor })),
    );
    const fresh = looked.flatMap(({ serverId, hypervisor }) =>
      hypervisor?.cluster === node.cluster && here.has(hypervisor.vmid) ? [{ serverId, node, vmid: hypervisor.vmid }] : [],
    );
    const placed = remembered.flatMap((placement): GuestMember[] => {
      const { guest } = placement;
      if (guest === undefined || !(here.has(guest.vmid) || guest.node === node.node)) return [];
      return [{ serverId: placement.serverId, node, vmid: guest.vmid, placement }];
    });
    return this.verified([...placed, ...fresh], node);
  }

  /** Asks the panel again about remembered guests that the cluster does not list or that several servers claim: guest ids are reused. */
  private async verified(members: readonly GuestMember[], node: NodeQuestion): Promise<GuestMember[]> {
    const listed = new Set([...node.vmids, ...node.guestNodes.map((guest) => guest.vmid)]);
    const doubtful = ({ vmid, placement }: GuestMember): boolean =>
      placement !== undefined && vmid !== undefined && (!listed.has(vmid) || members.filter((other) => other.vmid === vmid).length > 1);
    return Promise.all(
      members.map(async (member): Promise<GuestMember> => {
        if (!doubtful(member)) return member;
        const connections = await this.deps.panel.connectionsOf(member.serverId, this.signal);
        if (connections === undefined) return member;
        const { hypervisor } = connections;
        return hypervisor?.cluster === node.cluster ? { ...member, vmid: hypervisor.vmid } : withoutVmid(member);
      }),
    );
  }

  private async answer(members: PortMembers, listing: Listing): Promise<PortServers> {
    const { question, unreadNodes } = members;
    if (unreadNodes.length > 0) return { ...nobody(question), unreadNodes };
    const gone = new Set(listing.gone);
    for (const { serverId } of [...members.dedicated, ...members.guests]) {
      const failed = listing.failed.get(serverId);
      if (failed !== undefined) throw failed;
      if (!listing.found.has(serverId) && !gone.has(serverId)) throw contradiction(serverId, 'answers neither with it nor that it does not exist');
    }
    let explained = question.explainedIps;
    const explain = (ips: readonly IpAddress[]): void => { explained = mergeIps(explained, ips); };
    const goneHere = [...members.dedicated, ...members.guests].filter((server) => gone.has(server.serverId));
    for (const server of goneHere) if (question.serverIds.includes(server.serverId)) explain(server.placement?.ips ?? []);
    const dedicated = await this.dedicatedOf(members, listing, explain);
    const { entries, missing } = this.guestEntries(members, listing, explain);
    await this.remember(members, dedicated.servers, entries, listing);
    return {
      port: question.port,
      dedicated: dedicated.servers,
      guests: entries,
      removals: { named: explained, absent: absentIps(members, [...dedicated.servers, ...entries]) },
      missingGuests: [...dedicated.uncertain, ...missing],
      gone: goneHere.map((server) => server.serverId),
      ...(dedicated.unmet === undefined ? {} : { unmet: dedicated.unmet }),
    };
  }

  private async dedicatedOf(
    members: PortMembers,
    listing: Listing,
    explain: (ips: readonly IpAddress[]) => void,
  ): Promise<{ servers: PanelServer[]; uncertain: Exclusion[]; unmet?: NonNullable<PortServers['unmet']> }> {
    const servers: PanelServer[] = [];
    const uncertain: Exclusion[] = [];
    const refused: string[] = [];
    await Promise.all(
      members.dedicated.map(async ({ serverId, placement }) => {
        const listed = listing.found.get(serverId);
        if (listed === undefined) return;
        const connections = await this.deps.panel.connectionsOf(serverId, this.signal);
        if (connections === undefined) throw contradiction(serverId, 'lists it but has no connections of it');
        const { attachments, hypervisor } = connections;
        if (hypervisor !== undefined && attachments.length === 0) return;
        const here = attachments.filter((a) => a.device === this.device && a.port === members.question.port);
        if (here.some((a) => a.automated)) {
          servers.push({ serverId, name: listed.name, kind: 'dedicated', ips: listed.ips, ...connections });
        } else if (here.length > 0) {
          refused.push(listed.name);
        } else if (attachments.length === 0 || attachments.some((a) => a.device === this.device && a.port === undefined)) {
          const message = `the panel does not say to which port ${listed.name} is connected; its bindings stay as they are`;
          uncertain.push(...retained(members.question, listed, placement).map((ip): Exclusion => ({ ip, rule: 'port-unknown', message })));
        } else if (attachments.some((a) => a.automated)) {
          explain(addressesOf(listed, placement));
        }
      }),
    );
    servers.sort((a, b) => a.serverId - b.serverId);
    const configured = members.question.nodes.some((node) => {
      const uplink = this.deps.hypervisors.get(node.cluster)?.uplinks.get(node.node);
      return uplink?.device === this.device && uplink.port === members.question.port;
    });
    if (refused.length === 0 || servers.length > 0 || configured) return { servers, uncertain };
    const message = `the snmp_switch connection of ${refused.join(', ')} does not have switchAutomation: true`;
    return { servers, uncertain, unmet: { requirement: 'switch-automation', message } };
  }

  private guestEntries(
    members: PortMembers,
    listing: Listing,
    explain: (ips: readonly IpAddress[]) => void,
  ): { entries: GuestEntry[]; missing: Exclusion[] } {
    const entries: GuestEntry[] = [];
    const missing: Exclusion[] = [];
    for (const { serverId, node, vmid, placement } of members.guests) {
      const listed = listing.found.get(serverId);
      if (listed === undefined) continue;
      if (vmid !== undefined && node.vmids.includes(vmid)) {
        entries.push({ cluster: node.cluster, vmid, serverId, name: listed.name, ips: listed.ips });
        continue;
      }
      const elsewhere = node.guestNodes.find((guest) => guest.vmid === vmid)?.node;
      if (elsewhere !== undefined && elsewhere !== node.node) explain(addressesOf(listed, placement));
      else {
        const message = `guest ${vmid ?? placement?.guest?.vmid ?? '(unknown)'} of ${listed.name} is not listed by ${node.cluster}; its binding stays as it is`;
        missing.push(...retained(members.question, listed, placement).map((ip): Exclusion => ({ ip, rule: 'guest-not-found', message })));
      }
    }
    entries.sort((a, b) => a.vmid - b.vmid);
    return { entries, missing };
  }

  /** Keeps the placements up to date; a server found on another port than remembered makes the former port dirty. */
  private async remember(members: PortMembers, dedicated: readonly PanelServer[], guests: readonly GuestEntry[], listing: Listing): Promise<void> {
    const { question } = members;
    const here = { device: this.device, port: question.port };
    const former = new Map<ServerId, Placement | undefined>(
      [...members.dedicated, ...members.guests].map((server) => [server.serverId, server.placement]),
    );
    const nodeOf = new Map(members.guests.map((guest) => [guest.serverId, guest.node]));
    const current: Placement[] = [
      ...dedicated.map((server): Placement => {
        const ports = server.attachments.flatMap((a) => (a.automated && a.manageable && a.port !== undefined ? [{ device: a.device, port: a.port }] : []));
        return { serverId: server.serverId, kind: 'dedicated', ports, ips: rememberedIps(server.ips, former.get(server.serverId)) };
      }),
      ...guests.map((entry): Placement => {
        const node = nodeOf.get(entry.serverId)?.node ?? '';
        const guest = { cluster: entry.cluster, node, vmid: entry.vmid };
        return { serverId: entry.serverId, kind: 'vm', ports: [here], guest, ips: rememberedIps(entry.ips, former.get(entry.serverId)) };
      }),
    ];
    for (const placement of current) {
      const before = former.get(placement.serverId);
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(placement)) continue;
      await this.lookAtFormerPorts(before, placement, listing);
      await this.deps.store.placements.put(placement);
    }
  }

  private async lookAtFormerPorts(before: Placement | undefined, now: Placement, listing: Listing): Promise<void> {
    const left = (before?.ports ?? []).filter((port) => !now.ports.some((other) => other.device === port.device && other.port === port.port));
    const ips = [...(before?.ips ?? []), ...(listing.found.get(now.serverId)?.ips.map((assigned: AssignedIp) => assigned.ip) ?? [])];
    for (const { device, port } of left) {
      const nodes = before?.guest === undefined ? [] : [{ cluster: before.guest.cluster, node: before.guest.node }];
      await this.deps.enlister.enlist(device, { port, serverIds: [now.serverId], nodes, explainedIps: ips });
    }
  }
}

function withoutVmid({ serverId, node, placement }: GuestMember): GuestMember {
  return { serverId, node, ...(placement === undefined ? {} : { placement }) };
}

/** The answer for a port of which nothing is known. */
function nobody({ port, explainedIps }: PortQuestion): PortServers {
  return { port, dedicated: [], guests: [], removals: { named: explainedIps, absent: [] }, missingGuests: [], gone: [] };
}

/** Every address that the server has or was last seen with. */
function addressesOf(listed: { readonly ips: readonly AssignedIp[] }, placement: Placement | undefined): IpAddress[] {
  return [...new Set([...listed.ips.map((assigned) => assigned.ip), ...(placement?.ips ?? [])])];
}

/** Remembered addresses of the servers on the port that their own entries, read just now, no longer have. */
function absentIps(members: PortMembers, present: readonly { readonly serverId: ServerId; readonly ips: readonly AssignedIp[] }[]): readonly IpAddress[] {
  const held = new Set(present.flatMap((server) => server.ips.map((assigned) => assigned.ip)));
  const here = new Set(present.map((server) => server.serverId));
  const remembered = [...members.dedicated, ...members.guests].filter(({ serverId }) => here.has(serverId)).flatMap(({ placement }) => placement?.ips ?? []);
  return [...new Set(remembered)].filter((ip) => !held.has(ip));
}

/** The addresses of a server that may still be here; not those that an event has taken away meanwhile. */
function retained({ explainedIps }: PortQuestion, listed: { readonly ips: readonly AssignedIp[] }, placement: Placement | undefined): IpAddress[] {
  const still = new Set(listed.ips.map((assigned) => assigned.ip));
  return addressesOf(listed, placement).filter((ip) => still.has(ip) || !explainedIps.includes(ip));
}

/** A partial answer must not read as "this server has nothing": the port is asked about again. */
function contradiction(serverId: ServerId, what: string): PortwardenError {
  return new PortwardenError('panel-invalid-answer', `The panel was asked about server ${serverId} and ${what}`);
}

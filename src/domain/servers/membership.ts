import type { ServerId } from '../event/event';
import { compareIps, type IpAddress } from '../values/ip';
import type { Exclusion, ExclusionRule, Requirement } from '../change/outcome';
import { addressesOf, placedAt, rememberedIps, type PlacementNote } from './placement';
import { samePort, type PortRef } from '../values/port';
import type { JustifiedRemovals } from '../change/removals';
import type { Elsewhere, GuestFacts, PanelEntry, PortFacts, ServerFacts } from './portFacts';
import type { AssignedIp, PanelServer, Placement, SwitchAttachment } from './server';

/** A guest behind the port. */
export interface GuestMember {
  readonly cluster: string;
  readonly vmid: number;
  readonly serverId: ServerId;
  readonly name: string;
  readonly ips: readonly AssignedIp[];
}

/** Who is behind a port, and what follows. */
export interface Membership {
  readonly dedicated: readonly PanelServer[];
  readonly guests: readonly GuestMember[];
  readonly removals: JustifiedRemovals;
  /** Addresses whose bindings stay because of a doubt, with the doubt. */
  readonly retained: readonly Exclusion[];
  /** Servers whose deletion is confirmed and takes effect here. */
  readonly gone: readonly ServerId[];
  /** Servers whose deletion an event says, and that hypervisor or panel contradict. */
  readonly openDeletions: readonly ServerId[];
  readonly unmet?: { readonly requirement: Requirement; readonly message: string };
  /** Ports to which servers went from here, and that no pass has proven yet: they come first. */
  readonly next: readonly (PortRef & {
    readonly serverId: ServerId;
    readonly node?: { readonly cluster: string; readonly node: string };
  })[];
  /** What to remember once the pass is proven. */
  readonly notes: readonly PlacementNote[];
}

/** Whether portwarden can bind on an attachment. */
export function isUsable(
  attachment: SwitchAttachment,
): attachment is SwitchAttachment & { port: NonNullable<SwitchAttachment['port']> } {
  return attachment.automated && attachment.manageable && attachment.port !== undefined;
}

/**
 * Decides who is behind a port, from facts that were read in this pass. A removal needs a justification; whatever is
 * in doubt stays and is reported.
 */
export function membersOf(facts: PortFacts): Membership {
  const judge = new MembershipJudge(facts);
  for (const server of [...facts.servers].sort((a, b) => a.serverId - b.serverId)) judge.consider(server);
  return judge.verdict();
}

/** Addresses that a server was remembered with and that its own entry, read whole, no longer has. An empty entry is no answer. */
export function vanishedIps(
  { entry, placement }: ServerFacts,
  explainedIps: readonly IpAddress[],
): readonly IpAddress[] {
  if (entry.state !== 'found' || entry.ips.length === 0) return [];
  const listed = new Set(entry.ips.map((assigned) => assigned.ip));
  return addressesOf(placement).filter((ip) => !listed.has(ip) && !explainedIps.includes(ip));
}

type Found = ServerFacts & { readonly entry: Extract<PanelEntry, { state: 'found' }> };

class MembershipJudge {
  private readonly dedicated: PanelServer[] = [];
  private readonly guests: GuestMember[] = [];
  private readonly named: Set<IpAddress>;
  private readonly absent = new Set<IpAddress>();
  private readonly retained = new Map<IpAddress, Exclusion>();
  private readonly gone: ServerId[] = [];
  private readonly openDeletions: ServerId[] = [];
  private readonly refused: string[] = [];
  private readonly next: Membership['next'][number][] = [];
  private readonly notes: PlacementNote[] = [];

  constructor(private readonly facts: PortFacts) {
    this.named = new Set(facts.explainedIps);
  }

  consider(server: ServerFacts): void {
    const { entry } = server;
    if (entry.state === 'uncertain' && this.facts.deletedServerIds.includes(server.serverId))
      this.openDeletions.push(server.serverId);
    if (entry.state === 'gone') this.considerGone(server);
    else if (entry.state === 'uncertain')
      this.retain(
        server,
        this.rememberedHere(server),
        'server-unreadable',
        `${nameOf(server)} could not be read for certain (${entry.why}); its bindings stay as they are`,
      );
    else if (server.guest !== undefined) this.considerGuest({ ...server, entry }, server.guest);
    else this.considerDedicated({ ...server, entry });
  }

  verdict(): Membership {
    const { facts, refused } = this;
    const skipped = refused.length > 0 && this.dedicated.length === 0 && !facts.isUplink;
    const message = `the snmp_switch connection of ${refused.join(', ')} does not have switchAutomation: true`;
    return {
      dedicated: this.dedicated,
      guests: this.guests.sort((a, b) => a.vmid - b.vmid),
      removals: {
        named: [...this.named].filter((ip) => !this.retained.has(ip)).sort(compareIps),
        absent: [...this.absent].filter((ip) => !this.named.has(ip) && !this.retained.has(ip)).sort(compareIps),
      },
      retained: [...this.retained.values()].sort((a, b) => compareIps(a.ip, b.ip)),
      gone: this.gone,
      openDeletions: this.openDeletions,
      next: skipped ? [] : this.next,
      notes: this.notes,
      ...(skipped ? { unmet: { requirement: 'switch-automation', message } } : {}),
    };
  }

  /** Only a deletion that an event says, and that hypervisor and panel confirm, takes what the server had. */
  private considerGone(server: ServerFacts): void {
    const { serverId, placement, guest } = server;
    const had = this.rememberedHere(server);
    if (!this.facts.deletedServerIds.includes(serverId)) {
      this.retain(
        server,
        had,
        'server-gone',
        `the panel no longer has server ${serverId}, but no server_deleted says so; its bindings stay until one does`,
      );
      return;
    }
    if (guest?.node !== undefined && !this.isClaimedByAnother(server)) {
      this.retain(
        server,
        had,
        'guest-still-runs',
        `server ${serverId} is deleted in the panel, but ${guest.cluster} still has its guest ${guest.vmid ?? ''} on ${guest.node}; its bindings stay while it does`,
      );
      this.openDeletions.push(serverId);
      return;
    }
    for (const ip of addressesOf(placement)) this.named.add(ip);
    this.gone.push(serverId);
    if (placement !== undefined) this.notes.push({ serverId, kind: placement.kind, at: 'deleted', ips: [] });
  }

  private considerDedicated(server: Found): void {
    const { serverId, entry, placement } = server;
    const { here } = this.facts;
    if (entry.connections === 'missing' || entry.connections === undefined) {
      this.retain(
        server,
        this.wholeOf(server),
        'server-unreadable',
        `the panel lists ${nameOf(server)} but answers that it has no connections of it; its bindings stay as they are`,
      );
      return;
    }
    const { attachments, hypervisor } = entry.connections;
    if (hypervisor !== undefined && attachments.length === 0) {
      if (placedAt(placement, here) !== undefined)
        this.retain(
          server,
          this.wholeOf(server),
          'guest-not-found',
          `${nameOf(server)} is a VM now, and nothing says on which node; its bindings stay as they are`,
        );
      return;
    }
    const onPort = attachments.filter(
      (attachment) =>
        attachment.port !== undefined && samePort({ device: attachment.device, port: attachment.port }, here),
    );
    if (onPort.some((attachment) => attachment.automated)) {
      this.dedicated.push({ serverId, name: entry.name, kind: 'dedicated', ips: entry.ips, ...entry.connections });
      this.dropVanished(server);
      this.notes.push({
        serverId,
        kind: 'dedicated',
        at: 'here',
        ports: attachments.filter(isUsable).map(({ device, port }) => ({ device, port })),
        ips: rememberedIps(entry.ips, placement),
      });
    } else if (onPort.length > 0) {
      this.refused.push(entry.name);
    } else if (placedAt(placement, here) !== undefined) {
      this.considerUnplugged(server, attachments);
    }
  }

  /** A dedicated server that was here. Its bindings follow it only to a port that its own entry names. */
  private considerUnplugged(server: Found, attachments: readonly SwitchAttachment[]): void {
    const { here } = this.facts;
    const ports = attachments.filter(isUsable).map(({ device, port }) => ({ device, port }));
    const unknown = attachments.filter((attachment) => attachment.port === undefined);
    if (
      attachments.length === 0 ||
      unknown.some((attachment) => attachment.device === here.device) ||
      (unknown.length > 0 && ports.length === 0)
    ) {
      this.retain(
        server,
        this.wholeOf(server),
        'port-unknown',
        `the panel does not say to which port ${nameOf(server)} is connected; its bindings stay as they are`,
      );
      return;
    }
    if (ports.length > 0) {
      this.moveAway(server, { where: `is connected to ${describePorts(ports)}`, ports });
      return;
    }
    // Its port is not portwarden's to bind on, so there is nothing to wait for: the panel's word is judged by the guards.
    for (const ip of this.wholeOf(server)) {
      if (server.entry.ips.some((assigned) => assigned.ip === ip)) this.absent.add(ip);
      else if (server.entry.ips.length > 0) this.dropAbsent(server, ip);
    }
    this.notes.push({ serverId: server.serverId, kind: 'dedicated', at: 'left', ips: [] });
  }

  private considerGuest(server: Found, guest: GuestFacts): void {
    const { serverId, entry, placement } = server;
    const { cluster, vmid, node } = guest;
    if (vmid === undefined || node === undefined) {
      if (this.wasHere(server))
        this.retain(
          server,
          this.wholeOf(server),
          'guest-not-found',
          `guest ${vmid ?? placement?.guest?.vmid ?? '(unknown)'} of ${nameOf(server)} is not listed by ${cluster}; its bindings stay as they are`,
        );
      return;
    }
    if (!this.facts.nodes.some((feeding) => feeding.cluster === cluster && feeding.node === node)) {
      if (placedAt(placement, this.facts.here) !== undefined)
        this.moveAway(
          server,
          server.elsewhere ?? { where: `runs on ${node}`, unknown: 'nothing says where its traffic enters' },
        );
      return;
    }
    const first = this.claimants(cluster, vmid)[0];
    if (first !== undefined && first.serverId !== serverId) {
      const message = `${nameOf(first)} (server ${first.serverId}) and ${nameOf(server)} (server ${serverId}) both claim guest ${vmid} of ${cluster}; only the former is bound, and nothing of either is removed`;
      this.retain(server, this.wholeOf(server), 'guest-claimed-twice', message);
      return;
    }
    this.guests.push({ cluster, vmid, serverId, name: entry.name, ips: entry.ips });
    if (this.isClaimedByAnother(server))
      this.retain(
        server,
        vanishedIps(server, this.facts.explainedIps),
        'guest-claimed-twice',
        `several servers claim guest ${vmid} of ${cluster}; nothing of them is removed`,
      );
    else this.dropVanished(server);
    this.notes.push({
      serverId,
      kind: 'vm',
      at: 'here',
      guest: { cluster, node, vmid },
      ips: rememberedIps(entry.ips, placement),
    });
  }

  private wasHere({ placement }: ServerFacts): boolean {
    if (placedAt(placement, this.facts.here) !== undefined) return true;
    return this.facts.nodes.some(
      (node) => node.cluster === placement?.guest?.cluster && node.node === placement.guest.node,
    );
  }

  /** What may be bound here for a server that cannot be asked, but not what an event has taken away. */
  private rememberedHere(server: ServerFacts): readonly IpAddress[] {
    return this.wasHere(server)
      ? addressesOf(server.placement).filter((ip) => !this.facts.explainedIps.includes(ip))
      : [];
  }

  /** A server whose traffic enters elsewhere now: what is bound here goes once every port it has now is proven to have it. */
  private moveAway(server: Found, elsewhere: Elsewhere): void {
    const { serverId, entry, placement } = server;
    const name = nameOf(server);
    const listed = new Set(entry.ips.map((assigned) => assigned.ip));
    if ('unknown' in elsewhere || elsewhere.ports.length === 0) {
      const why = 'unknown' in elsewhere ? elsewhere.unknown : 'no port of it there is automated';
      this.retain(
        server,
        this.wholeOf(server),
        'moved',
        `${name} ${elsewhere.where} now, but ${why}; its bindings stay here`,
      );
      return;
    }
    for (const ip of this.wholeOf(server)) {
      const missing = elsewhere.ports.filter((port) => !isProven(placement, port, ip));
      if (!listed.has(ip) && entry.ips.length > 0) this.dropAbsent(server, ip);
      else if (missing.length === 0) this.named.add(ip);
      else
        this.retain(
          server,
          [ip],
          'moved',
          `${name} ${elsewhere.where} now; ${ip} stays here until ${describePorts(missing)} has it`,
        );
    }
    const node =
      server.guest?.node === undefined ? {} : { node: { cluster: server.guest.cluster, node: server.guest.node } };
    for (const port of elsewhere.ports) if (!isPassed(placement, port)) this.next.push({ ...port, serverId, ...node });
    this.notes.push({ serverId, kind: server.guest === undefined ? 'dedicated' : 'vm', at: 'left', ips: [] });
  }

  private dropVanished(server: Found): void {
    for (const ip of vanishedIps(server, this.facts.explainedIps)) this.dropAbsent(server, ip);
  }

  /** The server's own entry no longer has the address: it may go when nobody else's has it. */
  private dropAbsent(server: Found, ip: IpAddress): void {
    const { holders, unread } = this.facts.holders;
    const others = (holders.get(ip) ?? []).filter((id) => id !== server.serverId);
    const unsure = unread.filter((id) => id !== server.serverId);
    if (others.length > 0) {
      this.retain(
        server,
        [ip],
        'assigned-elsewhere',
        `${ip} is no longer assigned to ${nameOf(server)} but to server ${others.join(', ')}, and no ip_removed says so; its binding here stays until one does`,
      );
    } else if (unsure.length > 0) {
      this.retain(
        server,
        [ip],
        'assigned-elsewhere',
        `${ip} is no longer assigned to ${nameOf(server)}, but the panel's list does not say for certain what server ${unsure.slice(0, 3).join(', ')} has; its binding stays`,
      );
    } else {
      this.absent.add(ip);
    }
  }

  /** Servers that claim one guest, the earlier claim first: what was proven here, then what is remembered, then the older entry. */
  private claimants(cluster: string, vmid: number): ServerFacts[] {
    const rank = ({ placement }: ServerFacts): number => {
      if (placement?.guest?.cluster !== cluster || placement.guest.vmid !== vmid) return 2;
      return placement.ports.some((port) => (port.bound ?? []).length > 0) ? 0 : 1;
    };
    return this.facts.servers
      .filter(({ entry, guest }) => entry.state === 'found' && guest?.cluster === cluster && guest.vmid === vmid)
      .sort((a, b) => rank(a) - rank(b) || a.serverId - b.serverId);
  }

  private isClaimedByAnother({ serverId, guest }: ServerFacts): boolean {
    return (
      guest?.vmid !== undefined &&
      this.claimants(guest.cluster, guest.vmid).some((other) => other.serverId !== serverId)
    );
  }

  /** Every address that the server has or may be bound with, but not those that an event has taken away meanwhile. */
  private wholeOf({ entry, placement }: Found): IpAddress[] {
    const listed = entry.ips.filter((assigned) => !assigned.isSubnet).map((assigned) => assigned.ip);
    return [...new Set([...listed, ...addressesOf(placement).filter((ip) => !this.facts.explainedIps.includes(ip))])];
  }

  private retain({ serverId }: ServerFacts, ips: readonly IpAddress[], rule: ExclusionRule, message: string): void {
    for (const ip of ips) if (!this.retained.has(ip)) this.retained.set(ip, { ip, rule, message, serverId });
  }
}

/** Whether a pass over the port has read the address back, and the server has not left it since. */
function isProven(placement: Placement | undefined, port: PortRef, ip: IpAddress): boolean {
  const placed = placedAt(placement, port);
  return placed?.left !== true && placed?.bound?.includes(ip) === true;
}

function isPassed(placement: Placement | undefined, port: PortRef): boolean {
  const placed = placedAt(placement, port);
  return placed?.bound !== undefined && placed.left !== true;
}

function nameOf({ serverId, entry }: ServerFacts): string {
  return entry.state === 'found' ? entry.name : `server ${serverId}`;
}

function describePorts(ports: readonly PortRef[]): string {
  return ports.map(({ device, port }) => `${device} ${port}`).join(' and ');
}

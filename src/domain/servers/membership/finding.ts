import type { Exclusion, ExclusionRule } from '../../change/outcome';
import type { ServerId } from '../../event/event';
import type { Cidr, IpAddress } from '../../values/ip';
import type { PortRef } from '../../values/port';
import type { PlacementNote } from '../placement';
import type { PanelEntry, ServerFacts } from '../portFacts';
import type { AssignedIp, PanelServer } from '../server';

/** A guest behind the port. */
export interface GuestMember {
  readonly cluster: string;
  readonly vmid: number;
  readonly serverId: ServerId;
  readonly name: string;
  readonly ips: readonly AssignedIp[];
}

/** A port to which a server went, and that no pass has proven yet. */
export interface NextPort extends PortRef {
  readonly serverId: ServerId;
  readonly node?: { readonly cluster: string; readonly node: string };
}

/** What the rules find about one server at a port. Whatever is absent does not follow from it. */
export interface Finding {
  /** It is behind the port, and bound there. */
  readonly dedicated?: PanelServer;
  readonly guest?: GuestMember;
  /** Addresses that may go, exempt from the guards. */
  readonly named?: readonly IpAddress[];
  /** Addresses that may go within the guards. */
  readonly absent?: readonly IpAddress[];
  /** Whole subnets of which what is bound inside may go within the guards. */
  readonly absentRanges?: readonly Cidr[];
  /** Addresses that stay, each with its doubt. They win over every justification of the same port. */
  readonly retained?: readonly Exclusion[];
  /** An event says that it was deleted, and panel or hypervisor contradict that. */
  readonly isDeletionOpen?: true;
  /** It is on the port, but its connection is not automated. */
  readonly isNotAutomated?: true;
  readonly next?: readonly NextPort[];
  /** After so many milliseconds the port is to be looked at again, because something may go then. */
  readonly againAfterMs?: number;
  readonly note?: PlacementNote;
}

/** A server whose own panel entry was read whole. */
export type FoundServer = ServerFacts & { readonly entry: Extract<PanelEntry, { state: 'found' }> };

/** Addresses that stay because of a doubt about their server. */
export function retain(
  { serverId }: ServerFacts,
  ips: readonly IpAddress[],
  rule: ExclusionRule,
  message: string,
): readonly Exclusion[] {
  return ips.map((ip) => ({ ip, rule, message, serverId }));
}

/** A server as messages call it. */
export function nameOf({ serverId, entry }: ServerFacts): string {
  return entry.state === 'found' ? entry.name : `server ${serverId}`;
}

/** Ports as messages list them. */
export function describePorts(ports: readonly PortRef[]): string {
  return ports.map(({ device, port }) => `${device} ${port}`).join(' and ');
}

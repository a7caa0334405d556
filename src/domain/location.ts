import type { IpAddress } from './ip';
import type { Requirement } from './outcome';
import type { PortSecurityEvent, ServerId } from './event';
import type { PortRef } from './port';
import type { AssignedIp, PanelServer, Placement, SwitchAttachment } from './server';

/** What the panel and the store know of the server that an event names. */
export interface ServerReport {
  readonly serverId: ServerId;
  /** Absent when the panel answers that it does not exist. */
  readonly server?: PanelServer;
  /** Where it was last seen. */
  readonly placement?: Placement;
  /** The report in one sentence, for people who read the history. */
  readonly summary: string;
}

/** Where a guest is now and through which ports its node's traffic enters. */
export interface GuestLocation {
  readonly cluster: string;
  readonly vmid: number;
  /** Absent when the cluster lists no such guest. */
  readonly node?: string;
  readonly migrating: boolean;
  /** The node's uplinks: from the configuration, else from the node's own panel entry. */
  readonly uplinks: readonly SwitchAttachment[];
  readonly summary: string;
}

/** A port that an event makes dirty. */
export interface DirtyTarget extends PortRef {
  readonly serverIds: readonly ServerId[];
  readonly nodes: readonly { readonly cluster: string; readonly node: string }[];
  readonly explainedIps: readonly IpAddress[];
}

/** Either the ports to look at, or the requirement that does not hold. */
export type Location =
  | { readonly targets: readonly DirtyTarget[]; readonly placement?: Placement }
  | { readonly requirement: Requirement; readonly message: string }
  | { readonly nothingKnown: string };

/**
 * Decides which ports an event makes dirty. A server that moved makes its former ports dirty too.
 * @param guest present for VMs, when the hypervisor could be asked.
 */
export function locate(event: PortSecurityEvent, report: ServerReport, guest?: GuestLocation): Location {
  const former = formerTargets(event, report);
  if (report.server === undefined) return locateGone(event, report, guest, former);
  const attachments = report.server.kind === 'vm' ? (guest?.uplinks ?? []) : report.server.attachments;
  const unmet = unmetRequirement(attachments, report.server, guest);
  if (unmet !== undefined) {
    return former.length > 0 && unmet.requirement === 'switch-connection' ? { targets: former.map((target) => explainedBy(event, target)) } : unmet;
  }
  const usable = attachments.flatMap((a) => (isUsable(a) ? [{ device: a.device, port: a.port }] : []));
  const nodes = nodesOf(report.server.kind === 'vm' ? guest : undefined);
  const explainedIps = event.action === 'ip_removed' ? event.ips : [];
  const targets = usable.map((ref) => ({ ...ref, serverIds: [event.serverId], nodes, explainedIps }));
  return { targets: [...targets, ...former.filter((f) => !targets.some((t) => samePort(t, f)))], placement: placementOf(report.server, usable, guest, report.placement) };
}

function locateGone(event: PortSecurityEvent, report: ServerReport, guest: GuestLocation | undefined, former: readonly DirtyTarget[]): Location {
  const now = (guest?.uplinks ?? []).flatMap((a) => (isUsable(a) ? [{ device: a.device, port: a.port }] : []));
  const explainedIps = report.placement?.ips ?? [];
  const current = now.map((ref) => ({ ...ref, serverIds: [event.serverId], nodes: nodesOf(guest), explainedIps }));
  const targets = [...current, ...former.filter((f) => !current.some((t) => samePort(t, f)))];
  if (targets.length > 0) return { targets };
  return { nothingKnown: `The panel has no server ${event.serverId} and no port of it is remembered: there is nothing to change` };
}

function formerTargets(event: PortSecurityEvent, report: ServerReport): readonly DirtyTarget[] {
  const { placement } = report;
  if (placement === undefined) return [];
  const node = placement.guest;
  return placement.ports.map((ref) => ({
    ...ref,
    serverIds: [event.serverId],
    nodes: node === undefined ? [] : [{ cluster: node.cluster, node: node.node }],
    explainedIps: [...placement.ips, ...event.ips],
  }));
}

/** A connection that is missing now is no proof of a move: only what the event itself removes is explained. */
function explainedBy(event: PortSecurityEvent, target: DirtyTarget): DirtyTarget {
  return { ...target, explainedIps: event.action === 'ip_removed' ? event.ips : [] };
}

function nodesOf(guest: GuestLocation | undefined): { cluster: string; node: string }[] {
  return guest?.node === undefined ? [] : [{ cluster: guest.cluster, node: guest.node }];
}

function isUsable(attachment: SwitchAttachment): attachment is SwitchAttachment & { port: NonNullable<SwitchAttachment['port']> } {
  return attachment.automated && attachment.manageable && attachment.port !== undefined;
}

function samePort(a: PortRef, b: PortRef): boolean {
  return a.device === b.device && a.port === b.port;
}

function unmetRequirement(
  attachments: readonly SwitchAttachment[],
  server: PanelServer,
  guest: GuestLocation | undefined,
): { requirement: Requirement; message: string } | undefined {
  const whose = server.kind === 'vm' ? `node ${guest?.node ?? '(unknown)'} of ${server.name}` : server.name;
  if (attachments.length === 0) {
    return { requirement: 'switch-connection', message: `${whose} has no snmp_switch connection in the panel` };
  }
  const automated = attachments.filter((a) => a.automated);
  if (automated.length === 0) {
    return { requirement: 'switch-automation', message: `the snmp_switch connection of ${whose} does not have switchAutomation: true` };
  }
  const manageable = automated.filter((a) => a.manageable);
  if (manageable.length === 0) {
    return { requirement: 'switch-credentials', message: `the switch of ${whose} has no management user and password` };
  }
  if (manageable.every((a) => a.port === undefined)) {
    return { requirement: 'switch-connection', message: `the panel's switch does not have the port that the connection of ${whose} names` };
  }
  return undefined;
}

/**
 * The addresses to remember of a server. An empty answer is no intent: the last ones known stay, so that a later
 * deletion or move can still say which bindings were the server's.
 */
export function rememberedIps(now: readonly AssignedIp[], before: Placement | undefined): readonly IpAddress[] {
  return now.length === 0 ? (before?.ips ?? []) : now.map((assigned) => assigned.ip);
}

function placementOf(server: PanelServer, ports: readonly PortRef[], guest: GuestLocation | undefined, before: Placement | undefined): Placement {
  const base = { serverId: server.serverId, kind: server.kind, ports, ips: rememberedIps(server.ips, before) };
  if (server.kind !== 'vm' || guest?.node === undefined) return base;
  return { ...base, guest: { cluster: guest.cluster, node: guest.node, vmid: guest.vmid } };
}

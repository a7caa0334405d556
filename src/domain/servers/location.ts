import type { PortSecurityEvent, ServerId } from '../event/event';
import { usablePorts } from './attachments';
import type { Requirement } from '../change/outcome';
import type { PortRequest } from './portRequest';
import { nodeAt, placedAt, rememberedIps } from './placement';
import { samePort, type PortRef } from '../values/port';
import type { PanelServer, PlacedPort, Placement, SwitchAttachment } from './server';
import { covers } from '../values/ip';

/** What the panel and the store know of the server that an event names. */
export interface ServerReport {
  readonly serverId: ServerId;
  /** Absent when the panel answers that it does not exist, or contradicts itself. */
  readonly server?: PanelServer;
  /** How the panel contradicts itself about the server. */
  readonly contradiction?: string;
  /** Where it was last seen. */
  readonly placement?: Placement;
  /** When it was begun, by the store's clock in Unix milliseconds. */
  readonly readAt?: number;
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
  /** Those of them that the guest's NICs enter through, where that is certain and not all. */
  readonly ofNics?: readonly SwitchAttachment[];
  /** Its own NICs as ports, where something enforces there too. Absent: nothing does. */
  readonly ownPorts?: readonly PortRef[];
  readonly summary: string;
}

/** A port that an event makes dirty. */
export interface DirtyTarget extends PortRef, PortRequest {}

/** A requirement that does not hold, and why. */
export interface UnmetRequirement {
  readonly requirement: Requirement;
  readonly message: string;
}

/** Either the ports to look at, or the requirement that does not hold. */
export type Location =
  | {
      readonly targets: readonly DirtyTarget[];
      /** Ports that the server has left. They are looked at after the others: what is bound there goes last. */
      readonly former: readonly DirtyTarget[];
      readonly placement?: Placement;
      /** Why nothing of the server may be removed for this event though it asks for it, or why it cannot be what it says. */
      readonly contradiction?: string;
      /** The requirement that does not hold for the uplink, while the guest's own ports are looked at. */
      readonly unmet?: UnmetRequirement;
    }
  | UnmetRequirement
  | { readonly nothingKnown: string };

/**
 * Decides which ports an event makes dirty. A server that moved makes its former ports dirty too.
 * @param guest present for VMs, when the hypervisor could be asked.
 */
export function locate(event: PortSecurityEvent, report: ServerReport, guest?: GuestLocation): Location {
  if (report.server === undefined) return locateAbsent(event, report, guest);
  // What is taken away may be bound at any uplink of the node, by an earlier configuration of the guest or by hand; what
  // comes is bound only where a NIC enters, and a port at which nothing of the server is bound needs no look for it.
  const ofNics = event.action === 'ip_assigned' ? guest?.ofNics : undefined;
  const attachments = report.server.kind === 'vm' ? (ofNics ?? guest?.uplinks ?? []) : report.server.attachments;
  const unmet = unmetRequirement(attachments, report.server, guest);
  const former = formerTargets(event, report).filter(
    (target) => ofNics === undefined || !isEmptyUplink(target, guest, report.placement),
  );
  const contradiction =
    event.action === 'server_deleted'
      ? {
          contradiction: `the event says that server ${event.serverId} was deleted, but the panel still has it; nothing is removed for it`,
        }
      : {};
  const own = report.server.kind === 'vm' ? (guest?.ownPorts ?? []) : [];
  if (unmet !== undefined && own.length === 0) {
    if (unmet.requirement === 'switch-connection' && former.length > 0)
      return { targets: former, former: [], ...contradiction };
    return { ...unmet, message: `${unmet.message}${stays(attachments, report.placement)}` };
  }
  const usable = unmet === undefined ? usablePorts(attachments) : [];
  const nodes = nodesOf(report.server.kind === 'vm' ? guest : undefined);
  const targets = [...usable, ...own].map((ref) => ({ ...ref, ...asking(event, report), nodes }));
  return {
    targets,
    former: former.filter((f) => !targets.some((t) => samePort(t, f))),
    placement: placementOf(report.server, usable, guest, report),
    ...contradiction,
    ...(unmet === undefined ? {} : { unmet }),
  };
}

/** Whether a port is an uplink of the guest's node at which the last proven pass read nothing of the server back. */
function isEmptyUplink(ref: PortRef, guest: GuestLocation | undefined, placement: Placement | undefined): boolean {
  const isUplink = (guest?.uplinks ?? []).some(
    ({ device, port }) => port !== undefined && samePort({ device, port }, ref),
  );
  return isUplink && placedAt(placement, ref)?.bound?.length === 0;
}

/** The panel has no such server, or contradicts itself. */
function locateAbsent(event: PortSecurityEvent, report: ServerReport, guest: GuestLocation | undefined): Location {
  const former = formerTargets(event, report);
  const current = [...usablePorts(guest?.uplinks ?? []), ...(guest?.ownPorts ?? [])].map((ref) => ({
    ...ref,
    ...asking(event, report),
    nodes: nodesOf(guest),
  }));
  const targets = [...current, ...former.filter((f) => !current.some((t) => samePort(t, f)))];
  if (targets.length === 0)
    return {
      nothingKnown: `The panel has no server ${event.serverId} and no port of it is remembered: there is nothing to change`,
    };
  const contradiction = report.contradiction ?? contradictionOf(event, report);
  return { targets, former: [], ...(contradiction === undefined ? {} : { contradiction }) };
}

/** How an event about a server that the panel does not have contradicts what else is known. */
function contradictionOf(event: PortSecurityEvent, report: ServerReport): string | undefined {
  if (event.action === 'server_deleted') return undefined;
  const remain = (report.placement?.ips ?? []).filter((ip) => event.action === 'ip_assigned' || !covers(event.ips, ip));
  if (event.action === 'ip_removed' && remain.length === 0) return undefined;
  return `the panel no longer has server ${event.serverId}, but the event is ${event.action}; its other bindings stay until a server_deleted says that it is gone`;
}

/** What an event knows for a coordinator. Only `ip_removed` takes its addresses away, only a deletion that the panel confirms takes the server. */
function asking(
  event: PortSecurityEvent,
  report: ServerReport,
): Pick<DirtyTarget, 'serverIds' | 'explainedIps' | 'deletedServerIds'> {
  const isDeleted =
    event.action === 'server_deleted' && report.server === undefined && report.contradiction === undefined;
  return {
    serverIds: [event.serverId],
    explainedIps: event.action === 'ip_removed' ? event.ips : [],
    deletedServerIds: isDeleted ? [event.serverId] : [],
  };
}

function formerTargets(event: PortSecurityEvent, report: ServerReport): readonly DirtyTarget[] {
  const { placement } = report;
  if (placement === undefined) return [];
  return placement.ports.map(({ device, port }) => {
    const node = nodeAt(placement, { device, port });
    return { device, port, ...asking(event, report), nodes: node === undefined ? [] : [node] };
  });
}

/** What a requirement that does not hold means for the ports where the server was. */
function stays(attachments: readonly SwitchAttachment[], placement: Placement | undefined): string {
  const left = (placement?.ports ?? []).filter(
    (port) => !attachments.some((a) => a.device === port.device && a.port === port.port),
  );
  return left.length === 0
    ? ''
    : `; its bindings on ${left.map(({ device, port }) => `${device} ${port}`).join(' and ')} stay as they are`;
}

function nodesOf(guest: GuestLocation | undefined): { cluster: string; node: string }[] {
  return guest?.node === undefined ? [] : [{ cluster: guest.cluster, node: guest.node }];
}

function unmetRequirement(
  attachments: readonly SwitchAttachment[],
  server: PanelServer,
  guest: GuestLocation | undefined,
): UnmetRequirement | undefined {
  const whose = server.kind === 'vm' ? `node ${guest?.node ?? '(unknown)'} of ${server.name}` : server.name;
  if (attachments.length === 0) {
    return { requirement: 'switch-connection', message: `${whose} has no snmp_switch connection in the panel` };
  }
  const automated = attachments.filter((a) => a.automated);
  if (automated.length === 0) {
    return {
      requirement: 'switch-automation',
      message: `the snmp_switch connection of ${whose} does not have switchAutomation: true`,
    };
  }
  const manageable = automated.filter((a) => a.manageable);
  if (manageable.length === 0) {
    return { requirement: 'switch-credentials', message: `the switch of ${whose} has no management user and password` };
  }
  if (manageable.every((a) => a.port === undefined)) {
    return {
      requirement: 'switch-connection',
      message: `the panel's switch does not have the port that the connection of ${whose} names`,
    };
  }
  return undefined;
}

function placementOf(
  server: PanelServer,
  refs: readonly PortRef[],
  guest: GuestLocation | undefined,
  { placement: before, readAt }: Pick<ServerReport, 'placement' | 'readAt'>,
): Placement {
  const node = server.kind === 'vm' ? guest?.node : undefined;
  const own = node === undefined ? [] : (guest?.ownPorts ?? []);
  const ports = [
    ...refs.map((ref): PlacedPort => ({ ...ref, ...(node === undefined ? {} : { node }) })),
    ...own.map((ref): PlacedPort => ({ ...ref, own: true })),
  ];
  const expected: Placement = {
    serverId: server.serverId,
    kind: server.kind,
    ports,
    ips: rememberedIps(server.ips, before),
    ...(readAt === undefined ? {} : { seenAt: readAt }),
  };
  return node === undefined || guest === undefined
    ? expected
    : { ...expected, guest: { cluster: guest.cluster, node, vmid: guest.vmid } };
}

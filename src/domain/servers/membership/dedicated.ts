import { samePort } from '../../values/port';
import { usablePorts } from '../attachments';
import { placedAt, rememberedIps } from '../placement';
import type { PortFacts } from '../portFacts';
import type { SwitchAttachment } from '../server';
import { absenceOf, rangesOf, vanishedFrom } from './absence';
import { describePorts, nameOf, retain, type Finding, type FoundServer } from './finding';
import { holds, wholeOf } from './heldAddresses';
import { moveFinding } from './move';

/** A server that the panel does not call a guest: its own connections say whether it is behind the port. */
export function dedicatedFinding(server: FoundServer, facts: PortFacts): Finding {
  const { serverId, entry, placement } = server;
  const { here } = facts;
  if (entry.connections === 'missing' || entry.connections === undefined) {
    const message = `the panel lists ${nameOf(server)} but answers that it has no connections of it; its bindings stay as they are`;
    return { retained: retain(server, wholeOf(server, facts), 'server-unreadable', message) };
  }
  const { attachments, hypervisor } = entry.connections;
  const wasPlacedHere = placedAt(placement, here) !== undefined;
  if (hypervisor !== undefined && attachments.length === 0) {
    const message = `${nameOf(server)} is a VM now, and nothing says on which node; its bindings stay as they are`;
    return wasPlacedHere ? { retained: retain(server, wholeOf(server, facts), 'guest-not-found', message) } : {};
  }
  const onPort = attachments.filter(({ device, port }) => port !== undefined && samePort({ device, port }, here));
  if (onPort.some((attachment) => attachment.automated))
    return {
      dedicated: { serverId, name: entry.name, kind: 'dedicated', ips: entry.ips, ...entry.connections },
      ...vanishedFrom(server, facts),
      note: {
        serverId,
        kind: 'dedicated',
        at: 'here',
        ports: usablePorts(attachments),
        ips: rememberedIps(entry.ips, placement),
        ...rangesOf(server, facts),
      },
    };
  if (onPort.length > 0) return { isNotAutomated: true };
  return wasPlacedHere ? unpluggedFinding(server, attachments, facts) : {};
}

/** A dedicated server that was here. Its bindings follow it only to a port that its own entry names. */
function unpluggedFinding(server: FoundServer, attachments: readonly SwitchAttachment[], facts: PortFacts): Finding {
  const { serverId, entry } = server;
  const whole = wholeOf(server, facts);
  const ports = usablePorts(attachments);
  const unknown = attachments.filter((attachment) => attachment.port === undefined);
  if (
    attachments.length === 0 ||
    unknown.some((attachment) => attachment.device === facts.here.device) ||
    (unknown.length > 0 && ports.length === 0)
  ) {
    const message = `the panel does not say to which port ${nameOf(server)} is connected; its bindings stay as they are`;
    return { retained: retain(server, whole, 'port-unknown', message) };
  }
  if (ports.length > 0)
    return moveFinding(server, { where: `is connected to ${describePorts(ports)}`, uplinks: [ports] }, facts);
  // Its port is not portwarden's to bind on, so there is nothing to wait for: the panel's word is judged by the guards.
  const listed = whole.filter((ip) => holds(entry.ips, ip));
  const vanished = entry.ips.length === 0 ? [] : whole.filter((ip) => !listed.includes(ip));
  const absence = absenceOf(server, vanished, facts);
  return {
    absent: [...listed, ...absence.absent],
    retained: absence.retained,
    note: { serverId, kind: 'dedicated', at: 'left', ips: [] },
  };
}

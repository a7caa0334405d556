import type { IpAddress } from '../../values/ip';
import type { PortRef } from '../../values/port';
import { placedAt } from '../placement';
import type { Elsewhere, PortFacts } from '../portFacts';
import type { Placement } from '../server';
import { absenceOf } from './absence';
import { describePorts, nameOf, retain, type Finding, type FoundServer } from './finding';
import { holds, wholeOf } from './heldAddresses';

/** A server whose traffic enters elsewhere now: what is bound here goes once every port it has now is proven to have it. */
export function moveFinding(server: FoundServer, elsewhere: Elsewhere, facts: PortFacts): Finding {
  const { serverId, entry, placement, guest } = server;
  const name = nameOf(server);
  const whole = wholeOf(server, facts);
  if ('unknown' in elsewhere || elsewhere.uplinks.length === 0) {
    const why = 'unknown' in elsewhere ? elsewhere.unknown : 'no port of it there is automated';
    return {
      retained: retain(server, whole, 'moved', `${name} ${elsewhere.where} now, but ${why}; its bindings stay here`),
    };
  }
  const { uplinks, where } = elsewhere;
  const missing = (ip: IpAddress): readonly (readonly PortRef[])[] => missingAt(uplinks, placement, ip);
  const vanished = whole.filter((ip) => !holds(entry.ips, ip) && entry.ips.length > 0);
  const rest = whole.filter((ip) => !vanished.includes(ip));
  const absence = absenceOf(server, vanished, facts);
  const waiting = rest.flatMap((ip) => {
    const open = missing(ip);
    const message = `${name} ${where} now; ${ip} stays here until ${open.map(describePorts).join(' or ')} has it`;
    return open.length === 0 ? [] : retain(server, [ip], 'moved', message);
  });
  const node = guest?.node === undefined ? {} : { node: { cluster: guest.cluster, node: guest.node } };
  const proven = rest.filter((ip) => missing(ip).length === 0);
  const stay = graceOf(server, facts);
  const kept =
    stay === undefined
      ? []
      : retain(server, proven, 'moved', `${name} ${where} now and is bound there; its bindings stay here ${stay.why}`);
  return {
    named: stay === undefined ? proven : [],
    absent: absence.absent,
    retained: [...absence.retained, ...waiting, ...kept],
    ...(stay === undefined || proven.length === 0 ? {} : { againAfterMs: stay.forMs }),
    next: uplinks
      .flat()
      .filter((port) => !isPassed(placement, port))
      .map((port) => ({ ...port, serverId, ...node })),
    note: { serverId, kind: guest === undefined ? 'dedicated' : 'vm', at: 'left', ips: [] },
  };
}

/** After so long a port is looked at again whose guest is being moved: nobody can say when that is over. */
export const LOOK_AGAIN_MS = 10_000;

/** Why the bindings of a guest stay for a while at a port that it has left, though they are proven where it is now. */
function graceOf(
  { guest, placement }: FoundServer,
  { here, now, moveGraceMs = 0 }: PortFacts,
): { readonly why: string; readonly forMs: number } | undefined {
  if (guest === undefined || moveGraceMs <= 0 || now === undefined) return undefined;
  if (guest.migrating === true)
    return { why: 'until its migration is over', forMs: Math.max(moveGraceMs, LOOK_AGAIN_MS) };
  const forMs = (placedAt(placement, here)?.leftAt ?? now) + moveGraceMs - now;
  return forMs <= 0 ? undefined : { why: `for the grace time, another ${Math.ceil(forMs / 1000)} s`, forMs };
}

/**
 * The ports, uplink by uplink, that are not proven to have the address. None when one uplink has it at all of its
 * ports: an address is behind one uplink of a node, and which one, the pass that bound it has found out.
 */
function missingAt(
  uplinks: readonly (readonly PortRef[])[],
  placement: Placement | undefined,
  ip: IpAddress,
): readonly (readonly PortRef[])[] {
  const missing = uplinks.map((ports) => ports.filter((port) => !isProven(placement, port, ip)));
  return missing.some((ports) => ports.length === 0) ? [] : missing;
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

import { describeKeep, type Keep } from '../change/keep';
import type { ServerId } from '../event/event';
import type { Placement } from '../servers/server';
import type { IpAddress } from '../values/ip';
import type { PortRef } from '../values/port';
import { describeHold, type PortHold } from './portHold';

/** What is known of addresses that a restore would bring back to a port. */
export interface AddressKnowledge {
  /** The servers that the panel assigns each address to now. */
  readonly holders: ReadonlyMap<IpAddress, readonly ServerId[]>;
  /** Those servers, and those that were last seen with one of the addresses. */
  readonly placements: readonly Placement[];
  /** Holds and keeps in force that have one of the addresses, on whichever device. */
  readonly holds: readonly PortHold[];
  readonly keeps: readonly Keep[];
  /** Ports of the same device that have one of the addresses, and would have it after the restore too. */
  readonly bound: readonly (PortRef & { readonly ip: IpAddress })[];
}

/**
 * Why addresses cannot be brought back to a port, a sentence each: another port has them by now, by the panel, a person, or on
 * the device itself. An address at two ports is what a restore must not make, unless both are of one server.
 * @param isSame whether two names are of one port.
 */
export function restoreConflicts(
  ips: readonly IpAddress[],
  here: PortRef,
  known: AddressKnowledge,
  isSame: (a: PortRef, b: PortRef) => boolean,
): readonly string[] {
  const isHere = (ref: PortRef): boolean => isSame(ref, here);
  const ofServersHere = known.placements.filter(({ ports }) => ports.some(isHere)).flatMap(({ ports }) => ports);
  const isElsewhere = (ref: PortRef): boolean => !isHere(ref) && !ofServersHere.some((own) => isSame(own, ref));
  return ips.flatMap((ip) => [
    ...ofServers(ip, isHere, known),
    ...known.holds
      .filter((hold) => isElsewhere(hold) && hold.statements.some((one) => one.ip === ip))
      .map((hold) => `${ip} is on ${hold.device} ${hold.port}, which is ${describeHold(hold)}`),
    ...known.keeps
      .filter((keep) => isElsewhere(keep) && keep.statement.ip === ip)
      .map((keep) => `${ip} is on ${keep.device} ${keep.port}, ${describeKeep(keep)}`),
    ...known.bound
      .filter((one) => one.ip === ip && isElsewhere(one))
      .map(({ port }) => `${ip} is let through on ${port} now`),
  ]);
}

/** The address is let through, or belongs to a server, at other ports only. */
function ofServers(
  ip: IpAddress,
  isHere: (ref: PortRef) => boolean,
  { holders, placements }: Pick<AddressKnowledge, 'holders' | 'placements'>,
): readonly string[] {
  const owners = holders.get(ip) ?? [];
  return placements.flatMap(({ serverId, ports }) => {
    if (ports.length === 0 || ports.some(isHere)) return [];
    const bound = ports.filter((ref) => ref.bound?.includes(ip) === true);
    if (bound.length > 0) return [`${ip} is let through at ${placesOf(bound)} for server ${serverId}`];
    return owners.includes(serverId) ? [`${ip} belongs to server ${serverId}, which is at ${placesOf(ports)}`] : [];
  });
}

function placesOf(refs: readonly PortRef[]): string {
  return refs.map(({ device, port }) => `${device} ${port}`).join(' and ');
}

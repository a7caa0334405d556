import { cidrContains, covers, type IpAddress } from '../../values/ip';
import { addressesOf, placedAt } from '../placement';
import { isGuestOf } from '../guestPort';
import type { PortFacts, ServerFacts } from '../portFacts';
import type { AssignedIp } from '../server';
import type { FoundServer } from './finding';

/** Whether the server was behind the port when it was last seen. */
export function wasHere({ placement }: ServerFacts, { here, nodes, guestNic }: PortFacts): boolean {
  if (placedAt(placement, here) !== undefined) return true;
  if (guestNic !== undefined) return isGuestOf(guestNic, placement?.guest);
  return nodes.some((node) => node.cluster === placement?.guest?.cluster && node.node === placement.guest.node);
}

/** What may be bound here for a server that cannot be asked, without what an event has taken away. */
export function rememberedHere(server: ServerFacts, facts: PortFacts): readonly IpAddress[] {
  return wasHere(server, facts) ? remembered(server, facts) : [];
}

/** Every address that the server has or may be bound with, without what an event has taken away from it meanwhile. */
export function wholeOf(server: FoundServer, facts: PortFacts): readonly IpAddress[] {
  const listed = server.entry.ips.filter((assigned) => !assigned.isSubnet).map((assigned) => assigned.ip);
  return [...new Set([...listed, ...remembered(server, facts)])];
}

/** Whether an entry has an address, alone or within a subnet that is assigned as a whole. */
export function holds(assigned: readonly AssignedIp[], ip: IpAddress): boolean {
  return assigned.some((one) => one.ip === ip || (one.range !== undefined && cidrContains(one.range, ip)));
}

function remembered({ placement }: ServerFacts, { explainedIps }: PortFacts): readonly IpAddress[] {
  return addressesOf(placement).filter((ip) => !covers(explainedIps, ip));
}

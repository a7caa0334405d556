import { isGuestOf } from '../guestPort';
import { placedAt, rememberedIps } from '../placement';
import type { GuestFacts, PortFacts, ServerFacts } from '../portFacts';
import { rangesOf, vanishedFrom, vanishedIps } from './absence';
import { nameOf, retain, type Finding, type FoundServer } from './finding';
import { wasHere, wholeOf } from './heldAddresses';
import { LOOK_AGAIN_MS, moveFinding } from './move';

/**
 * A guest: it is behind the port while it is on a node that feeds the port, or on its way there, and one server alone
 * claims it. While it is moved it is behind the ports of both nodes: it is bound at the new one before it arrives.
 */
export function guestFinding(server: FoundServer, guest: GuestFacts, facts: PortFacts): Finding {
  const { serverId, entry, placement } = server;
  const { cluster, vmid, node, arrivingAt } = guest;
  if (vmid === undefined || node === undefined) {
    const message = `guest ${vmid ?? placement?.guest?.vmid ?? '(unknown)'} of ${nameOf(server)} is not listed by ${cluster}; its bindings stay as they are`;
    return wasHere(server, facts)
      ? { retained: retain(server, wholeOf(server, facts), 'guest-not-found', message) }
      : {};
  }
  const { guestNic } = facts;
  if (guestNic !== undefined && !isGuestOf(guestNic, guest)) return anotherGuest(server, { cluster, vmid }, facts);
  const isHere =
    guestNic !== undefined || facts.nodes.some((feeding) => feeding.cluster === cluster && feeding.node === node);
  if (!isHere && arrivingAt === undefined) {
    const unknown = { where: `runs on ${node}`, unknown: 'nothing says where its traffic enters' };
    return placedAt(placement, facts.here) === undefined ? {} : moveFinding(server, server.elsewhere ?? unknown, facts);
  }
  const first = claimants(cluster, vmid, facts)[0];
  if (first !== undefined && first.serverId !== serverId) {
    const message = `${nameOf(first)} (server ${first.serverId}) and ${nameOf(server)} (server ${serverId}) both claim guest ${vmid} of ${cluster}; only the former is bound, and nothing of either is removed`;
    return { retained: retain(server, wholeOf(server, facts), 'guest-claimed-twice', message) };
  }
  const claimedTwice = `several servers claim guest ${vmid} of ${cluster}; nothing of them is removed`;
  return {
    guest: { cluster, vmid, serverId, name: entry.name, ips: entry.ips },
    ...(isHere ? {} : { againAfterMs: LOOK_AGAIN_MS }),
    ...(isClaimedByAnother(server, facts)
      ? { retained: retain(server, vanishedIps(server, facts.explainedIps), 'guest-claimed-twice', claimedTwice) }
      : vanishedFrom(server, facts)),
    note: {
      serverId,
      kind: 'vm',
      at: 'here',
      guest: { cluster, node, vmid },
      ...(isHere || arrivingAt === undefined ? {} : { node: arrivingAt }),
      ...(guestNic === undefined ? {} : { own: true as const }),
      ips: rememberedIps(entry.ips, placement),
      ...rangesOf(server, facts),
    },
  };
}

/** A server that is another guest now: that one has NICs of its own. What is bound here stays until somebody says more. */
function anotherGuest(
  server: FoundServer,
  { cluster, vmid }: { readonly cluster: string; readonly vmid: number },
  facts: PortFacts,
): Finding {
  if (placedAt(server.placement, facts.here) === undefined) return {};
  const message = `${nameOf(server)} is guest ${vmid} of ${cluster} now; its bindings stay here`;
  return {
    retained: retain(server, wholeOf(server, facts), 'moved', message),
    note: { serverId: server.serverId, kind: 'vm', at: 'left', ips: [] },
  };
}

/** Whether another server, whose entry was read, claims the guest of this one: guest ids are reused. */
export function isClaimedByAnother({ serverId, guest }: ServerFacts, facts: PortFacts): boolean {
  return (
    guest?.vmid !== undefined &&
    claimants(guest.cluster, guest.vmid, facts).some((other) => other.serverId !== serverId)
  );
}

/** Servers that claim one guest, the earlier claim first: what was proven here, then what is remembered, then the older entry. */
function claimants(cluster: string, vmid: number, { servers }: PortFacts): ServerFacts[] {
  const rank = ({ placement }: ServerFacts): number => {
    if (placement?.guest?.cluster !== cluster || placement.guest.vmid !== vmid) return 2;
    return placement.ports.some((port) => (port.bound ?? []).length > 0) ? 0 : 1;
  };
  return servers
    .filter(({ entry, guest }) => entry.state === 'found' && guest?.cluster === cluster && guest.vmid === vmid)
    .sort((a, b) => rank(a) - rank(b) || a.serverId - b.serverId);
}

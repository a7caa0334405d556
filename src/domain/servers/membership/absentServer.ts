import { addressesOf } from '../placement';
import type { PortFacts, ServerFacts } from '../portFacts';
import { absenceOf } from './absence';
import { nameOf, retain, type Finding } from './finding';
import { isClaimedByAnother } from './guest';
import { rememberedHere } from './heldAddresses';

/**
 * A server that the panel does not have. A deletion that an event says, and that hypervisor and panel confirm, takes what the
 * server had. Without an event it stays, unless reconciles confirmed that it vanished: then it goes within the guards, or is left
 * to a person, as the device's mode says.
 */
export function goneFinding(server: ServerFacts, facts: PortFacts): Finding {
  const { serverId, placement, guest } = server;
  const isDeleted = facts.deletedServerIds.includes(serverId);
  const vanished = facts.vanished?.get(serverId);
  if (!isDeleted && vanished === undefined) {
    const message = `the panel no longer has server ${serverId}, but no server_deleted says so; its bindings stay until one does`;
    return { retained: retain(server, rememberedHere(server, facts), 'server-gone', message) };
  }
  if (guest?.node !== undefined && !isClaimedByAnother(server, facts)) {
    const message = `server ${serverId} is deleted in the panel, but ${guest.cluster} still has its guest ${guest.vmid ?? ''} on ${guest.node}; its bindings stay while it does`;
    return {
      retained: retain(server, rememberedHere(server, facts), 'guest-still-runs', message),
      ...(isDeleted ? { isDeletionOpen: true } : {}),
    };
  }
  const note: Pick<Finding, 'note'> =
    placement === undefined ? {} : { note: { serverId, kind: placement.kind, at: 'deleted', ips: [] } };
  if (isDeleted) return { named: addressesOf(placement), ...note };
  return vanished === 'enforce' ? { ...absenceOf(server, addressesOf(placement), facts), ...note } : note;
}

/** A server of which the panel's answer is not certain: nothing of it goes, and a deletion that an event says stays open. */
export function uncertainFinding(server: ServerFacts, why: string, facts: PortFacts): Finding {
  const message = `${nameOf(server)} could not be read for certain (${why}); its bindings stay as they are`;
  return {
    retained: retain(server, rememberedHere(server, facts), 'server-unreadable', message),
    ...(facts.deletedServerIds.includes(server.serverId) ? { isDeletionOpen: true } : {}),
  };
}

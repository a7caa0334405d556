import { samePort, type PortRef } from '../values/port';
import { isLive, type VirtualMac, type VirtualMacAction } from './virtualMac';

/** What a pass over one port saw of a virtual MAC. */
export interface Sighting {
  readonly at: PortRef;
  /** Whether its binding was read back; or why it could not be bound: the port failed, or the device cannot hold it. */
  readonly seen: { readonly isBound: boolean } | { readonly failure: string };
  /** Why it is its holder's no longer: the address left the server, or the server is gone. */
  readonly left?: string;
  /** A person holds the port as a backup had it: what is bound there is so by that, and no longer than the hold. */
  readonly isHeld?: true;
}

/** What becomes of a virtual MAC: its fields that change, and what its event log says. */
export interface VirtualMacChange {
  readonly fields: Partial<Pick<VirtualMac, 'state' | 'places'>> & {
    /** `null` takes the reason away. */
    readonly reason?: string | null;
    /** False: it is bound again. */
    readonly isReleased?: boolean;
  };
  readonly events: readonly { readonly action: VirtualMacAction; readonly detail: string }[];
}

/**
 * What a pass means for a virtual MAC that it had to do with. Where it is bound comes first, so that a MAC which went from one port of
 * a device to another has moved and was at no time bound nowhere.
 * @returns undefined when nothing is new.
 */
export function afterPass(before: VirtualMac, sightings: readonly Sighting[]): VirtualMacChange | undefined {
  const isThere = ({ seen }: Sighting): boolean => 'isBound' in seen && seen.isBound;
  let now = before;
  let total: VirtualMacChange | undefined;
  for (const sighting of [...sightings.filter(isThere), ...sightings.filter((one) => !isThere(one))]) {
    const change = afterSighting(now, sighting);
    if (change === undefined) continue;
    total = {
      fields: { ...total?.fields, ...change.fields },
      events: [...(total?.events ?? []), ...change.events],
    };
    now = changed(now, change);
  }
  return total;
}

/** A virtual MAC with what became of it, but for its times, which are the store's. */
export function changed(before: VirtualMac, { fields }: VirtualMacChange): VirtualMac {
  const { reason: had, ...rest } = before;
  const { state = before.state, places = before.places, reason = had } = fields;
  return { ...rest, state, places, ...(reason === undefined || reason === null ? {} : { reason }) };
}

function afterSighting(before: VirtualMac, sighting: Sighting): VirtualMacChange | undefined {
  const { at, seen, left } = sighting;
  if ('failure' in seen) return refused(before, at, seen.failure);
  if (seen.isBound) return isLive(before) ? found(before, at) : foundRevoked(before, sighting);
  const gone = notFound(before, at, left !== undefined && isLive(before));
  const places = gone?.fields.places ?? before.places;
  // Where it is bound still, its removal may wait for a person: revoked it would go without one.
  if (left === undefined || !isLive(before) || places.length > 0) return gone;
  return {
    fields: { ...gone?.fields, ...revocation(left, places).fields },
    events: [...(gone?.events ?? []), ...revocation(left, places).events],
  };
}

/** A person, or a rule, takes a virtual MAC away. Its binding goes with the next pass over its ports. */
export function revoke(before: VirtualMac, why: string): VirtualMacChange | undefined {
  return isLive(before) ? revocation(why, before.places) : undefined;
}

function revocation(why: string, places: readonly PortRef[]): VirtualMacChange {
  return {
    fields: { state: 'revoked', reason: why, ...(places.length === 0 ? { isReleased: true } : {}) },
    events: [{ action: 'revoked', detail: why }],
  };
}

function refused(before: VirtualMac, at: PortRef, failure: string): VirtualMacChange | undefined {
  if (!isLive(before)) return undefined;
  const reason = `${nameOf(at)}: ${failure}`;
  const state = before.state === 'active' ? 'active' : 'failed';
  if (before.reason === reason && before.state === state) return undefined;
  const elsewhere = before.places.filter((place) => !samePort(place, at));
  const stays = elsewhere.length === 0 ? '' : `; it stays bound at ${elsewhere.map(nameOf).join(' and ')}`;
  return { fields: { state, reason }, events: [{ action: 'failed', detail: `${reason}${stays}` }] };
}

function found(before: VirtualMac, at: PortRef): VirtualMacChange | undefined {
  const isKnown = before.places.some((place) => samePort(place, at));
  const isMended = before.reason?.startsWith(`${nameOf(at)}: `) === true;
  if (isKnown && before.state === 'active' && !isMended) return undefined;
  const places = isKnown ? before.places : [...before.places, at];
  const action = before.activatedAt === undefined ? 'activated' : 'bound';
  const also = before.places.length === 0 || isKnown ? '' : `, beside ${before.places.map(nameOf).join(' and ')}`;
  return {
    fields: { state: 'active', places, ...(isMended ? { reason: null } : {}) },
    events: isKnown && before.state === 'active' ? [] : [{ action, detail: `read back at ${nameOf(at)}${also}` }],
  };
}

/** What somebody else bound again after it was gone is theirs; what a restore brought back goes with its hold. */
function foundRevoked(before: VirtualMac, { at, isHeld }: Sighting): VirtualMacChange | undefined {
  const isKnown = before.places.some((place) => samePort(place, at));
  const isBack = isHeld === true && before.releasedAt !== undefined;
  if (isKnown && !isBack) return undefined;
  return {
    fields: {
      ...(isKnown ? {} : { places: [...before.places, at] }),
      ...(isBack ? { isReleased: false } : {}),
    },
    events: isBack
      ? [{ action: 'bound', detail: `read back at ${nameOf(at)}, which is held; it goes with the hold` }]
      : [],
  };
}

/** @param isLeaving what follows is its revocation, which needs no word about its way there. */
function notFound(before: VirtualMac, at: PortRef, isLeaving: boolean): VirtualMacChange | undefined {
  const places = before.places.filter((place) => !samePort(place, at));
  if (places.length === before.places.length) return undefined;
  if (places.length > 0)
    return {
      fields: { places },
      events: [{ action: 'moved', detail: `from ${nameOf(at)} to ${places.map(nameOf).join(' and ')}` }],
    };
  const detail = `bound no longer at ${nameOf(at)}, nor anywhere else`;
  if (!isLive(before)) return { fields: { places, isReleased: true }, events: [{ action: 'unbound', detail }] };
  return {
    fields: { places, state: 'pending' },
    events: isLeaving ? [] : [{ action: 'unbound', detail }],
  };
}

function nameOf({ device, port }: PortRef): string {
  return `${device} ${port}`;
}

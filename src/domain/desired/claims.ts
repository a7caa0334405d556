import type { AdditionalAddress } from './additionalAddress';
import type { Refusal } from './addressRules';
import type { BoundAs } from './resolution';
import { macInVlanKey, type Binding, type MacInVlan } from './binding';
import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import { inVlan } from '../values/vlan';
import type { PortRef } from '../values/port';
import type { Exclusion } from '../change/outcome';

/** An address that the panel assigns to a server behind the port, with what the rules make of it by itself. */
export interface Claim {
  readonly serverId: ServerId;
  readonly name: string;
  readonly ip: IpAddress;
  readonly outcome: BoundAs | { readonly additional: AdditionalAddress } | Refusal;
}

/**
 * The MAC that a claim is bound with, in its VLAN. A further address of which the device decides claims its server's own
 * MAC only when it was bound to it before: a virtual MAC that it may get is nobody else's.
 */
export function claimedMac({ outcome }: Pick<Claim, 'outcome'>): MacInVlan | undefined {
  if ('binding' in outcome) return outcome.binding;
  return 'additional' in outcome && outcome.additional.wasBound ? outcome.additional : undefined;
}

/** A server elsewhere that claims the same. */
export interface Rival {
  /** How messages call it: its name or number, and where it is. */
  readonly name: string;
  /** Whether the last proven pass read the binding back there. */
  readonly hasIt: boolean;
}

/** A server elsewhere as messages call it. */
export function rivalName(serverId: ServerId, places: readonly PortRef[]): string {
  const where = places.map(({ device, port }) => `${device} ${port}`).join(', ');
  return `server ${serverId}${where === '' ? '' : ` at ${where}`}`;
}

/** What is known of earlier claims. */
export interface KnownClaims {
  /** The addresses of each server that the last proven pass read back from this port. */
  readonly here: ReadonlyMap<ServerId, ReadonlySet<IpAddress>>;
  /**
   * The MACs in their VLANs ({@link macInVlanKey}) of each server that the last proven pass read back from this port.
   * Lacks the servers of which that is not known; then it had a MAC if it had an address that is claimed with it.
   */
  readonly macsHere: ReadonlyMap<ServerId, ReadonlySet<string>>;
  /** Other servers that the panel assigns an address to. */
  readonly elsewhere: ReadonlyMap<IpAddress, readonly Rival[]>;
  /** Other servers, behind other ports, that have a MAC in a VLAN ({@link macInVlanKey}). */
  readonly macsElsewhere: ReadonlyMap<string, readonly Rival[]>;
}

/** Of a port of which nothing is known. */
export const NOTHING_KNOWN: KnownClaims = {
  here: new Map(),
  macsHere: new Map(),
  elsewhere: new Map(),
  macsElsewhere: new Map(),
};

/**
 * Settles claims that exclude each other: one address of several servers, and one MAC of several servers in a VLAN,
 * be the other behind this port or elsewhere. The
 * one that was bound first goes on, the later ones are not bound, and all are reported. Where that does not tell them
 * apart, nobody is bound anew: what is there stays. The order of the claims does not matter, and as a claim that is
 * left out never gets bound, the next look decides alike.
 */
export function settleClaims(claims: readonly Claim[], known: KnownClaims = NOTHING_KNOWN): SettledClaims {
  const excluded = new Map<string, Exclusion>();
  const report = ({ ip, rule, message }: Exclusion): void => {
    excluded.set(`${ip} ${rule} ${message}`, { ip, rule, message });
  };
  const ordered = [...claims].sort((a, b) => a.serverId - b.serverId);
  const won = [...groupBy(ordered, (claim) => claim.ip).values()].flatMap((rivals) =>
    settleAddress(rivals, known, report),
  );
  const undisputed = [...groupBy(won, ({ ip }) => ip).values()].flatMap((own) => settleAlone(own, report));
  const settled = [...groupBy(undisputed, ({ binding }) => macInVlanKey(binding)).values()].flatMap((rivals) =>
    settleMac(rivals, known, report),
  );
  const withoutMac = won.flatMap(({ outcome }) =>
    'additional' in outcome && !outcome.additional.wasBound ? [outcome.additional] : [],
  );
  const lost = ordered.filter((claim) => !won.includes(claim)).map(({ serverId, ip }) => ({ serverId, ip }));
  return {
    bound: settled.filter(({ outcome }) => !('additional' in outcome)),
    additional: [
      ...settled.flatMap(({ outcome }) => ('additional' in outcome ? [outcome.additional] : [])),
      ...withoutMac,
    ],
    excluded: [...excluded.values()],
    lost,
  };
}

/** What became of claims. */
export interface SettledClaims {
  readonly bound: readonly BoundClaim[];
  /** Further addresses of which the device's statements decide how they are bound. */
  readonly additional: readonly AdditionalAddress[];
  /** What is reported: claims that are left out, and disputes that a claim has won. */
  readonly excluded: readonly Exclusion[];
  /** Disputed addresses that are not, or not for certain, this server's: what is bound of them is not put down to it. */
  readonly lost: readonly { readonly serverId: ServerId; readonly ip: IpAddress }[];
}

/** A claim that is bound. */
export interface BoundClaim extends Claim {
  readonly binding: Binding;
}

type Report = (exclusion: Exclusion) => void;

/** The claims of the one server that the address is of; none when that cannot be told. */
function settleAddress(claims: readonly Claim[], known: KnownClaims, report: Report): readonly Claim[] {
  const [first] = claims;
  if (first === undefined) return [];
  const { ip } = first;
  const others = known.elsewhere.get(ip) ?? [];
  const servers = new Set(claims.map((claim) => claim.serverId));
  if (servers.size + others.length === 1) return claims;
  const holders = [...servers].filter((serverId) => known.here.get(serverId)?.has(ip) === true);
  const [holder] = holders;
  const owner =
    holders.length === 1 && !others.some((rival) => rival.hasIt)
      ? claims.filter((claim) => claim.serverId === holder)
      : [];
  const names = [...new Set([...claims.map(nameOf), ...others.map(({ name }) => name)])].join(' and ');
  const heldElsewhere = holders.length === 0 ? others.filter((rival) => rival.hasIt) : [];
  const keeper =
    owner[0] === undefined ? (heldElsewhere.length === 1 ? heldElsewhere[0]?.name : undefined) : nameOf(owner[0]);
  const what =
    keeper === undefined
      ? 'it is bound to none of them anew, and what is bound stays'
      : `it stays with ${keeper}, which had it first`;
  report({ ip, rule: 'duplicate-address', message: `the panel assigns ${ip} to ${names}; ${what}` });
  return owner;
}

/** One server's claims of one address. */
function settleAlone(claims: readonly Claim[], report: Report): BoundClaim[] {
  const bound = new Map<string, BoundClaim>();
  for (const claim of claims) {
    const { ip, outcome } = claim;
    const held = claimedMac(claim);
    if (held !== undefined)
      bound.set(macInVlanKey(held), { ...claim, binding: { ip, mac: held.mac, vlan: held.vlan } });
    else if ('rule' in outcome) report({ ip, rule: outcome.rule, message: outcome.message });
  }
  const [one] = bound.values();
  if (one === undefined || bound.size === 1) return [...bound.values()];
  report({
    ip: one.ip,
    rule: 'ambiguous-nic',
    message: `${one.ip} of ${one.name} would have ${[...bound.keys()].join(' and ')}`,
  });
  return [];
}

/** The claims of the one server that has the MAC in that VLAN; none when that cannot be told. */
function settleMac(claims: readonly BoundClaim[], known: KnownClaims, report: Report): readonly BoundClaim[] {
  const [first] = claims;
  if (first === undefined) return [];
  const key = macInVlanKey(first.binding);
  const servers = new Map(claims.map((claim) => [claim.serverId, nameOf(claim)]));
  const others = known.macsElsewhere.get(key) ?? [];
  if (servers.size + others.length === 1) return claims;
  const hadIt = (id: ServerId): boolean =>
    known.macsHere.get(id)?.has(key) ??
    claims.some(({ serverId, ip }) => serverId === id && known.here.get(id)?.has(ip) === true);
  const holders = [...servers.keys()].filter(hadIt);
  const heldElsewhere = others.filter((rival) => rival.hasIt);
  const [holder] = holders.length === 1 && heldElsewhere.length === 0 ? holders : [];
  const [rival] = holders.length === 0 && heldElsewhere.length === 1 ? heldElsewhere : [];
  const keeper = holder === undefined ? rival?.name : servers.get(holder);
  const names = [...servers.values(), ...others.map(({ name }) => name)];
  for (const { serverId, ip, binding } of claims) {
    // The holder is told too when the other is behind another port: nothing else in this port's outcome would name it.
    if (serverId !== holder || others.length > 0)
      report({ ip, rule: 'duplicate-mac', message: messageOfMac(binding, names, keeper, serverId === holder) });
  }
  return claims.filter(({ serverId }) => serverId === holder);
}

function messageOfMac(
  { ip, mac, vlan }: Binding,
  names: readonly string[],
  keeper: string | undefined,
  isBound: boolean,
): string {
  const what =
    keeper === undefined
      ? 'no address of theirs is bound to it anew'
      : `it stays with ${keeper}, which had it first${isBound ? '' : `, and ${ip} is not bound to it`}`;
  return `${names.join(' and ')} have the same MAC ${mac}${inVlan(vlan)}; ${what}`;
}

function nameOf({ name, serverId }: Pick<Claim, 'name' | 'serverId'>): string {
  return `${name} (server ${serverId})`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

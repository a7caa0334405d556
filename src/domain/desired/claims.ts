import type { Refusal } from './addressRules';
import type { Binding } from './binding';
import type { ServerId } from '../event/event';
import type { IpAddress } from '../values/ip';
import type { MacAddress } from '../values/mac';
import type { Exclusion } from '../change/outcome';
import type { VlanId } from '../values/vlan';

/** An address that the panel assigns to a server behind the port, with what the rules make of it by itself. */
export interface Claim {
  readonly serverId: ServerId;
  readonly name: string;
  readonly ip: IpAddress;
  readonly outcome: { readonly binding: Binding } | Refusal;
}

/** A server elsewhere that claims the same. */
export interface Rival {
  /** How messages call it: its name or number, and where it is. */
  readonly name: string;
  /** Whether the last proven pass read the binding back there. */
  readonly hasIt: boolean;
}

/** What is known of earlier claims. */
export interface KnownClaims {
  /** The addresses of each server that the last proven pass read back from this port. */
  readonly here: ReadonlyMap<ServerId, ReadonlySet<IpAddress>>;
  /** Other servers that the panel assigns an address to. */
  readonly elsewhere: ReadonlyMap<IpAddress, readonly Rival[]>;
}

const NOTHING_KNOWN: KnownClaims = { here: new Map(), elsewhere: new Map() };

/**
 * Settles claims that exclude each other: one address of several servers, and one MAC of several servers in a VLAN. The
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
  const bound = [...groupBy(undisputed, ({ binding }) => `${binding.mac} ${binding.vlan}`).values()].flatMap((rivals) =>
    settleMac(rivals, known, report),
  );
  const lost = ordered.filter((claim) => !won.includes(claim)).map(({ serverId, ip }) => ({ serverId, ip }));
  return { bound, excluded: [...excluded.values()], lost };
}

/** What became of claims. */
export interface SettledClaims {
  readonly bound: readonly BoundClaim[];
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
    if ('binding' in outcome)
      bound.set(`${outcome.binding.mac} ${outcome.binding.vlan}`, { ...claim, binding: outcome.binding });
    else report({ ip, rule: outcome.rule, message: outcome.message });
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

function settleMac(claims: readonly BoundClaim[], known: KnownClaims, report: Report): readonly BoundClaim[] {
  const servers = new Map(claims.map((claim) => [claim.serverId, nameOf(claim)]));
  if (servers.size <= 1) return claims;
  const holders = [...servers.keys()].filter((id) =>
    claims.some(({ serverId, ip }) => serverId === id && known.here.get(id)?.has(ip) === true),
  );
  const [holder] = holders.length === 1 ? holders : [];
  for (const { serverId, ip, binding } of claims) {
    if (serverId !== holder)
      report({
        ip,
        rule: 'duplicate-mac',
        message: messageOfMac(binding, [...servers.values()], holder === undefined ? undefined : servers.get(holder)),
      });
  }
  return claims.filter(({ serverId }) => serverId === holder);
}

function messageOfMac(
  { ip, mac, vlan }: { readonly ip: IpAddress; readonly mac: MacAddress; readonly vlan: VlanId },
  names: readonly string[],
  keeper: string | undefined,
): string {
  const what =
    keeper === undefined
      ? 'no address of theirs is bound to it anew'
      : `it stays with ${keeper}, which had it first, and ${ip} is not bound to it`;
  return `${names.join(' and ')} have the same MAC ${mac} in VLAN ${vlan}; ${what}`;
}

function nameOf({ name, serverId }: Pick<Claim, 'name' | 'serverId'>): string {
  return `${name} (server ${serverId})`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

import type { GuardCode } from './guardCodes';
import { compareStatements, type Statement } from './statement';
import { covers, isRange, type Cidr, type IpAddress, type IpOrRange } from '../values/ip';
import type { PortName } from '../values/port';

/** What may be removed from a port, and by which justification. Whatever is in neither list stays. */
export interface JustifiedRemovals {
  /** Named by an `ip_removed`, or remembered of a server whose deletion an event says and the panel confirms: exempt from guards. */
  readonly named: readonly IpAddress[];
  /**
   * Confirmed absence: the server's own entry was read whole in this pass and no longer has the address, and nobody
   * else's has it (also: the guest was proven on another node or port and its binding there is proven). Judged by guards.
   */
  readonly absent: readonly IpAddress[];
  /** Whole subnets that the panel no longer assigns: what is bound inside is absent as the addresses are. Absent: none. */
  readonly absentRanges?: readonly Cidr[];
  /** Whole subnets that an `ip_removed` names: what is bound inside them is named. Absent: none. */
  readonly namedRanges?: readonly Cidr[];
}

/**
 * By what one statement went: an event, a confirmed deletion or a proven move that names its address; confirmed absence
 * within the guards; a person, who approved exactly that or revoked the virtual MAC that it is bound to; a port policy, which
 * remembers what it takes; or because the port has the address in another way now.
 */
export type Justification = 'named' | 'absent' | 'approved' | 'revoked' | 'policy' | 'replaced';

/** A statement that went, as outcomes and the journal have it. */
export interface RemovedStatement extends Statement {
  /** Absent in entries of parked changes, and in those of earlier releases. */
  readonly because?: Justification;
}

/** Nothing may be removed. */
export const NO_REMOVALS: JustifiedRemovals = { named: [], absent: [] };

/** What events name may go, whatever it is of. */
export function namedRemovals(named: readonly IpOrRange[]): JustifiedRemovals {
  const ranges = named.filter(isRange);
  const ips = named.filter((one): one is IpAddress => !isRange(one));
  return { named: ips, absent: [], ...(ranges.length === 0 ? {} : { namedRanges: ranges }) };
}

/** Everything that either of them justifies. An address that one of them names is named. */
export function mergeRemovals(a: JustifiedRemovals, b: JustifiedRemovals): JustifiedRemovals {
  const named = mergeIps(a.named, b.named);
  const isNamed = new Set(named);
  const namedRanges = mergeIps(a.namedRanges ?? [], b.namedRanges ?? []);
  const absentRanges = mergeIps(a.absentRanges ?? [], b.absentRanges ?? []);
  return {
    named,
    absent: mergeIps(a.absent, b.absent).filter((ip) => !isNamed.has(ip)),
    ...(namedRanges.length === 0 ? {} : { namedRanges }),
    ...(absentRanges.length === 0 ? {} : { absentRanges }),
  };
}

/** The same with the whole subnets in single addresses: those of them that are present. */
export function namedPresent(removals: JustifiedRemovals, present: readonly IpAddress[]): JustifiedRemovals {
  const { namedRanges = [], absentRanges = [] } = removals;
  const named = mergeIps(
    removals.named,
    present.filter((ip) => covers(namedRanges, ip)),
  );
  const isNamed = new Set(named);
  const inside = present.filter((ip) => covers(absentRanges, ip) && !isNamed.has(ip));
  return {
    named,
    absent: mergeIps(removals.absent, inside),
    ...(absentRanges.length === 0 ? {} : { absentRanges }),
  };
}

/** The union of two lists of addresses or ranges, each once, in the order of their first mention. */
export function mergeIps<T extends IpOrRange>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])];
}

/** What waits for a person on one port. What is there stays until then. */
export interface ParkedRemovals {
  readonly remove: readonly Statement[];
  /** What comes in their place, where a held change is a replacement. */
  readonly add: readonly Statement[];
  /** Why, in plain words. */
  readonly reason: string;
  /** A person's approval is for exactly these changes and no others. */
  readonly fingerprint: string;
  /** The guards that hold a justified change back; none when all of it are bindings that nobody here knows. */
  readonly guards: readonly GuardCode[];
  readonly guarded: boolean;
  /** Those of the removals that nobody here explains: neither desired, nor in doubt, nor justified to go. */
  readonly unexplained: readonly Statement[];
}

/** A stable text of some removals, and of what would come in their place. */
export function removalFingerprint(
  port: PortName,
  remove: readonly Statement[],
  add: readonly Statement[] = [],
): string {
  const lines = (sign: string, statements: readonly Statement[]): string[] =>
    [...statements].sort(compareStatements).map(({ key }) => `${sign}${key}`);
  return textDigest(`${port}\n${[...lines('-', remove), ...lines('+', add)].join('\n')}`);
}

/** 64-bit FNV-1a of a text: workflow code has no node:crypto, and it guards against change, not against forgery. */
export function textDigest(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

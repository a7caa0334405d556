import { compareStatements, type Statement } from './statement';
import type { IpAddress } from '../values/ip';
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
}

/** Nothing may be removed. */
export const NO_REMOVALS: JustifiedRemovals = { named: [], absent: [] };

/** Everything that either of them justifies. An address that one of them names is named. */
export function mergeRemovals(a: JustifiedRemovals, b: JustifiedRemovals): JustifiedRemovals {
  const named = mergeIps(a.named, b.named);
  return { named, absent: mergeIps(a.absent, b.absent).filter((ip) => !named.includes(ip)) };
}

/** The union of two lists of addresses, each once, in the order of their first mention. */
export function mergeIps(a: readonly IpAddress[], b: readonly IpAddress[]): readonly IpAddress[] {
  return [...new Set([...a, ...b])];
}

/** Present bindings that are neither desired nor retained, and that wait for a person. They stay until then. */
export interface ParkedRemovals {
  readonly remove: readonly Statement[];
  /** Why, in plain words. */
  readonly reason: string;
  /** A person's approval is for exactly these removals and no others. */
  readonly fingerprint: string;
  /** Whether a guard holds a justified removal back; otherwise all of them are bindings that nobody here knows. */
  readonly guarded: boolean;
}

/** A stable text of some removals. */
export function removalFingerprint(port: PortName, remove: readonly Statement[]): string {
  const lines = [...remove].sort(compareStatements).map(({ key }) => `-${key}`);
  return fnv1a(`${port}\n${lines.join('\n')}`);
}

/** 64-bit FNV-1a: workflow code has no node:crypto, and the fingerprint guards against change, not against forgery. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

import type { IpAddress } from './ip';

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

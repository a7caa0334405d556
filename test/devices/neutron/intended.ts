import type { stateOf, PolicyWords } from './policyCloud';

/** What a port shall be, by arithmetic: from what others set on it, what the panel gives it, and what is said of it. */
export class Intended {
  /** What the port's policy says. */
  said: PolicyWords | undefined;
  panel: readonly string[] = [];
  groups: Set<string>;
  pairs: Set<string>;

  /**
   * @param others the names of the groups and the addresses of the pairs that others have set.
   * @param idOf of a security group.
   */
  constructor(
    others: { readonly groups: readonly string[]; readonly pairs: readonly string[] },
    private readonly idOf: (group: string) => string,
  ) {
    this.groups = new Set(others.groups);
    this.pairs = new Set(others.pairs);
  }

  /** @param said what holds instead of the policy. */
  state(said: PolicyWords | undefined = this.said): Awaited<ReturnType<typeof stateOf>> {
    const { security, groups, pairs, exclusive } = said ?? {};
    if (security === 'off') return { security, groups: [], pairs: [] };
    const all = <T>(theirs: Iterable<T>, named: readonly T[] | undefined): T[] =>
      named === undefined ? [...theirs] : [...new Set([...(exclusive === true ? [] : theirs), ...named])];
    return {
      security: 'on',
      groups: all(this.groups, groups).map(this.idOf).sort(),
      pairs: [...new Set([...all(this.pairs, pairs?.map(String)), ...this.panel])].sort(),
    };
  }

  /** Somebody else takes a pair of the port away, or adds it. What is there already they do not add. */
  togglePair(ip: string, isThere: boolean): void {
    if (isThere) this.pairs.delete(ip);
    else this.pairs.add(ip);
  }

  /** The same with a group. */
  toggleGroup(group: string, isThere: boolean): void {
    if (isThere) this.groups.delete(group);
    else this.groups.add(group);
  }
}

import { addressesOf, compareStatements, isAbout, withoutStatements, type Statement } from './statement';
import type { JustifiedRemovals } from './removals';
import type { IpAddress } from '../values/ip';

/** What a port has and shall not have as it is, by what is known of it. What is retained is in none of the lists. */
export interface Superfluous {
  /** Other statements of desired addresses that no event names. */
  readonly replaced: readonly Statement[];
  readonly named: readonly Statement[];
  readonly absent: readonly Statement[];
  readonly unknown: readonly Statement[];
  /** Whatever it is, a person approved one by one that it goes. */
  readonly approved: readonly Statement[];
}

/** What a port has and shall have, and what is said of the rest. */
export interface Subject {
  readonly actual: readonly Statement[];
  readonly desired: readonly Statement[];
  /** Addresses whose present statements stay unless they are desired otherwise. */
  readonly retainIps: readonly IpAddress[];
  readonly removals: JustifiedRemovals;
  /** Statements that people keep. Absent: none. */
  readonly kept?: readonly Statement[];
  /** Keys of statements whose removal a person approved one by one. Absent: none. */
  readonly approvedKeys?: readonly string[];
}

/** Finds out of every statement that is neither desired nor kept what may justify its removal. */
export function superfluousOf({
  actual,
  desired,
  retainIps,
  removals,
  kept = [],
  approvedKeys = [],
}: Subject): Superfluous {
  const desiredIps = new Set(addressesOf(desired));
  const retained = new Set(retainIps);
  const byEvent = new Set(removals.named);
  const gone = new Set(removals.absent);
  const isDesired = (have: Statement): boolean => isAbout(have, desiredIps);
  const isNamed = (have: Statement): boolean => isAbout(have, byEvent);
  const isRetained = (have: Statement): boolean => !isDesired(have) && isAbout(have, retained);
  const all = [...withoutStatements(actual, [...desired, ...kept])].sort(compareStatements);
  const byPerson = new Set(approvedKeys);
  const isApproved = (have: Statement): boolean => byPerson.has(have.key) && !isRetained(have);
  const approved = all.filter(isApproved);
  const superfluous = all.filter((have) => !isApproved(have));
  const undesired = superfluous.filter((have) => !isDesired(have) && !isRetained(have));
  return {
    replaced: superfluous.filter((have) => isDesired(have) && !isNamed(have)),
    named: [...undesired, ...superfluous.filter(isDesired)].filter(isNamed),
    absent: undesired.filter((have) => !isNamed(have) && isAbout(have, gone)),
    unknown: undesired.filter((have) => !isNamed(have) && !isAbout(have, gone)),
    approved,
  };
}

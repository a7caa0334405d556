import type { ParkedRemovals } from './removals';
import { addressesOf, isAbout, withoutStatements, type Statement } from './statement';

/**
 * What the approval of everything that waits on a port takes away: what is parked, and whatever else the port has of an
 * address that the configuration replaces.
 * @param byConfiguration those of the parked statements that only a changed configuration would take.
 */
export function approvedWith(
  { remove }: Pick<ParkedRemovals, 'remove'>,
  byConfiguration: readonly Statement[],
  port: {
    readonly actual: readonly Statement[];
    readonly desired: readonly Statement[];
    readonly kept?: readonly Statement[];
  },
): readonly Statement[] {
  const { actual, desired, kept = [] } = port;
  const ips = new Set(addressesOf(byConfiguration));
  const wanted = new Set(addressesOf(desired));
  const replaced = actual.filter((have) => isAbout(have, ips) && isAbout(have, wanted));
  return [...remove, ...withoutStatements(replaced, [...desired, ...kept])];
}

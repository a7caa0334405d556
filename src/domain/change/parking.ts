import { countedOf, describeUnknown, type Hold } from './guards';
import { removalFingerprint, type ParkedRemovals } from './removals';
import { compareStatements, type Statement } from './statement';
import type { PortName } from '../values/port';

/** What of a port waits for a person. */
export interface Waiting {
  /** Justified changes that something holds: what would go. */
  readonly held: readonly Statement[];
  /** What would come in its place. */
  readonly add: readonly Statement[];
  /** Why it is held. */
  readonly holds: readonly Hold[];
  /** What nobody here explains. */
  readonly unknown: readonly Statement[];
  readonly actual: readonly Statement[];
}

/** Puts together what waits for a person on a port, with the reasons; undefined when nothing does. */
export function park(port: PortName, { held, add, holds, unknown, actual }: Waiting): ParkedRemovals | undefined {
  const remove = [...held, ...unknown].sort(compareStatements);
  if (remove.length === 0) return undefined;
  const reasons = [
    ...holds.map(({ reason }) => reason),
    ...(unknown.length === 0 ? [] : [describeUnknown(countedOf(unknown), countedOf(actual).length)]),
  ];
  return {
    remove,
    add: [...add].sort(compareStatements),
    reason: reasons.join('. '),
    fingerprint: removalFingerprint(port, remove, add),
    guards: [...new Set(holds.map(({ guard }) => guard))],
    guarded: holds.length > 0,
    unexplained: unknown,
  };
}

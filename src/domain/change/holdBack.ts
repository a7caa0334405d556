import type { Hold } from './guards';
import { addressesOf, type Statement } from './statement';
import type { Superfluous } from './superfluous';
import type { IpAddress } from '../values/ip';

/** What guards let go of what nobody named, and what they hold. */
export interface GuardedRemovals {
  /** Of other statements of desired addresses: those that go. */
  readonly replaced: readonly Statement[];
  /** Of what is confirmed to be absent: what goes. */
  readonly absent: readonly Statement[];
  readonly held: readonly Statement[];
  /** Addresses whose replacement is held: what would come in its place waits with it. */
  readonly waiting: ReadonlySet<IpAddress>;
  /** Why; none when nothing is held. */
  readonly holds: readonly Hold[];
}

/**
 * Holds back what nobody named: guards of the device or the site hold removals by confirmed absence and replacements, those
 * of the port the absences alone.
 * @param shrink why the guards of the port hold what is absent.
 * @param holds guards of the device or the site.
 */
export function holdBack(
  { replaced, absent }: Pick<Superfluous, 'replaced' | 'absent'>,
  shrink: Hold | undefined,
  holds: readonly Hold[],
): GuardedRemovals {
  const isHeld = holds.length > 0;
  const heldAbsent = isHeld || shrink !== undefined ? absent : [];
  const heldReplaced = isHeld ? replaced : [];
  const held = [...heldAbsent, ...heldReplaced];
  return {
    replaced: isHeld ? [] : replaced,
    absent: heldAbsent.length > 0 ? [] : absent,
    held,
    waiting: new Set(addressesOf(heldReplaced)),
    holds: held.length === 0 ? [] : [...(shrink === undefined ? [] : [shrink]), ...holds],
  };
}

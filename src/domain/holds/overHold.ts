import type { PortPlan } from '../change/plan';
import { removalFingerprint, type ParkedRemovals } from '../change/removals';
import { compareStatements } from '../change/statement';
import type { PortName } from '../values/port';
import { describeHold, type PortHold } from './portHold';

/** What would become of a port without its hold. */
export interface WithoutHold {
  readonly plan: Pick<PortPlan, 'remove' | 'add'>;
  readonly parked?: ParkedRemovals;
}

/** Names exactly the change that the release of a hold makes: nobody releases another one than was shown. */
export function releaseHash(port: PortName, { remove, add }: WithoutHold['plan']): string {
  return removalFingerprint(port, remove, add);
}

/**
 * What waits for a person on a port whose hold is over: all that would be done without it, and what would wait anyhow. Its
 * approval ends the hold.
 */
export function parkedByOver(port: PortName, hold: PortHold, { plan, parked }: WithoutHold): ParkedRemovals {
  const remove = [...plan.remove, ...(parked?.remove ?? [])].sort(compareStatements);
  const add = [...plan.add, ...(parked?.add ?? [])].sort(compareStatements);
  const was = `The port was ${describeHold(hold)}; the sources want ${plan.add.length} binding(s) more and ${plan.remove.length} less, which waits`;
  return {
    remove,
    add,
    reason: [was, ...(parked === undefined ? [] : [parked.reason])].join('. '),
    fingerprint: removalFingerprint(port, remove, add),
    guards: ['hold-over', ...(parked?.guards ?? [])],
    guarded: true,
    unexplained: parked?.unexplained ?? [],
  };
}

import type { ErrorReport } from '../../domain/errors';
import type { Exclusion } from '../../domain/change/outcome';
import type { ParkedRemovals } from '../../domain/change/removals';
import type { SettledKeep } from '../../domain/change/settleKeeps';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import type { PortHold } from '../../domain/holds/portHold';
import type { PortMemory } from '../../domain/policies/portMemory';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { PlannedPort } from '../device';
import type { SettledPolicy } from './settlePolicy';

/** What a pass has to do on one effective port. */
export interface PortWork extends PlannedPort {
  /** The ports of the request that this one stands for, as requested. */
  readonly requested: readonly PortName[];
  /** What the port shall have, in the device's own statements. */
  readonly desired: readonly Statement[];
  /** The same as bindings, before their translation. */
  readonly bindings: readonly Binding[];
  /** Addresses among them whose virtual MAC does not exist yet. */
  readonly newVirtualMacs: readonly IpAddress[];
  readonly excluded: readonly Exclusion[];
  /** What waits for a person beside the plan. */
  readonly parked?: ParkedRemovals;
  /** What people keep there. */
  readonly keeps: readonly SettledKeep[];
  /** What is to be said of these keeps, one sentence each. */
  readonly remarks: readonly string[];
  /** The hold that a person has on the port. Absent: none. */
  readonly hold?: HoldWork;
  /** Present when policies say anything of the port, or left something on it. */
  readonly policy?: PolicyWork;
  readonly verdict:
    { readonly kind: 'unchanged' | 'change' } | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/** A hold of a port in a pass: it holds, its time is over, or the port is being brought back to its sources and it ends with that. */
export interface HoldWork {
  readonly hold: PortHold;
  readonly state: 'holding' | 'over' | 'ends';
}

/** What policies do on a port. */
export interface PolicyWork extends Pick<SettledPolicy, 'report' | 'added'> {
  /** Bindings that policies want there, whether or not anybody else does. */
  readonly wants: readonly Statement[];
  /** Whether any policy concerns the port now. */
  readonly isConcerned: boolean;
  /** Whether the device shows no such port now. */
  readonly isMissing: boolean;
  /** Whether the port takes no bindings now. */
  readonly isSuspended: boolean;
  readonly before?: PortMemory;
  /** What is to be remembered once the port has what it shall have. */
  readonly after: PortMemory;
}

/** Whether there is something to commit on the port. */
export function isChange({ verdict }: PortWork): boolean {
  return verdict.kind === 'change';
}

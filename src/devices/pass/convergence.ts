import type { ErrorReport } from '../../domain/errors';
import type { Exclusion, PolicyReport } from '../../domain/change/outcome';
import type { PortPlan } from '../../domain/change/plan';
import type { ParkedRemovals } from '../../domain/change/removals';
import type { Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import type { PortName } from '../../domain/values/port';
import type { HoldWork } from './portWork';

/** What became of one port of a pass. */
export interface PortConvergence {
  readonly port: PortName;
  /** The port that was changed: differs from `port` when that is a member of an aggregate, or named otherwise. */
  readonly effectivePort: PortName;
  readonly status: 'applied' | 'unchanged' | 'held' | 'parked' | 'failed';
  readonly plan: PortPlan;
  /** What the effective port was to have; of further addresses with the MACs that they got. */
  readonly bindings: readonly Binding[];
  /** Bindings read back from the device after the pass. */
  readonly statements: readonly Statement[];
  /** How the port is enforced, read back likewise; none where the kind has no such statements. */
  readonly enforcement: readonly Statement[];
  /** Desired bindings that this device cannot hold (no such VLAN, no IPv6), left out and reported. */
  readonly excluded: readonly Exclusion[];
  /**
   * Present statements that wait for a person, beside whatever was done. The status is `parked` when nothing was to be
   * done and a guard holds some of them; statements that nobody here knows alone leave it `applied` or `unchanged`.
   */
  readonly parked?: ParkedRemovals;
  /** What policies say of the port, and what became of that. Absent: nothing. */
  readonly policy?: PolicyReport;
  /** Statements that people keep there, those that only policies want, and those that a restore brought: they are no server's. */
  readonly kept: readonly Statement[];
  /** What is to be said of keeps: a removal that one did not let through, one that cannot be carried out. */
  readonly remarks: readonly string[];
  /** The hold that a person has on the port. Absent: none. */
  readonly hold?: HoldWork;
  /** When `failed`. */
  readonly error?: ErrorReport;
}

/** What a pass did. */
export interface Convergence {
  readonly ports: readonly PortConvergence[];
  /** The change in the device's own command form, whatever went over the wire. */
  readonly commands: readonly string[];
  /** Present when something was committed. */
  readonly commit?: {
    readonly logToken: string;
    /** The device's own diff of what was committed, as text. */
    readonly diff: string;
    readonly confirmed: boolean;
    /** What one commit of the device took, from sending it to having read back, in seconds. */
    readonly seconds: number;
  };
  /** Things an operator should know but that stopped nothing (warnings of the device, risky settings). */
  readonly notes: readonly string[];
}

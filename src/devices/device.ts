import type { Binding } from '../domain/desired/binding';
import type { Statement } from '../domain/change/statement';
import type { CommitFinding, CommitIntent } from '../domain/change/commitIntent';
import type { ErrorReport } from '../domain/errors';
import type { GuardLimits } from '../domain/change/guards';
import type { IpAddress } from '../domain/values/ip';
import type { Exclusion } from '../domain/change/outcome';
import type { PortPlan } from '../domain/change/plan';
import type { DeviceId, PortName } from '../domain/values/port';
import type { JustifiedRemovals, ParkedRemovals } from '../domain/change/removals';

/** What one port shall let through. */
export interface PortTarget {
  readonly port: PortName;
  /** These bindings, and of those present besides all that `removals` does not justify to remove. */
  readonly desired: readonly Binding[];
  /** Present bindings of these addresses stay as they are and wait for nobody: their source was not read for certain. */
  readonly retainIps: readonly IpAddress[];
  readonly removals: JustifiedRemovals;
  /** Fingerprint of the parked removals that a person approved, when one did. */
  readonly approvedFingerprint?: string;
}

/** One pass over some ports of a device: at most one commit (two when a confirmed commit is closed by a commit). */
export interface ConvergeRequest {
  readonly targets: readonly PortTarget[];
  readonly guards: GuardLimits;
  /** Goes into the device's commit log; unique per pass, names the workflow. At most 120 characters, no secrets. */
  readonly logToken: string;
  /** When false everything is done but the commit: the candidate is discarded after the check. */
  readonly dryRun?: boolean;
  /** Commits of earlier passes of which nobody knows what became: found out before anything else is done. Oldest first. */
  readonly openCommits?: readonly CommitIntent[];
}

/** What became of one port of a pass. */
export interface PortConvergence {
  readonly port: PortName;
  /** The logical interface that was changed: differs from `port` when the port is a member of an aggregate. */
  readonly effectivePort: PortName;
  readonly status: 'applied' | 'unchanged' | 'parked' | 'failed';
  readonly plan: PortPlan;
  /** Bindings read back from the committed configuration after the pass. */
  readonly bindings: readonly Statement[];
  /** Desired bindings that this device cannot hold (no such VLAN, no IPv6), left out and reported. */
  readonly excluded: readonly Exclusion[];
  /**
   * Present bindings that wait for a person, beside whatever was done. The status is `parked` when nothing was to be
   * done and a guard holds some of them; bindings that nobody here knows alone leave it `applied` or `unchanged`.
   */
  readonly parked?: ParkedRemovals;
  /** When `failed`. */
  readonly error?: ErrorReport;
}

/** What a pass did. */
export interface Convergence {
  readonly ports: readonly PortConvergence[];
  /** The change in the device's own command form (`delete …`, `set …`, `commit`), whatever went over the wire. */
  readonly commands: readonly string[];
  /** Present when something was committed. */
  readonly commit?: {
    readonly logToken: string;
    /** The device's own diff of what was committed, as text. */
    readonly diff: string;
    readonly confirmed: boolean;
  };
  /** Things an operator should know but that stopped nothing (warnings of the device, risky knobs). */
  readonly notes: readonly string[];
}

/** What a pass needs from its surroundings. */
export interface ConvergeContext {
  /** Aborting closes the session at once; what is not committed by then is not committed by this pass. */
  readonly signal: AbortSignal;
  /** Called when a step begins, for heartbeats and logs: `lock`, `read`, `load`, `diff`, `check`, `backup`, `commit`, `read-back`, `unlock`. */
  readonly onStep: (step: string, detail?: string) => void;
  /** Called with the committed configuration right before the commit; the pass fails when it rejects. */
  readonly onBackup: (configuration: string) => Promise<void>;
  /** Called with what became of the request's open commits, before anything is changed; the pass fails when it rejects. */
  readonly onOpenCommits: (findings: readonly CommitFinding[]) => Promise<void>;
  /**
   * Called right before the commit is sent, with what it will do; the pass stops with the error it rejects with
   * (`stale-attempt`). A commit that the device refused may be followed by one of the same token with fewer ports.
   */
  readonly beforeCommit: (intent: CommitIntent) => Promise<void>;
}

/** A port with the bindings the device enforces now. */
export interface PortBindings {
  readonly port: PortName;
  readonly effectivePort: PortName;
  readonly bindings: readonly Statement[];
}

/** The one small interface behind which every kind of device stands. */
export interface Device {
  readonly id: DeviceId;
  /**
   * Brings the desired bindings onto the targets' ports, removes what may go, and proves it by reading the committed
   * configuration back. Ports that the device rejects fail alone.
   * @throws PortwardenError for whole-device faults; then nothing is known to have changed
   *   (`device-unknown-outcome` when that is not certain).
   */
  converge(request: ConvergeRequest, context: ConvergeContext): Promise<Convergence>;
  /** Reads the committed bindings of some ports, or of all ports that have any. */
  read(ports: readonly PortName[] | 'all', signal: AbortSignal): Promise<readonly PortBindings[]>;
}

/** Opens devices by id. Credentials are looked up here, at the moment of use, and nowhere else. */
export interface DeviceDirectory {
  open(id: DeviceId, signal: AbortSignal): Promise<Device>;
}

import type { PortBindings } from '../domain/backups/portBindings';
import type { Binding } from '../domain/desired/binding';
import type { CommitFinding, CommitIntent } from '../domain/change/commitIntent';
import type { ErrorCode, PortwardenError } from '../domain/errors';
import type { CoverageEntry } from '../domain/coverage';
import type { DropReading } from '../domain/dropEvidence';
import type { Origin } from '../domain/change/origin';
import type { Exclusion } from '../domain/change/outcome';
import type { PortPlan } from '../domain/change/plan';
import type { Statement } from '../domain/change/statement';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { PolicyCarrier } from './policyCarrier';

/**
 * One device, as its driver shows it. What is to change, what guards hold back, in which order things happen and what
 * is said of each port is not a driver's: `devices/pass` does it for every kind. Opening a device asks nothing of it.
 */
export interface Device {
  readonly id: DeviceId;
  /** Reads what is in force. Takes no lock and touches nothing, so it may be done at any time. */
  readState(signal: AbortSignal, reading?: Reading): Promise<DeviceState>;
  /**
   * Begins a change: nobody else changes the device until it ends, where the device can promise that.
   * @throws PortwardenError `device-busy`, `device-foreign-edits` when somebody else is at it; then nothing is held.
   */
  beginChange(context: ChangeContext): Promise<ChangeSession>;
  /** A configuration without the secrets in it: what is kept of it in backups. */
  redact(configuration: string): string;
  /**
   * Reads the whole configuration in force, with its secrets, and what every port lets through under it. Takes no lock and touches
   * nothing. Absent: a device of the kind is only read port by port, and its backups hold the ports of the change that they were made before.
   */
  readConfiguration?(signal: AbortSignal): Promise<ReadConfiguration>;
  /**
   * Reads what the device counted of frames that it refused, by the ports' own names. Takes no lock and touches nothing. Absent: devices of the
   * kind count nothing.
   */
  dropCounters?(signal: AbortSignal): Promise<DropReading>;
  /**
   * Searches the device's own history for who brought statements that are there now, and who took others, as far as its settings let it go back.
   * Takes no lock and touches nothing. Absent: devices of the kind keep no history.
   * @returns undefined when this device keeps none.
   */
  origins?(wanted: readonly StatementsOfPort[], signal: AbortSignal): Promise<OriginOf | undefined>;
}

/** A configuration as a device has it. */
export interface ReadConfiguration {
  readonly text: string;
  /** Absent: somebody changed the device while it was read. */
  readonly bindings?: PortBindings;
}

/** Statements of one effective port. */
export interface StatementsOfPort {
  readonly port: PortName;
  readonly statements: readonly Statement[];
  /** Statements that are not there now: who took them is searched. Absent: none. */
  readonly gone?: readonly Statement[];
}

/** Who brought a statement, or took it, as a search found it; undefined for one that was not searched for. */
export type OriginOf = (port: PortName, statement: Statement) => Origin | undefined;

/** What of a device is to be read. */
export interface Reading {
  /** The ports that it is about; absent: all. A device that takes a request for each reads only these, others all. */
  readonly ports?: readonly PortName[];
  /** Policies may concern the ports: what these are judged by is read too. */
  readonly withPolicies?: boolean;
  /** The device's clock is read too, where that is a question of its own, and told to whoever the driver's surroundings name. */
  readonly withClock?: boolean;
}

/** What every port lets through, as backups have it. @param state of the whole device. */
export function bindingsOfAll(state: Pick<DeviceState, 'boundPorts' | 'statements'>): PortBindings {
  return state.boundPorts().map((port) => ({ port, statements: state.statements(port) }));
}

/** What is in force on a device at one moment. Only {@link ChangeSession} changes anything. */
export interface DeviceState {
  /** The port whose statements rule a port's traffic: itself under the device's own name, or what it is a member of. */
  effectivePort(port: PortName): PortName;
  /** Every port that has statements, by the device's own names. */
  boundPorts(): readonly PortName[];
  /** The statements of an effective port. */
  statements(port: PortName): readonly Statement[];
  /**
   * The desired bindings of an effective port in the device's own statements; no address is desired twice. What the
   * device cannot hold, or what cannot be told from what is there, is left out and named: its present statements stay.
   * @param isEnforced the port is taken as enforced, however it is now: a policy has suspended that, or brings it back.
   */
  translate(port: PortName, desired: readonly Binding[], isEnforced?: boolean): Translation;
  /** How the kind carries out port policies. Absent: it carries none out, and says so. */
  readonly policies?: PolicyCarrier;
  /**
   * Why the device cannot carry a plan out as it is configured now; undefined when it can.
   * @param foreign statements that stay and that no server, keep or policy stands for, for words about limits.
   */
  refusal(plan: PortPlan, foreign?: readonly Statement[]): PortwardenError | undefined;
  /** The change in the device's own command form: the fewest commands that do it; none when nothing changes. */
  commands(plans: readonly PortPlan[]): readonly string[];
  /** The same result the long way, for people who know it so: what the ports have is deleted, and what they shall have is set. */
  replaceCommands(plans: readonly PortPlan[]): readonly string[];
  /** What an operator should know of the device's settings around these changes. Nothing of it stops anything. */
  notes(plans: readonly PortPlan[]): readonly string[];
  /**
   * Whether a port without statements lets everything through, so that its first one shuts out all else: then none is
   * begun while anything of the port is in doubt. Absent: a port without statements lets nothing through.
   */
  isOpen?(port: PortName): boolean;
  /**
   * How the configuration wants a port enforced besides, once a plan is carried out: what is missing of it, as statements of
   * {@link PolicyCarrier.enforcement}. They are added with the plan, and nothing of it is ever removed for them. Absent: nothing.
   * @param isCertain nothing that may be in use behind the port is in doubt without a statement.
   */
  configured?(plan: PortPlan, isCertain: boolean): readonly Statement[];
  /** What keeps the statements of a port from having effect, one sentence each. Absent: nothing does. */
  remarks?(port: PortName): readonly string[];
  /**
   * What the device enforces of an effective port as it is set now, and what not: by the codes of `domain/coverage` and in the
   * kind's words. A code that is missing is no matter of the port.
   */
  coverage(port: PortName): readonly CoverageEntry[];
  /** How many commits of the device would carry the plans out: two where one is confirmed by another, or one for each port. */
  commitsFor(plans: readonly PortPlan[]): number;
  /** What one commit of such a device takes, in seconds: assumed as long as none of this one was measured. */
  readonly assumedCommitSeconds: number;
}

/** Desired bindings in a device's own statements. */
export interface Translation {
  readonly statements: readonly Statement[];
  readonly excluded: readonly Exclusion[];
}

/** What a driver is given for one change. */
export interface ChangeContext extends Reading {
  /** Aborting closes the session at once; what is not committed by then is not committed by this change. */
  readonly signal: AbortSignal;
  /** Called when a step begins, for heartbeats and logs: `lock`, `read`, `load`, `diff`, `check`, `commit`, `read-back`, `unlock`. */
  readonly onStep: (step: string, detail?: string) => void;
  /** Goes into the device's commit log; unique per pass, names the workflow. At most 120 characters, no secrets. */
  readonly logToken: string;
  /** Where ports are written one by one: called before each but the first. A port for which it rejects is not written. Absent: all may be. */
  readonly beforeFurtherWrite?: (port: PortName) => Promise<void>;
}

/** A plan and what it was made from. */
export interface PlannedPort {
  /** The effective port. */
  readonly port: PortName;
  /** With the enforcement, where the kind has that as statements ({@link PolicyCarrier.enforcement}). */
  readonly actual: readonly Statement[];
  readonly plan: PortPlan;
}

/** A port that a device refuses, with the device's words. */
export interface RefusedPort {
  readonly port: PortName;
  readonly message: string;
  /** Absent: `device-rejected`. One that may pass brings the port back to the queue. */
  readonly code?: ErrorCode;
}

/** Changes that are ready to be committed. */
export interface PreparedChange {
  /** Ports whose change is prepared. Empty: nothing is, and there is nothing to commit. */
  readonly accepted: readonly PortName[];
  readonly rejected: readonly (RefusedPort & { readonly code: ErrorCode })[];
  /** The device's own difference of what is prepared, as text and without secrets. */
  readonly diff: string;
  /** What the device remarked. */
  readonly notes: readonly string[];
}

/** A commit as it will show in the device's log, known before it is sent. */
export interface AnnouncedCommit extends Pick<CommitIntent, 'logToken' | 'confirmed' | 'previousToken'> {
  /** How many commits of the device it is, where the device takes one for each port; absent: one. What one takes is measured. */
  readonly commits?: number;
  /** When `confirmed`: minutes after which the device takes the change back by itself unless it is confirmed. */
  readonly undoneAfterMinutes?: number;
}

/** How a commit ended. */
export type CommitResult =
  | {
      /** Nothing of it is in force. */
      readonly committed: false;
      /** Whose fault it is: the others may be prepared and committed without them. Never empty. */
      readonly refused: readonly RefusedPort[];
    }
  | {
      readonly committed: true;
      /** What is in force now, read anew from the device after the commit. */
      readonly state: DeviceState;
      /** Ports of the commit that the device took back or did not take, where it commits port by port. */
      readonly refused: readonly RefusedPort[];
      /**
       * Ports whose change is in force, though somebody else wrote at the same moment and their change may be lost by it: they
       * fail with what is said here, and the next pass finds ours done. Absent: none.
       */
      readonly disturbed?: readonly RefusedPort[];
      readonly notes: readonly string[];
    };

/** One change of a device while it lasts. The pass calls these in the order in which they stand here. */
export interface ChangeSession {
  /** Reads what is in force, while nobody else can change it. May be called again. */
  read(): Promise<DeviceState>;
  /**
   * Finishes what an interrupted change of ours left half done, unless a commit of this change has done so. Called when
   * there is nothing to commit, or nothing was.
   * @returns whether anything was done, so that what was read before may be stale.
   */
  finishEarlier(): Promise<boolean>;
  /**
   * Finds out what became of commits of interrupted passes, judged by a state read before anything was changed.
   * `open` is what cannot be said yet; it is asked again when the change is through.
   */
  findOut(commits: readonly CommitIntent[], before: DeviceState): readonly CommitFinding[];
  /** Makes the changes ready as far as the device accepts them; what was prepared before is dropped. */
  prepare(ports: readonly PlannedPort[]): Promise<PreparedChange>;
  /** The whole configuration in force, for a backup. */
  configuration(): Promise<string>;
  /** What the commit of these ports will be called. */
  announce(ports: readonly PlannedPort[]): AnnouncedCommit;
  /**
   * Commits what is prepared, and reads back what is in force then.
   * @throws PortwardenError when nothing is known to have changed, `device-unknown-outcome` when that is not certain.
   */
  commit(announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<CommitResult>;
  /** Keeps a confirmed commit, which the device would take back otherwise. Only for one that was proven by reading back. */
  confirm(announced: AnnouncedCommit, ports: readonly PlannedPort[]): Promise<void>;
  /** Ends the change: what is prepared and not committed is dropped, then nothing is held any more. Never throws. */
  end(failure?: unknown): Promise<void>;
}

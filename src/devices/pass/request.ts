import type { PortBindings } from '../../domain/backups/portBindings';
import type { AdditionalAddress } from '../../domain/desired/additionalAddress';
import type { Binding } from '../../domain/desired/binding';
import type { RevokedMac } from '../../domain/desired/virtualMac';
import type { SettingsChange } from '../../domain/desired/bindingSettings';
import type { CommitFinding, CommitIntent } from '../../domain/change/commitIntent';
import type { Loss } from '../../domain/change/brake';
import type { GuardLimits } from '../../domain/change/guards';
import type { Keep } from '../../domain/change/keep';
import type { KeptElsewhere } from '../../domain/change/keptElsewhere';
import type { GuardFacts } from '../../domain/change/passGuards';
import type { Exclusion } from '../../domain/change/outcome';
import type { JustifiedRemovals } from '../../domain/change/removals';
import type { Statement } from '../../domain/change/statement';
import type { ErrorReport } from '../../domain/errors';
import type { ServerId } from '../../domain/event/event';
import type { PortHold } from '../../domain/holds/portHold';
import type { PortPolicy } from '../../domain/policies/policy';
import type { PortMemory, PortMemoryChange } from '../../domain/policies/portMemory';
import type { WholeSubnet } from '../../domain/servers/subnetAssignment';
import type { DeviceId } from '../../domain/values/device';
import type { IpAddress } from '../../domain/values/ip';
import type { MacAddress } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { GroupAddresses } from '../policyCarrier';

/** What one port shall let through. */
export interface PortTarget {
  readonly port: PortName;
  /** These bindings, and of those present besides all that `removals` does not justify to remove. */
  readonly desired: readonly Binding[];
  /** Further addresses of dedicated servers: what the port has decides how they are bound. Absent: none. */
  readonly additional?: readonly AdditionalAddress[];
  /** Present statements of these addresses stay as they are and wait for nobody: their source was not read for certain. */
  readonly retainIps: readonly IpAddress[];
  /** What is reported of addresses that are present without being desired. */
  readonly ifPresent?: readonly Exclusion[];
  readonly removals: JustifiedRemovals;
  /** What a change of settings alone does, and which settings. Absent: nothing. */
  readonly changed?: { readonly changes: readonly SettingsChange[]; readonly names: readonly string[] };
  /** Whole subnets of servers behind the port: present statements inside them stay and are listed. Absent: none. */
  readonly subnets?: readonly WholeSubnet[];
  /** Servers of the panel behind the port, by which policies are found. Absent: none is known. */
  readonly serverIds?: readonly ServerId[];
  /** Fingerprint of the parked removals that a person approved, when one did. */
  readonly approvedFingerprint?: string;
  /** Keys of the statements whose removal a person approved one by one. */
  readonly approvedStatements?: readonly string[];
}

/** Who stands for groups that rules name as their other side, by their names: addresses, or why that is not known now. */
export type RemoteGroups = ReadonlyMap<string, GroupAddresses>;

/** The policies that may concern the ports of a device, read from the store at the time of the pass. */
export interface PoliciesOfDevice {
  readonly device: DeviceId;
  /** Of its ports, networks and itself, and of every server. Those that have ended may be among them. */
  readonly policies: readonly PortPolicy[];
  /** Decides which of them have ended. */
  readonly at: Date;
  /** What is remembered of the device's ports, by their effective names. */
  readonly memories: ReadonlyMap<PortName, PortMemory>;
  /** Of the ports of all devices. Absent: no rule names a group. */
  readonly groups?: RemoteGroups;
}

/** The holds of a device's ports, read from the store at the time of the pass. */
export interface HoldsOfDevice {
  readonly holds: readonly PortHold[];
  /** Decides which of them are over. */
  readonly at: Date;
}

/** What is asked for some ports of a device, whether it is carried out or only shown. */
export interface PreviewRequest {
  readonly targets: readonly PortTarget[];
  readonly guards: GuardLimits;
  /** What people keep on the device's ports and that is in force, earliest first. */
  readonly keeps: readonly Keep[];
  /** What people hold on the device's ports as a backup had it, whatever has become of it. Absent: nothing. */
  readonly portHolds?: HoldsOfDevice;
  /** What is kept, left and wanted of the same addresses at other ports. Absent: nothing. */
  readonly keptElsewhere?: KeptElsewhere;
  /** What people override on the device's ports, and what is remembered of that. Absent: nothing. */
  readonly policies?: PoliciesOfDevice;
  /** What happened lately, for the guards that look back. Absent: nothing. */
  readonly facts?: GuardFacts;
  /** The virtual MACs that further addresses got for this pass, by their holders; a new one is shown for those that lack one. */
  readonly virtualMacs?: ReadonlyMap<string, MacAddress>;
  /** Virtual MACs that were taken away: what is bound to them goes, whatever is in doubt about its address. Absent: none. */
  readonly revokedMacs?: readonly RevokedMac[];
}

/** One pass over some ports of a device: at most one commit (two when a confirmed commit is closed by a commit). */
export interface ConvergeRequest extends PreviewRequest {
  /** Goes into the device's commit log; unique per pass, names the workflow. At most 120 characters, no secrets. */
  readonly logToken: string;
  /** Commits of earlier passes of which nobody knows what became: found out before anything else is done. Oldest first. */
  readonly openCommits?: readonly CommitIntent[];
  /** Why a port, by its own and its effective names, is not changed now though nothing is wrong. Absent: every port may be. */
  readonly deferralOf?: (names: readonly PortName[]) => ErrorReport | undefined;
  /** Why the change of a port, by its own name, is not made though it could be: whoever asked for it planned another one. Absent: every change is made. */
  readonly objectionTo?: (port: PortName, change: PlannedDifference) => ErrorReport | undefined;
}

/** What a pass is about to do with a port. */
export interface PlannedDifference {
  readonly added: readonly Statement[];
  readonly removed: readonly Statement[];
}

/** What a pass needs from its surroundings. */
export interface ConvergeContext {
  /** Aborting closes the session at once; what is not committed by then is not committed by this pass. */
  readonly signal: AbortSignal;
  /**
   * Called once, with what confirmed absence is about to take, when that is anything. Answers with facts by which the
   * guards judge again, when the site brakes for it: then none of it goes. Absent: nobody counts.
   */
  readonly onLosses?: (losses: readonly Omit<Loss, 'device'>[]) => Promise<GuardFacts | undefined>;
  /** Called when a step begins, for heartbeats and logs: those of `ChangeContext`, and `backup`. */
  readonly onStep: (step: string, detail?: string) => void;
  /**
   * Called with the configuration in force, without its secrets, right before the commit, and with what every port lets through
   * under it, where that is known; the pass fails when it rejects.
   */
  readonly onBackup: (configuration: string, bindings?: PortBindings) => Promise<void>;
  /** Called with what became of the request's open commits, before anything is changed; the pass fails when it rejects. */
  readonly onOpenCommits: (findings: readonly CommitFinding[]) => Promise<void>;
  /**
   * Called when further addresses need virtual MACs of their own, before anything is changed. The same holder gets the same one
   * however often it is asked for. @returns the MACs by holder; the pass fails when it rejects.
   */
  readonly allocateVirtualMacs: (addresses: readonly AdditionalAddress[]) => Promise<ReadonlyMap<string, MacAddress>>;
  /**
   * Called with what is to be remembered of ports because of policies: before the commit, so that nothing that it takes is
   * ever lost, and after it was read back. Durable when it resolves; the pass fails when it rejects. Needed with policies.
   */
  readonly onRemember?: (changes: readonly PortMemoryChange<PortName>[]) => Promise<void>;
  /**
   * Called right before the commit is sent, with what it will do; the pass stops with the error it rejects with
   * (`stale-attempt`). A commit that the device refused may be followed by one of the same token with fewer ports.
   */
  readonly beforeCommit: (intent: CommitIntent) => Promise<void>;
  /** Called before each further write of a device that is written port by port; a port for which it rejects is not written. */
  readonly beforeFurtherWrite?: (port: PortName) => Promise<void>;
}

import type { Logger } from 'pino';
import type { DeviceDirectory } from '../devices/directory';
import type { GuardSettings } from '../domain/change/guardSettings';
import type { BackupRules } from '../domain/backups/backupRules';
import type { RangeLimits } from '../domain/policies/addressPair';
import type { GuestPorts } from '../domain/servers/guestPort';
import type { SecurityGroups } from '../domain/policies/securityGroup';
import type { DeviceId } from '../domain/values/device';
import type { AdditionalAddressPolicy } from '../domain/desired/additionalAddress';
import type { VlanMap } from '../domain/desired/vlanResolution';
import type { Sites } from '../domain/values/scope';
import type { VlanAllowlist } from '../domain/values/vlan';
import type { CoordinatorLimits } from '../protocol/coordinator';
import type { ChangeWindows } from '../domain/windows/changeWindow';
import type { HypervisorSource } from '../sources/hypervisorSource';
import type { PanelSource } from '../sources/panelSource';
import type { BindingSettingsReader } from '../store/bindingSettings';
import type { HoldReader } from '../store/holds';
import type { KeepReader } from '../store/keeps';
import type { PlacementReader } from '../store/placements';
import type { ReconcileSettings } from '../domain/drift/reconcileSettings';
import type { VanishedReader } from '../store/reconciles';
import type { WorkUnderWay } from '../temporal/workUnderWay';
import type { PolicySources } from './pass/policiesOfDevice';
import type { Store } from '../store/store';
import type { VirtualMacReader } from '../store/virtualMacs';
import type { ActivityMetrics } from '../telemetry/activityMetrics';
import type { Enlister } from '../temporal/coordinators';
import type { EventReporter } from '../temporal/waitingEvents';

/**
 * All that desired bindings are computed from. Nothing in it can write or signal, so that what reads from it alone may
 * run without effects: a preview runs exactly the readings and rules of a pass.
 */
export interface FactSources {
  readonly panel: PanelSource;
  readonly hypervisors: ReadonlyMap<string, HypervisorSource>;
  readonly store: PolicySources & {
    readonly placements: PlacementReader;
    readonly keeps: KeepReader;
    readonly holds: HoldReader;
    readonly virtualMacs: VirtualMacReader;
    readonly bindingSettings: BindingSettingsReader;
    readonly reconciles: VanishedReader;
  };
  readonly vlans: { readonly map: VlanMap; readonly allowlist: VlanAllowlist };
  /** The groups that devices without groups of their own render. */
  readonly securityGroups: SecurityGroups;
  /** Whether the ports of a device have VLANs. */
  readonly hasVlans: (device: DeviceId) => boolean;
  /** The ports that are guests' own NICs. */
  readonly guestPorts: GuestPorts;
  /** How long the bindings of a guest stay at a port that it has left, in milliseconds. */
  readonly moveGraceMs: number;
  /** What becomes of further addresses of dedicated servers on a device, as configured. */
  readonly additionalAddresses: (device: DeviceId) => AdditionalAddressPolicy;
}

/** Everything the activities are made from. */
export interface ActivityDependencies extends FactSources {
  readonly enlister: Enlister;
  readonly devices: DeviceDirectory;
  /** From the worker's configuration, as the coordinators get them with every batch. */
  readonly guards: GuardSettings;
  readonly limits: CoordinatorLimits;
  readonly sites: Sites;
  /** The widest ranges that a policy may say without a word of its own. */
  readonly widestRanges: RangeLimits;
  readonly changeWindows: ChangeWindows;
  readonly reconcile: ReconcileSettings;
  /** What of ours is not done yet on a device. */
  readonly workUnderWay: WorkUnderWay;
  /** When devices are backed up. */
  readonly backups: BackupRules & { readonly atOnce: number };
  /** Configurations of guests that one look at a cluster reads, in turn. */
  readonly watchedConfigurations: number;
  /** How long an event waits for an outcome before it asks again, in milliseconds. */
  readonly waitForOutcomeMs: number;
  readonly store: Store;
  /** The events that wait for ports. */
  readonly waiting: EventReporter;
  readonly log: Logger;
  readonly metrics: ActivityMetrics;
  /** The counters of a device are worth reading now; nothing waits for it. */
  readonly wantDrops: (device: DeviceId) => void;
  /** Aborted when the worker stops: a device change stops then, unless it is in its commit. */
  readonly stopping: AbortSignal;
}

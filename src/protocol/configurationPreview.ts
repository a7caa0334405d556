import type { BindingSettings } from '../domain/desired/bindingSettings';
import type { GuardLimits } from '../domain/change/guards';
import type { NodeUplink } from '../domain/servers/nodeUplink';
import type { ErrorReport } from '../domain/errors';
import type { IpAddress } from '../domain/values/ip';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/** A port as the configuration names it: the panel's number of the switch, and a name perhaps without a unit. */
export interface ConfiguredPort {
  readonly switchId: number;
  readonly port: PortName;
}

/** An uplink as the configuration names it. */
export interface ProposedUplink extends Omit<NodeUplink, 'ports'> {
  readonly ports: readonly ConfiguredPort[];
}

/** What of a new configuration file decides about bindings. No secrets. */
export interface ProposedConfiguration extends Pick<BindingSettings, 'map' | 'allowlist'> {
  readonly clusters: Readonly<
    Record<
      string,
      Omit<BindingSettings['clusters'][string], 'uplinks'> & {
        readonly uplinks: Readonly<Record<string, readonly ProposedUplink[]>>;
      }
    >
  >;
  readonly guards: GuardLimits & {
    /** What is different for single devices. Absent: what is different under the present configuration. */
    readonly devices?: Readonly<Record<DeviceId, Partial<GuardLimits>>>;
  };
}

/** Which page of the fleet: from a device on, and from a port of it on. */
export interface FleetCursor {
  readonly device: DeviceId;
  readonly port?: PortName;
}

/** Input of the activity `previewConfiguration`. */
export interface ConfigurationPreviewInput {
  readonly proposed: ProposedConfiguration;
  readonly from?: FleetCursor;
}

/** What becomes of one address because of the new configuration. */
export interface ConfigurationEffect {
  readonly ip: IpAddress;
  /**
   * `added`: bound where it is not now. `moved`: not bound yet, and would be bound in another VLAN. `replaced` and
   * `removed`: it is let through, and the change is parked. `left-out`: not bound yet, and would not be any more.
   */
  readonly effect: 'added' | 'moved' | 'replaced' | 'removed' | 'left-out';
  readonly before?: string;
  readonly now?: string;
}

/** A port on which the new configuration makes a difference. */
export interface AffectedPort {
  readonly port: PortName;
  readonly effects: readonly ConfigurationEffect[];
  /** How many further addresses are affected, which the answer has no room for. */
  readonly more: number;
  /** What a change of the guards does, in sentences. */
  readonly guards: readonly string[];
}

/** Result of `previewConfiguration`: one page, of one device. */
export interface ConfigurationPreviewResult {
  readonly summary: string;
  /** The settings that differ from those of the worker. */
  readonly settings: readonly string[];
  readonly device?: DeviceId;
  /** How many of its ports were looked at. */
  readonly looked: number;
  readonly ports: readonly AffectedPort[];
  /** Ports that could not be looked at, and what else is to be said. */
  readonly notes: readonly string[];
  readonly error?: ErrorReport;
  /** Where the next page begins; absent after the last one. */
  readonly next?: FleetCursor;
}

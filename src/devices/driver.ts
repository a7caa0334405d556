import type { AdditionalAddressPolicy } from '../domain/desired/additionalAddress';
import type { KindCoverage } from '../domain/coverage';
import type { DeviceId } from '../domain/values/device';
import type { SecurityGroups } from '../domain/policies/securityGroup';
import type { ServerId } from '../domain/event/event';
import type { GuestNicRef, OwnGuests } from '../domain/servers/guestPort';
import type { MacAddress } from '../domain/values/mac';
import type { ConfiguredLink, TaggedPort } from '../domain/servers/portLink';
import type { PortName, PortRef } from '../domain/values/port';
import type { AnswerObserver } from '../clients/seenAnswer';
import type { ProxmoxClusterOptions } from '../clients/proxmox/options';
import type { PathSegment } from '../primitives/configuration/problem';
import type { PolicyFields } from '../domain/policies/policy';
import type { VlanAllowlist } from '../domain/values/vlan';
import type { Section } from '../primitives/configuration/section';
import type { Device } from './device';

/** What the product has to know of a kind of device. One folder below `src/devices` for each, named like the kind. */
export interface DeviceDriver {
  /** The part of its device ids before the colon. */
  readonly kind: string;
  /** The name of the activity that runs the shared pass over such a device, as histories show it: `commitToSwitch`. */
  readonly passActivity: string;
  /** Its section of the configuration file. */
  readonly configuration: { readonly name: string; readonly section: Section<unknown> };
  /** What its devices do where a kind may do anything else than panel and policies say; of one port, `DeviceState.coverage` says it. */
  readonly coverage: KindCoverage;
  /** The longest that a commit may take, in milliseconds: a shutdown lets it finish for as long. @param settings what the section became. */
  readonly longestCommitMs: (settings: unknown) => number;
  /**
   * Present when the devices are switches that the panel lists: the part of their ids after the colon is the panel's number
   * of the switch. Says which numbers the section names; a switch that no section names is of the first such kind in the
   * registry. @param settings what the section became.
   */
  readonly panelSwitches?: (settings: unknown) => readonly number[];
  /** Present when the section names every device there is of the kind: the parts of their ids after the colon. @param settings what the section became. */
  readonly deviceKeys?: (settings: unknown) => readonly string[];
  /** Present when its section names clusters of hypervisors: which, and where. @param settings what the section became. */
  readonly hypervisorClusters?: (settings: unknown) => readonly NamedCluster[];
  /** How a device names its ports; asks nothing of it. @param settings what the section became. @throws PortwardenError `device-not-configured`. */
  readonly naming: (settings: unknown, id: DeviceId) => DeviceNaming;
  /** The devices of the kind. */
  readonly devices: (settings: unknown, surroundings: DriverSurroundings) => DevicesOfKind;
}

/** A cluster of hypervisors that a section names. */
export interface NamedCluster {
  readonly cluster: string;
  /** Where, within the section. */
  readonly path: readonly PathSegment[];
}

/** What a driver is given by the process that it runs in. */
export interface DriverSurroundings {
  /** How a cluster of hypervisors is reached, as the configuration of the hypervisors says; undefined when it has none of the name. */
  readonly hypervisor: (cluster: string) => ProxmoxClusterOptions | undefined;
  /** How to log in to a switch of the panel. Asked for every session, so that a changed password is used at once. */
  readonly panelLogin: (switchId: number, signal: AbortSignal) => Promise<PanelLoginParts>;
  readonly hostKeys: HostKeys;
  /** How portwarden names a VLAN that a device does not; `{id}` is replaced. */
  readonly vlanNameTemplate: string;
  /** VLANs in which something may be bound; none: all. */
  readonly vlanAllowlist: VlanAllowlist;
  /** The groups that devices without groups of their own render. */
  readonly securityGroups: SecurityGroups;
  readonly logOf: (device: DeviceId) => DeviceLog;
  /** What is told of a device's answers: its login and its clock. Absent: nobody wants to know. */
  readonly observerOf?: (device: DeviceId) => AnswerObserver;
}

/** The panel's part of a switch's login. */
export interface PanelLoginParts {
  readonly name?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string | undefined;
  readonly vendor?: string;
}

/** SSH host keys that were trusted on first use. */
export interface HostKeys {
  list(device: DeviceId): Promise<readonly string[]>;
  add(device: DeviceId, fingerprint: string): Promise<void>;
}

/** What drivers log with; pino's loggers fit. */
export interface DeviceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The devices of one kind, as a process is configured for them. */
export interface DevicesOfKind {
  /** Opens one; asks nothing of it. @throws PortwardenError `device-not-configured`. */
  open(id: DeviceId): Device;
  /** Which parts of a device's login are configured, so that the panel need not have them. */
  configuredLogin(id: DeviceId): ConfiguredLogin;
  /** What becomes of further addresses of dedicated servers on a device. Absent: `same-mac` on all of the kind. */
  additionalAddresses?(id: DeviceId): AdditionalAddressPolicy;
  /** Present when the panel knows nothing of the kind's devices: the configuration gives ports to its servers, and ports have no VLANs. */
  readonly ownPorts?: {
    /** Each server and each port at most once. */
    links(): readonly ConfiguredLink[];
    /** The ports that the devices' own inventory says a server has, by a tag on them. Absent: no device has such tags. */
    tagged?(server: ServerId, signal: AbortSignal): Promise<readonly TaggedPort[]>;
    /** The servers whose tags a port has. */
    tagsOf?(port: PortRef, signal: AbortSignal): Promise<readonly ServerId[]>;
    /** The MAC that a port has. @throws PortwardenError of the device. */
    macOf(port: PortRef, signal: AbortSignal): Promise<MacAddress>;
  };
  /**
   * Present when the kind's ports are NICs of guests, which go with their guest from node to node: beside the uplinks
   * of its node, a guest is behind these too, and every event of it concerns both.
   */
  readonly guestPorts?: {
    /** The port of a guest's NIC; undefined when the configuration has no device for the cluster, or only shows what it would do. */
    portOf(nic: GuestNicRef): PortRef | undefined;
    /** Whose NICs the ports of a device are; undefined when the configuration has no such device. */
    guestsOf(device: DeviceId): OwnGuests | undefined;
    /** The NIC that a port of the kind is; undefined when it names none. */
    nicOf(port: PortRef): GuestNicRef | undefined;
  };
  /**
   * Why a device cannot carry out what a policy says, in the kind's words: asked before the policy is stored. Asks nothing of
   * the device. @returns undefined when it can. Absent: the kind carries out no policies.
   */
  policyRefusal?(id: DeviceId, fields: PolicyFields): string | undefined;
  /**
   * Whether a device can be reached, told cheaply: asked every few seconds of devices that could not be, and of no others. Takes at most some
   * seconds; rejecting says no, too. Absent: that is only found out by working with a device of the kind.
   */
  answers?(id: DeviceId, signal: AbortSignal): Promise<boolean>;
  /** Connects to a device and describes what is seen there and would be managed. Changes nothing. */
  inspect(id: DeviceId, signal: AbortSignal): Promise<DeviceInspection>;
}

/** How panel and configuration name a port, and how its device does. */
export interface DeviceNaming {
  /** The device's own name of a port that panel or configuration name. */
  toDevice(port: PortName): PortName;
  /** The panel's name of one of the device's ports. */
  toPanel(port: PortName): PortName;
}

/** See {@link DevicesOfKind.configuredLogin}. */
export interface ConfiguredLogin {
  readonly host: boolean;
  readonly user: boolean;
  /** A password or a private key. */
  readonly secret: boolean;
}

/** What was found on a device. */
export interface DeviceInspection {
  /** Readable, without secrets. */
  readonly lines: readonly string[];
  /** False when portwarden could not manage the device as it is. */
  readonly healthy: boolean;
}

/** A driver, by the exact type of its settings. */
export interface DriverParts<Name extends string, Settings> {
  readonly kind: string;
  readonly passActivity: string;
  readonly configuration: { readonly name: Name; readonly section: Section<Settings> };
  readonly coverage: KindCoverage;
  readonly longestCommitMs: (settings: Settings) => number;
  readonly panelSwitches?: (settings: Settings) => readonly number[];
  readonly deviceKeys?: (settings: Settings) => readonly string[];
  readonly hypervisorClusters?: (settings: Settings) => readonly NamedCluster[];
  readonly naming: (settings: Settings, id: DeviceId) => DeviceNaming;
  readonly devices: (settings: Settings, surroundings: DriverSurroundings) => DevicesOfKind;
}

/** A driver from its parts. */
export function defineDriver<const Name extends string, Settings>(
  parts: DriverParts<Name, Settings>,
): DeviceDriver & Pick<DriverParts<Name, Settings>, 'configuration'> {
  const { panelSwitches, deviceKeys, hypervisorClusters, ...others } = parts;
  return {
    ...others,
    // The configuration was built by the section that the driver gave: its part is what that section makes.
    longestCommitMs: (settings) => parts.longestCommitMs(settings as Settings),
    naming: (settings, id) => parts.naming(settings as Settings, id),
    devices: (settings, surroundings) => parts.devices(settings as Settings, surroundings),
    ...(panelSwitches === undefined
      ? {}
      : { panelSwitches: (settings: unknown) => panelSwitches(settings as Settings) }),
    ...(deviceKeys === undefined ? {} : { deviceKeys: (settings: unknown) => deviceKeys(settings as Settings) }),
    ...(hypervisorClusters === undefined
      ? {}
      : { hypervisorClusters: (settings: unknown) => hypervisorClusters(settings as Settings) }),
  };
}

import type { AdditionalAddressPolicy } from '../domain/desired/additionalAddress';
import type { ServerId } from '../domain/event/event';
import type { GuestPorts } from '../domain/servers/guestPort';
import type { ConfiguredLink, TaggedPort } from '../domain/servers/portLink';
import { deviceKindOf, type DeviceId } from '../domain/values/device';
import type { MacAddress } from '../domain/values/mac';
import type { PolicyFields } from '../domain/policies/policy';
import type { PortRef } from '../domain/values/port';
import type { Device } from './device';
import type {
  ConfiguredLogin,
  DeviceDriver,
  DeviceInspection,
  DeviceNaming,
  DevicesOfKind,
  DriverSurroundings,
} from './driver';
import { panelSwitchDevice, panelSwitchOf } from './panelSwitches';
import { driverOf, DRIVERS, namingOf, settingsOf } from './registry';

/**
 * The devices that this process can change, by their ids. Every method throws a PortwardenError `device-kind-unknown` for a
 * device whose kind has no driver, and `device-not-configured` for one that its driver cannot reach.
 */
export interface DeviceDirectory {
  /** Opens a device. Credentials are looked up by it, at the moment of use, and nowhere else. */
  open(id: DeviceId): Device;
  naming(id: DeviceId): DeviceNaming;
  configuredLogin(id: DeviceId): ConfiguredLogin;
  /** What becomes of further addresses of dedicated servers on a device. */
  additionalAddresses(id: DeviceId): AdditionalAddressPolicy;
  /** Why a device cannot carry out what a policy says, in the kind's words; undefined when it can. */
  policyRefusal(id: DeviceId, fields: PolicyFields): string | undefined;
  inspect(id: DeviceId, signal: AbortSignal): Promise<DeviceInspection>;
  /** Whether a device that is away can be reached again, told cheaply; undefined when its kind cannot tell. */
  answers(id: DeviceId, signal: AbortSignal): Promise<boolean | undefined>;
  /** Whether the device is of a kind that there is a driver for; asks for nothing else. */
  requireDriver(id: DeviceId): void;
  /** The device that a switch of the panel is, by the panel's number. */
  panelSwitchDevice(switchId: number): DeviceId;
  /** The panel's number of a device; undefined when it is no switch of the panel, so that the panel has nothing to say of it. */
  panelSwitchOf(id: DeviceId): number | undefined;
  /** Whether the device's ports have VLANs; those that the configuration gives to servers have none. */
  hasVlans(id: DeviceId): boolean;
  /** Every port that the configuration gives to a server, on devices that the panel knows nothing of. */
  links(): readonly ConfiguredLink[];
  /** The ports that carry a tag of the server, on devices where such tags count. */
  tagged(server: ServerId, signal: AbortSignal): Promise<readonly TaggedPort[]>;
  /** The servers whose tags a port carries, where such tags count. */
  tagsOf(port: PortRef, signal: AbortSignal): Promise<readonly ServerId[]>;
  /** The MAC of such a port. @throws PortwardenError of the device. */
  macOf(port: PortRef, signal: AbortSignal): Promise<MacAddress>;
  /** The ports that are guests' own NICs. */
  readonly guestPorts: GuestPorts;
  /** The activity that runs the pass over the device. */
  passActivityOf(id: DeviceId): string;
  /** The names of those activities. */
  readonly passActivities: readonly string[];
}

/**
 * The devices of every driver.
 * @param configuration the configuration's sections by their names.
 */
export function createDeviceDirectory(
  configuration: object,
  surroundings: DriverSurroundings,
  drivers: readonly DeviceDriver[] = DRIVERS,
): DeviceDirectory {
  const kinds = new Map(
    drivers.map((driver) => [driver, driver.devices(settingsOf(driver, configuration), surroundings)]),
  );
  const of = (id: DeviceId): DevicesOfKind => {
    const driver = driverOf(id, drivers);
    const devices = kinds.get(driver);
    if (devices === undefined) throw new Error(`the driver of ${driver.kind} was not started`);
    return devices;
  };
  return {
    open: (id) => of(id).open(id),
    naming: (id) => namingOf(id, configuration, drivers),
    configuredLogin: (id) => of(id).configuredLogin(id),
    additionalAddresses: (id) => of(id).additionalAddresses?.(id) ?? 'same-mac',
    policyRefusal: (id, fields) => {
      const kind = of(id);
      return kind.policyRefusal === undefined
        ? `devices of the kind ${driverOf(id, drivers).kind} carry out no port policies`
        : kind.policyRefusal(id, fields);
    },
    inspect: (id, signal) => of(id).inspect(id, signal),
    answers: async (id, signal) => of(id).answers?.(id, signal),
    requireDriver: (id) => {
      driverOf(id, drivers);
    },
    panelSwitchDevice: (switchId) => panelSwitchDevice(switchId, configuration, drivers),
    panelSwitchOf: (id) => panelSwitchOf(id, drivers),
    hasVlans: (id) => of(id).ownPorts === undefined,
    links: () => [...kinds.values()].flatMap((kind) => kind.ownPorts?.links() ?? []),
    tagged: async (server, signal) => {
      const found = await Promise.all(
        [...kinds.values()].map(async ({ ownPorts }) => (await ownPorts?.tagged?.(server, signal)) ?? []),
      );
      return found.flat();
    },
    tagsOf: async (port, signal) => (await of(port.device).ownPorts?.tagsOf?.(port, signal)) ?? [],
    macOf: (port, signal) => {
      const { ownPorts } = of(port.device);
      if (ownPorts === undefined) throw new Error(`${port.device} has no ports of its own`);
      return ownPorts.macOf(port, signal);
    },
    guestPorts: {
      portsOf: (nic) => [...kinds.values()].flatMap((kind) => kind.guestPorts?.portOf(nic) ?? []),
      nicOf: (port) => {
        const driver = drivers.find(({ kind }) => kind === deviceKindOf(port.device));
        return driver === undefined ? undefined : kinds.get(driver)?.guestPorts?.nicOf(port);
      },
      guestsOf: (device) => {
        const driver = drivers.find(({ kind }) => kind === deviceKindOf(device));
        return driver === undefined ? undefined : kinds.get(driver)?.guestPorts?.guestsOf(device);
      },
    },
    passActivityOf: (id) => driverOf(id, drivers).passActivity,
    passActivities: [...new Set(drivers.map(({ passActivity }) => passActivity))],
  };
}

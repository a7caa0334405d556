import type { DeviceId } from '../domain/values/device';
import type { Device } from './device';
import type {
  ConfiguredLogin,
  DeviceDriver,
  DeviceInspection,
  DeviceNaming,
  DevicesOfKind,
  DriverSurroundings,
} from './driver';
import { driverOf, DRIVERS, settingsOf } from './registry';

/**
 * The devices that this process can change, by their ids. Every method throws a PortwardenError `device-kind-unknown` for a
 * device whose kind has no driver, and `device-not-configured` for one that its driver cannot reach.
 */
export interface DeviceDirectory {
  /** Opens a device. Credentials are looked up by it, at the moment of use, and nowhere else. */
  open(id: DeviceId): Device;
  naming(id: DeviceId): DeviceNaming;
  configuredLogin(id: DeviceId): ConfiguredLogin;
  inspect(id: DeviceId, signal: AbortSignal): Promise<DeviceInspection>;
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
    naming: (id) => of(id).naming(id),
    configuredLogin: (id) => of(id).configuredLogin(id),
    inspect: (id, signal) => of(id).inspect(id, signal),
    passActivityOf: (id) => driverOf(id, drivers).passActivity,
    passActivities: [...new Set(drivers.map(({ passActivity }) => passActivity))],
  };
}

import { PortwardenError } from '../domain/errors';
import { deviceKindOf, type DeviceId } from '../domain/values/device';
import type { DeviceDriver, DeviceNaming, NamedCluster } from './driver';
import { junosDriver } from './junos/driver';
import { neutronDriver } from './neutron/driver';
import { proxmoxFirewallDriver } from './proxmoxFirewall/driver';

/** Every kind of device that can be changed: the only list of kinds. A test compares it with the folders beside it. */
export const DRIVERS = [junosDriver, neutronDriver, proxmoxFirewallDriver] as const satisfies readonly DeviceDriver[];

/** The kinds of device that there are drivers for. */
export function deviceKinds(drivers: readonly DeviceDriver[] = DRIVERS): readonly string[] {
  return drivers.map(({ kind }) => kind);
}

/**
 * The driver of a device.
 * @throws PortwardenError `device-kind-unknown` when its kind has none.
 */
export function driverOf(device: DeviceId, drivers: readonly DeviceDriver[] = DRIVERS): DeviceDriver {
  const kind = deviceKindOf(device);
  const driver = drivers.find((candidate) => candidate.kind === kind);
  if (driver !== undefined) return driver;
  throw new PortwardenError(
    'device-kind-unknown',
    `${device} is of no kind that this portwarden can change; there are: ${deviceKinds(drivers).join(', ')}`,
    { details: { device, kinds: deviceKinds(drivers) } },
  );
}

/** What the section of a driver's kind became. @param configuration the configuration's sections by their names. */
export function settingsOf({ configuration: { name } }: DeviceDriver, configuration: object): unknown {
  return new Map<string, unknown>(Object.entries(configuration)).get(name);
}

/**
 * How a device names its ports.
 * @param configuration the configuration's sections by their names.
 * @throws PortwardenError `device-kind-unknown`, `device-not-configured`.
 */
export function namingOf(
  device: DeviceId,
  configuration: object,
  drivers: readonly DeviceDriver[] = DRIVERS,
): DeviceNaming {
  const driver = driverOf(device, drivers);
  return driver.naming(settingsOf(driver, configuration), device);
}

/** Every cluster of hypervisors that a kind's section names. @param configuration the configuration's sections by their names. */
export function namedClusters(
  configuration: object,
  drivers: readonly DeviceDriver[] = DRIVERS,
): readonly (NamedCluster & { readonly section: string })[] {
  return drivers.flatMap((driver) =>
    (driver.hypervisorClusters?.(settingsOf(driver, configuration)) ?? []).map((named) => ({
      ...named,
      section: driver.configuration.name,
    })),
  );
}

/** The longest that a commit of any device may take, in milliseconds. @param configuration the configuration's sections by their names. */
export function longestCommitMs(configuration: object, drivers: readonly DeviceDriver[] = DRIVERS): number {
  return Math.max(0, ...drivers.map((driver) => driver.longestCommitMs(settingsOf(driver, configuration))));
}

type Driver = (typeof DRIVERS)[number];

/** The sections of the kinds by their names. */
export type DeviceSections = {
  readonly [Each in Driver as Each['configuration']['name']]: Each['configuration']['section'];
};

/** What the kinds add to the configuration file. */
export function deviceSections(): DeviceSections {
  // A list of pairs with their names cannot say which name has which section; the list of drivers does.
  return Object.fromEntries(DRIVERS.map(({ configuration: { name, section } }) => [name, section])) as DeviceSections;
}

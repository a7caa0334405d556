import { PortwardenError } from '../domain/errors';
import { deviceKeyOf, type DeviceId } from '../domain/values/device';
import type { DeviceDriver } from './driver';
import { panelNumberOf } from './panelNumber';
import { driverOf, DRIVERS, settingsOf } from './registry';

/**
 * Why there can be no such device, as far as the configuration tells: its kind has no driver, its section does not name it,
 * or it has no number that the panel could have given it. Asks nobody.
 * @param configuration the configuration's sections by their names.
 * @returns undefined when there may be one.
 */
export function deviceRefusal(
  device: DeviceId,
  configuration: object,
  drivers: readonly DeviceDriver[] = DRIVERS,
): string | undefined {
  try {
    const driver = driverOf(device, drivers);
    if (driver.panelSwitches !== undefined)
      return panelNumberOf(device) === undefined
        ? `names ${device}, but switches of the panel have its numbers`
        : undefined;
    const keys = driver.deviceKeys?.(settingsOf(driver, configuration));
    if (keys === undefined || keys.includes(deviceKeyOf(device))) return undefined;
    const known = keys.map((key) => `${driver.kind}:${key}`).join(', ') || 'none';
    return `names ${device}, which the section ${driver.configuration.name} does not have; there are: ${known}`;
  } catch (error) {
    if (error instanceof PortwardenError) return `names a device that cannot be: ${error.message}`;
    throw error;
  }
}

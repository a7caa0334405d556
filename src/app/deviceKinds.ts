import type { Configuration } from '../config';
import { panelSwitchDevice } from '../devices/panelSwitches';
import { driverOf, namingOf } from '../devices/registry';
import type { DeviceId } from '../domain/values/device';
import type { PortName, PortRef } from '../domain/values/port';

/**
 * Whether a device is of a kind that this portwarden can change, asked wherever an id comes in: at the API, the command
 * line and the activities.
 * @throws PortwardenError `device-kind-unknown`.
 */
export function requireDriver(device: DeviceId): void {
  driverOf(device);
}

/** The device that a switch of the panel is, by the panel's number: people may name it by that alone. */
export function configuredSwitchDevice(configuration: Configuration, switchId: number): DeviceId {
  return panelSwitchDevice(switchId, configuration);
}

/**
 * A port as its device names it, and as everything that is stored does: people leave out the unit of a switch's port.
 * @throws PortwardenError `device-kind-unknown`, `device-not-configured`.
 */
export function configuredPort(configuration: Configuration, { device, port }: PortRef): PortName {
  return namingOf(device, configuration).toDevice(port);
}

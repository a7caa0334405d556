import type { Configuration } from '../config';
import { panelSwitchDevice } from '../devices/panelSwitches';
import { driverOf } from '../devices/registry';
import type { DeviceId } from '../domain/values/device';

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

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

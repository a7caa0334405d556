import { deviceKeyOf, type DeviceId } from '../domain/values/device';

/** The panel's number in the id of a device whose kind drives switches of the panel; undefined when there is none in it. */
export function panelNumberOf(device: DeviceId): number | undefined {
  const key = deviceKeyOf(device);
  return /^[1-9]\d{0,9}$/.test(key) ? Number(key) : undefined;
}

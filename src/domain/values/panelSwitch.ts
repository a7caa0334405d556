import { deviceId, deviceKeyOf, deviceKindOf, type DeviceId } from './device';

/** The kind that the panel's switches are of, as far as they can be changed: the one place that says so. */
const KIND = 'junos';

/** The device that a switch of the panel is, by the panel's number. */
export function panelSwitchDevice(switchId: number | string): DeviceId {
  return deviceId(KIND, switchId);
}

/** The panel's number of a device; undefined when it is no switch of the panel, so that the panel has nothing to say of it. */
export function panelSwitchOf(device: DeviceId): number | undefined {
  const key = deviceKeyOf(device);
  return deviceKindOf(device) === KIND && /^[1-9]\d{0,9}$/.test(key) ? Number(key) : undefined;
}

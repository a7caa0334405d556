/**
 * A device that enforces bindings: `<kind>:<key>`, such as `junos:3`. Which kinds there are is known to `devices/registry`
 * alone; here only the form is.
 */
export type DeviceId = string & { readonly __brand: 'DeviceId' };

/** Builds the id of a device from its kind and its number or name there. */
export function deviceId(kind: string, key: string | number): DeviceId {
  return parseDeviceId(`${kind}:${key}`);
}

/** Reads `junos:3`; throws a RangeError naming the rule. Says nothing about whether such a kind exists. */
export function parseDeviceId(text: string): DeviceId {
  if (!/^[a-z][A-Za-z0-9]{0,31}:[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)) {
    throw new RangeError('must be a device id such as junos:3: a kind, a colon, and its number or name there');
  }
  return text as DeviceId;
}

/** The part of a device id before the colon. */
export function deviceKindOf(device: DeviceId): string {
  return device.slice(0, device.indexOf(':'));
}

/** The part of a device id after the colon: what tells the devices of a kind apart. */
export function deviceKeyOf(device: DeviceId): string {
  return device.slice(device.indexOf(':') + 1);
}

/** A device that enforces bindings: `junos:<panel switch id>` or `neutron:<cloud name>`. */
export type DeviceId = string & { readonly __brand: 'DeviceId' };

/** The kinds of device that portwarden can change. */
export type DeviceKind = 'junos' | 'neutron';

/** A device's interface as the device itself names it: `ge-0/0/1.0`, `ae0.0`, a Neutron port's UUID. */
export type PortName = string & { readonly __brand: 'PortName' };

/** A port of a device. */
export interface PortRef {
  readonly device: DeviceId;
  readonly port: PortName;
}

/** Whether both are the same port of the same device. */
export function samePort(a: PortRef, b: PortRef): boolean {
  return a.device === b.device && a.port === b.port;
}

/** Builds the id of a device from its kind and its number or name there. */
export function deviceId(kind: DeviceKind, key: string | number): DeviceId {
  return parseDeviceId(`${kind}:${key}`);
}

/** Reads `junos:3`; throws a RangeError naming the rule. */
export function parseDeviceId(text: string): DeviceId {
  if (!/^(junos|neutron):[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)) {
    throw new RangeError('must be a device id such as junos:3 or neutron:cloud1');
  }
  return text as DeviceId;
}

/** The part of a device id before the colon. */
export function deviceKindOf(device: DeviceId): DeviceKind {
  return device.startsWith('junos:') ? 'junos' : 'neutron';
}

/** The part of a device id after the colon: the panel's switch id, or the cloud's name. */
export function deviceKeyOf(device: DeviceId): string {
  return device.slice(device.indexOf(':') + 1);
}

const COORDINATOR_PREFIX = 'device:';

/** The workflow id of the one coordinator that may change a device. */
export function coordinatorWorkflowId(device: DeviceId): string {
  return `${COORDINATOR_PREFIX}${device}`;
}

/** The device of a coordinator's workflow id; undefined for any other workflow. */
export function deviceOfCoordinator(workflowId: string): DeviceId | undefined {
  if (!workflowId.startsWith(COORDINATOR_PREFIX)) return undefined;
  try {
    return parseDeviceId(workflowId.slice(COORDINATOR_PREFIX.length));
  } catch {
    return undefined;
  }
}

/**
 * Reads an interface name as used in a configuration path. Only the characters of real interface
 * names are accepted, so that a name can never carry another statement into a configuration.
 */
export function parsePortName(text: string): PortName {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9][A-Za-z0-9/:._-]{0,63}$/.test(trimmed)) {
    throw new RangeError('must be an interface name such as ge-0/0/1.0 or ae0.0');
  }
  return trimmed as PortName;
}

/** A Junos logical interface: the name as it is when it has a unit, else with the given unit appended. */
export function withUnit(port: PortName, unit: number): PortName {
  return /\.\d+$/.test(port) ? port : (`${port}.${unit}` as PortName);
}

/** A Junos interface name without its unit. */
export function withoutUnit(port: PortName): PortName {
  return port.replace(/\.\d+$/, '') as PortName;
}

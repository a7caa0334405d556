import type { DeviceId } from './device';

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

/**
 * Reads an interface name as used in a configuration path. Only the characters of real interface
 * names are accepted, so that a name can never carry another statement into a configuration.
 */
export function parsePortName(text: string): PortName {
  const name = tryParsePortName(text);
  if (name === undefined) throw new RangeError('must be an interface name such as ge-0/0/1.0 or ae0.0');
  return name;
}

/** Like {@link parsePortName}; undefined where that throws. */
export function tryParsePortName(text: string): PortName | undefined {
  const trimmed = text.trim();
  return /^[A-Za-z0-9][A-Za-z0-9/:._-]{0,63}$/.test(trimmed) ? (trimmed as PortName) : undefined;
}

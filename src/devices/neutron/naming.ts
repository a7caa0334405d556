import type { PortName } from '../../domain/values/port';

/** The part of a project's device id before the colon. */
export const KIND = 'neutron';

/** Neutron names ports by UUIDs, in lower case; people may write them in either. */
export function portId(port: PortName): PortName {
  return port.toLowerCase() as PortName;
}

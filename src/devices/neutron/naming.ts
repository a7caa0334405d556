import type { PortName } from '../../domain/values/port';

/** Neutron names ports by UUIDs, in lower case; people may write them in either. */
export function portId(port: PortName): PortName {
  return port.toLowerCase() as PortName;
}

import type { PortName, PortRef } from '../domain/values/port';

/** What lists that are asked by port need: rows name a port as its device does, people leave out the unit of a switch's port. */
export interface NamedPorts {
  /** @throws PortwardenError `device-kind-unknown`, `device-not-configured`. */
  readonly portOnDevice: (named: PortRef) => PortName;
}

/** A filter by device and port with the port as its device names it; a port alone stays as it is. */
export function onDevice<Filter extends Partial<PortRef>>(filter: Filter, { portOnDevice }: NamedPorts): Filter {
  const { device, port } = filter;
  return device === undefined || port === undefined ? filter : { ...filter, port: portOnDevice({ device, port }) };
}

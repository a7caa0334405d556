import type { PortName } from '../../domain/values/port';

/** A logical interface: the name as it is when it has a unit, else with the given unit appended. */
export function withUnit(port: PortName, unit: number): PortName {
  return /\.\d+$/.test(port) ? port : (`${port}.${unit}` as PortName);
}

/** An interface name without its unit: the panel and people name physical ports, bindings stand on logical ones. */
export function withoutUnit(port: PortName): PortName {
  return port.replace(/\.\d+$/, '') as PortName;
}

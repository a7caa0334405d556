import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/**
 * How panel and configuration name a port (`ge-0/0/1`), and how its device does (`ge-0/0/1.0`). Each device kind has its
 * own rule; sources know none.
 */
export interface PortNaming {
  /** The device's own name of a port that panel or configuration name. */
  readonly toDevice: (device: DeviceId, port: PortName) => PortName;
  /** The panel's name of a device's port, for a device that the panel knows. */
  readonly toPanel: (device: DeviceId, port: PortName) => PortName;
}

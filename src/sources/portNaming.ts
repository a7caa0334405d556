import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';

/** Which devices the panel's switches are: each is of the kind that drives it; sources know none. */
export interface PanelSwitchNames {
  /** The device that a switch of the panel is, by the panel's number. */
  readonly panelSwitchDevice: (switchId: number) => DeviceId;
  /** The panel's number of a device; undefined when it is no switch of the panel, so that the panel has nothing to say of it. */
  readonly panelSwitchOf: (device: DeviceId) => number | undefined;
}

/**
 * How panel and configuration name a port (`ge-0/0/1`), and how its device does (`ge-0/0/1.0`). Each device kind has its
 * own rule; sources know none.
 */
export interface PortNaming extends PanelSwitchNames {
  /** The device's own name of a port that panel or configuration name. */
  readonly toDevice: (device: DeviceId, port: PortName) => PortName;
  /** The panel's name of a device's port, for a device that the panel knows. */
  readonly toPanel: (device: DeviceId, port: PortName) => PortName;
}

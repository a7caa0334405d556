import type { Configuration } from '../config';
import type { HostKeys } from '../devices/driver';
import type { DeviceId } from '../domain/values/device';
import { openStore } from '../store/openStore';
import type { Store } from '../store/store';
import { createLogger } from '../telemetry/log';
import { openPanelAndDevices } from './devices';

/** What the doctor found on a device. */
export interface DeviceFindings {
  /** Readable lines, ended by a line break. No secrets. */
  readonly text: string;
  /** False when portwarden could not manage the device as it is. */
  readonly healthy: boolean;
}

/** Connects to a device and describes what portwarden sees and would manage. Changes nothing on it. */
export type InspectDevice = (configuration: Configuration, device: DeviceId) => Promise<DeviceFindings>;

const LONGEST_MS = 5 * 60_000;

/**
 * Inspects a device with the login and the host key rules of the service itself.
 * @throws PortwardenError of the panel, the store or the device.
 */
export const inspectConfiguredDevice: InspectDevice = async (configuration, device) => {
  const hostKeys = new LazyHostKeys(configuration);
  const { panel, devices } = openPanelAndDevices(configuration, hostKeys, createLogger({ level: 'silent' }));
  try {
    const { lines, healthy } = await devices.inspect(device, AbortSignal.timeout(LONGEST_MS));
    return { text: [device, ...lines, ''].join('\n'), healthy };
  } finally {
    await hostKeys.close();
    panel.close();
  }
};

/** Opens the store only when host keys are trusted on first use: the running service may hold its lock. */
class LazyHostKeys implements HostKeys {
  private opened: Promise<Store> | undefined;

  constructor(private readonly configuration: Configuration) {}

  async list(...args: Parameters<HostKeys['list']>): Promise<readonly string[]> {
    return (await this.store()).hostKeys.list(...args);
  }

  async add(...args: Parameters<HostKeys['add']>): Promise<void> {
    return (await this.store()).hostKeys.add(...args);
  }

  async close(): Promise<void> {
    await (await this.opened?.catch(() => undefined))?.close();
  }

  private store(): Promise<Store> {
    const { directory, databaseUrl } = this.configuration.store;
    this.opened ??= openStore({ directory, databaseUrl: databaseUrl?.reveal() });
    return this.opened;
  }
}

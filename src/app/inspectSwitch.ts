import { inspectSwitch, renderInspection } from '../devices/junos/doctor';
import { panelClientOptions } from './clientOptions';
import type { Configuration } from '../config';
import { switchSettings } from '../devices/junos/configuration';
import { junosDeviceOptions } from './devices';
import { createLogger } from '../telemetry/log';
import { TenantosPanel } from '../sources/tenantos/panel';
import { openStore } from '../store/openStore';
import type { HostKeyRepository } from '../store/hostKeys';
import type { Store } from '../store/store';

/** What the doctor found on a switch. */
export interface SwitchFindings {
  /** Readable lines, ended by a line break. No secrets. */
  readonly text: string;
  /** False when portwarden could not manage the switch as it is. */
  readonly healthy: boolean;
}

/** Connects to a switch and describes what portwarden sees and would manage. Changes nothing on it. */
export type InspectSwitch = (configuration: Configuration, switchId: number) => Promise<SwitchFindings>;

const LONGEST_MS = 5 * 60_000;

/**
 * Inspects a switch with the login and the host key rules of the service itself.
 * @throws PortwardenError of the panel, the store or the switch.
 */
export const inspectConfiguredSwitch: InspectSwitch = async (configuration, switchId) => {
  const panel = new TenantosPanel(panelClientOptions(configuration));
  const hostKeys = new LazyHostKeys(configuration);
  const log = createLogger({ level: 'silent' });
  try {
    const options = junosDeviceOptions(
      { config: configuration, panelSwitches: panel.switches, store: { hostKeys }, log },
      switchId,
    );
    const inspection = await inspectSwitch(options, AbortSignal.timeout(LONGEST_MS));
    const { verifyHostKey } = switchSettings(configuration, switchId);
    const warnings = verifyHostKey ? [] : ['The host key is not verified (switches[].verifyHostKey is false).'];
    const { read, lock, edit } = inspection.rights;
    const refused = [read, lock, edit].some((right) => right.state === 'no');
    return {
      text: [`junos:${switchId}`, ...renderInspection(inspection, options.settings), ...warnings, ''].join('\n'),
      healthy: inspection.problem === undefined && !refused,
    };
  } finally {
    await hostKeys.close();
    panel.close();
  }
};

/** Opens the store only when host keys are trusted on first use: the running service may hold its lock. */
class LazyHostKeys implements HostKeyRepository {
  private opened: Promise<Store> | undefined;

  constructor(private readonly configuration: Configuration) {}

  async list(...args: Parameters<HostKeyRepository['list']>): Promise<readonly string[]> {
    return (await this.store()).hostKeys.list(...args);
  }

  async add(...args: Parameters<HostKeyRepository['add']>): Promise<void> {
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

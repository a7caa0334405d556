import type { DeviceDirectory } from '../devices/device';
import { JunosDevice, type JunosDeviceOptions } from '../devices/junos/junosDevice';
import { openSession } from '../clients/netconf/openSession';
import { DEFAULT_JUNOS_SETTINGS, type JunosSettings } from '../devices/junos/settings';
import { driverOf } from '../devices/registry';
import { PortwardenError } from '../domain/errors';
import { deviceId, deviceKeyOf, type DeviceId } from '../domain/values/port';
import type { SwitchesReader } from '../sources/tenantos/switches';
import type { Store } from '../store/store';
import type { Configuration } from '../config';
import { switchSettings } from '../devices/junos/configuration';
import type { Log } from '../telemetry/log';
import { createSwitchSessions } from './switchSessions';

/** What devices are opened with. */
export interface DeviceDirectoryOptions {
  readonly config: Pick<Configuration, 'switches' | 'vlans'>;
  /** Gives the switches' logins, at the moment of use. */
  readonly panelSwitches: Pick<SwitchesReader, 'login'>;
  readonly store: Pick<Store, 'hostKeys'>;
  readonly log: Log;
}

/** What a switch is driven with: the configuration's settings over the panel's login. */
export function junosDeviceOptions(options: DeviceDirectoryOptions, switchId: number): JunosDeviceOptions {
  const { config, panelSwitches, store } = options;
  const id = deviceId('junos', switchId);
  const settings = switchSettings(config, switchId);
  const log = options.log.child({ device: id });
  const sessions = createSwitchSessions({
    settings,
    panelLogin: (signal) => panelSwitches.login(switchId, signal),
    hostKeys: store.hostKeys,
    openSession,
    log,
  });
  const junosSettings: JunosSettings = {
    dialect: settings.dialect,
    unit: settings.unit,
    vlanNameTemplate: config.vlans.nameTemplate,
    elsGroup: settings.elsGroup,
    confirmedCommit: settings.confirmedCommit,
    largeChangeBindings: settings.largeChangeBindings,
    confirmTimeoutMinutes: settings.confirmTimeoutMinutes,
    resolveDelaysMs: DEFAULT_JUNOS_SETTINGS.resolveDelaysMs,
  };
  return { id, settings: junosSettings, session: sessions.session, open: sessions.open, log };
}

/**
 * Opens devices by id. A device is as cheap as an object; nothing is asked of panel or switch before it is used,
 * and the login is asked for anew for each session.
 */
export function createDeviceDirectory(options: DeviceDirectoryOptions): DeviceDirectory {
  return {
    open(id) {
      return Promise.resolve().then(() => {
        driverOf(id);
        return new JunosDevice(junosDeviceOptions(options, switchIdOf(id)));
      });
    },
  };
}

/** @throws PortwardenError `device-not-configured` for a device that is not a switch of the panel. */
function switchIdOf(device: DeviceId): number {
  const key = deviceKeyOf(device);
  if (/^[1-9]\d{0,9}$/.test(key)) return Number(key);
  throw new PortwardenError('device-not-configured', `${device} is not a switch of the panel`);
}

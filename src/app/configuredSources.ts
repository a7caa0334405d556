import type { Configuration } from '../config';
import { DRIVERS, settingsOf } from '../devices/registry';
import type { DeviceDriver } from '../devices/driver';
import type { ConfiguredSources } from '../domain/alarms/sourceState';
import { deviceId } from '../domain/values/device';

/** The sources of this configuration. A kind that does not list its devices has those that the panel says. */
export function configuredSources(
  configuration: Configuration,
  drivers: readonly DeviceDriver[] = DRIVERS,
): ConfiguredSources {
  const listed = drivers.flatMap((driver) => {
    const keys = driver.deviceKeys?.(settingsOf(driver, configuration));
    return keys === undefined ? [] : [{ kind: driver.kind, keys }];
  });
  return {
    names: ['panel', ...configuration.proxmox.clusters.map(({ name }) => name)],
    devices: listed.flatMap(({ kind, keys }) => keys.map((key) => deviceId(kind, key))),
    kinds: listed.map(({ kind }) => kind),
  };
}

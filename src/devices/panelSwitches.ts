import { PortwardenError } from '../domain/errors';
import { deviceId, deviceKindOf, type DeviceId } from '../domain/values/device';
import type { DeviceDriver } from './driver';
import { panelNumberOf } from './panelNumber';
import { DRIVERS, settingsOf } from './registry';

/**
 * The device that a switch of the panel is.
 * @param switchId the panel's number of it.
 * @param configuration the configuration's sections by their names: the kind whose section names the switch drives it.
 * @throws PortwardenError `device-not-configured` when no kind drives switches of the panel.
 */
export function panelSwitchDevice(
  switchId: number,
  configuration: object,
  drivers: readonly DeviceDriver[] = DRIVERS,
): DeviceId {
  const kinds = drivers.filter(({ panelSwitches }) => panelSwitches !== undefined);
  const named = kinds.find((driver) => driver.panelSwitches?.(settingsOf(driver, configuration)).includes(switchId));
  const driver = named ?? kinds[0];
  if (driver !== undefined) return deviceId(driver.kind, switchId);
  throw new PortwardenError('device-not-configured', `nothing drives switch ${switchId} of the panel`);
}

/** The panel's number of a device; undefined when it is no switch of the panel, so that the panel has nothing to say of it. */
export function panelSwitchOf(device: DeviceId, drivers: readonly DeviceDriver[] = DRIVERS): number | undefined {
  const driver = drivers.find(({ kind }) => kind === deviceKindOf(device));
  return driver?.panelSwitches === undefined ? undefined : panelNumberOf(device);
}

/** A switch that several sections name: which of the kinds drives it cannot be told. */
export interface DisputedSwitch {
  readonly switchId: number;
  /** The sections' names, in the registry's order. */
  readonly sections: readonly string[];
}

/** Switches of the panel that the sections of several kinds name. @param configuration the sections by their names. */
export function disputedSwitches(
  configuration: object,
  drivers: readonly DeviceDriver[] = DRIVERS,
): readonly DisputedSwitch[] {
  const sections = new Map<number, string[]>();
  for (const driver of drivers)
    for (const switchId of driver.panelSwitches?.(settingsOf(driver, configuration)) ?? [])
      sections.set(switchId, [...(sections.get(switchId) ?? []), driver.configuration.name]);
  return [...sections].flatMap(([switchId, names]) => (names.length > 1 ? [{ switchId, sections: names }] : []));
}

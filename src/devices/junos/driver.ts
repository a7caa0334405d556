import type { DeviceDriver } from '../driver';

/** Juniper EX and QFX switches that the panel knows; the key is the panel's number of the switch. */
export const junosDriver: DeviceDriver = { kind: 'junos' };

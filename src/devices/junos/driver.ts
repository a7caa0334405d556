import type { DeviceDriver } from '../driver';
import { switchesSection } from './configuration';

/** Juniper EX and QFX switches that the panel knows; the key is the panel's number of the switch. */
export const junosDriver = {
  kind: 'junos',
  configuration: { name: 'switches', section: switchesSection },
} as const satisfies DeviceDriver;

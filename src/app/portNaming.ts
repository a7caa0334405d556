import { deviceKeyOf, withoutUnit, withUnit } from '../domain/values/port';
import type { Configuration } from '../config';
import { switchSettings } from '../devices/junos/configuration';
import type { PortNaming } from '../sources/portNaming';

/** Panel and configuration name a switch's physical ports; Junos binds on logical ones, whose unit the configuration says. */
export function portNaming(configuration: Pick<Configuration, 'switches'>): PortNaming {
  return {
    toDevice: (device, port) => withUnit(port, switchSettings(configuration, Number(deviceKeyOf(device))).unit),
    toPanel: (_device, port) => withoutUnit(port),
  };
}

import { InvalidArgumentError } from 'commander';
import type { Configuration } from '../config';
import { parseDeviceId, type DeviceId } from '../domain/values/device';
import type { CliContext } from './context';

/** How the help describes {@link DeviceArgument}. */
export const DEVICE_HELP = "device id such as junos:3, or the panel's number of the switch";

/** A device as an operator names it: by its id, or a switch by the panel's number. Which device that is says the configuration. */
export type DeviceArgument = (configuration: Configuration) => DeviceId;

/** Reads such an argument. A device of a kind that nothing can change is refused at once. */
export function readDevice(
  context: Pick<CliContext, 'requireDriver' | 'panelSwitchDevice'>,
): (text: string) => DeviceArgument {
  return (text) => {
    if (/^[1-9]\d{0,9}$/.test(text)) return (configuration) => context.panelSwitchDevice(configuration, Number(text));
    const id = parsed(text);
    context.requireDriver(id);
    return () => id;
  };
}

function parsed(text: string): DeviceId {
  try {
    return parseDeviceId(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'is invalid');
  }
}

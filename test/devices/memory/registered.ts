import type { DeviceDriver } from '../../../src/devices/driver';
import { DRIVERS } from '../../../src/devices/registry';
import { memoryDriver } from './driver';
import { GateSite } from './gates';

/*
 * The line that a new kind adds to the registry. Imported before anything else of the product, so that all that lists
 * kinds is loaded after it.
 */
const drivers: DeviceDriver[] = DRIVERS as never;
drivers.push(memoryDriver(new Map([['site-1', new GateSite()]])));

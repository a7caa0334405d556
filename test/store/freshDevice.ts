import { deviceId, type DeviceId } from '../../src/domain/values/device';

let counter = 0;
/** A device that no other test uses. */
export const freshDevice = (): DeviceId => deviceId('junos', `t${process.pid}-${(counter += 1)}`);

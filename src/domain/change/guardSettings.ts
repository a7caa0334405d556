import type { DeviceId } from '../values/device';
import type { BrakeLimits } from './brake';
import type { GuardLimits } from './guards';

/** The guards of an installation. */
export interface GuardSettings extends GuardLimits {
  /** Absent: the site never brakes. */
  readonly brake?: BrakeLimits;
  /** What is different for single devices. */
  readonly devices?: ReadonlyMap<DeviceId, Partial<GuardLimits>>;
}

/** The limits of one device: those of the installation, with what is different for it. */
export function limitsOf(settings: GuardSettings, device: DeviceId): GuardLimits {
  const { maxRemovedBindings, maxRemovedShare, maxBindingsPerPort, maxChangesPerCommit, maxChangesPerHour } = settings;
  return {
    maxRemovedBindings,
    maxRemovedShare,
    ...(maxBindingsPerPort === undefined ? {} : { maxBindingsPerPort }),
    ...(maxChangesPerCommit === undefined ? {} : { maxChangesPerCommit }),
    ...(maxChangesPerHour === undefined ? {} : { maxChangesPerHour }),
    ...settings.devices?.get(device),
  };
}

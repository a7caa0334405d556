import type { DeviceId } from '../values/device';

/** What a reconcile does about what it finds: it reports it, parks the mend for a person, or has the coordinator mend it. */
export const RECONCILE_MODES = ['observe', 'propose', 'enforce'] as const;

/** One of them. */
export type ReconcileMode = (typeof RECONCILE_MODES)[number];

/** How one device is reconciled. */
export interface ReconcileRule {
  readonly mode: ReconcileMode;
  /** From the begin of one reconcile to the next, in milliseconds; 0: none by schedule. */
  readonly everyMs: number;
}

/** How the devices of the installation are reconciled. */
export interface ReconcileSettings extends ReconcileRule {
  /** A difference counts once it is still there after this time, in milliseconds: an event of it may be on its way. */
  readonly settleMs: number;
  /** What is different for single devices. */
  readonly devices: ReadonlyMap<DeviceId, Partial<ReconcileRule>>;
}

/** How a device is reconciled. */
export function reconcileRuleOf({ mode, everyMs, devices }: ReconcileSettings, device: DeviceId): ReconcileRule {
  return { mode, everyMs, ...devices.get(device) };
}

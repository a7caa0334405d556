import type { Drift, UnderWay } from '../domain/drift/drift';
import type { ErrorReport } from '../domain/errors';
import type { ServerId } from '../domain/event/event';
import type { DeviceId } from '../domain/values/device';
import { parseDeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import { fieldsOf, readField } from './inputFields';

/** Input of `reconcile`: the device. */
export interface ReconcileInput {
  readonly device: DeviceId;
}

/** What the first look at a device saw. */
export interface FirstLook {
  readonly ports: number;
  readonly unreadable: number;
  /** Ports, by the device's own names, that are not as they should be; at most as many as one reconcile goes into. */
  readonly suspects: readonly PortName[];
  /** Servers that were last seen on the device and that the panel does not have. */
  readonly gone: readonly ServerId[];
  readonly notes: readonly string[];
  /** How long to wait before a difference counts, in milliseconds. */
  readonly settleMs: number;
}

/** Result of `lookForDrift`. */
export type LookForDriftResult = { readonly summary: string } & (
  { readonly look: FirstLook } | { readonly error: ErrorReport }
);

/** Input of `recordDrift`: some of the suspects of a first look. */
export interface RecordDriftInput extends ReconcileInput {
  readonly suspects: readonly PortName[];
  readonly look: Omit<FirstLook, 'suspects' | 'settleMs'>;
  /** What earlier parts of the same reconcile found to be under way. */
  readonly underWay: readonly UnderWay[];
  /** Whether the reconcile is over with them. */
  readonly isLast: boolean;
}

/** Result of `recordDrift`. */
export interface RecordDriftResult {
  readonly summary: string;
  readonly drift: readonly (Pick<Drift, 'port' | 'action'> & { readonly says: string })[];
  readonly underWay: readonly UnderWay[];
}

/** Result of `reconcile`, readable in the UI. */
export interface ReconcileResult {
  readonly summary: string;
  readonly device: DeviceId;
  readonly ports?: number;
  readonly drift?: RecordDriftResult['drift'];
  readonly underWay?: readonly UnderWay[];
  /** Why nothing could be seen. */
  readonly error?: ErrorReport;
}

/** The steps of `reconcile`. */
export interface ReconcileActivities {
  /** Compares every port of a device with what it shall be, from one reading of the device. */
  lookForDrift(input: ReconcileInput): Promise<LookForDriftResult>;
  /** Looks at some ports once more, tells drift from our own work, attributes it, remembers it, and does what the mode says. */
  recordDrift(input: RecordDriftInput): Promise<RecordDriftResult>;
}

/** Suspects of one `recordDrift`. */
export const SUSPECTS_AT_ONCE = 100;
/** Suspects of one reconcile; the next one finds those that are left. */
export const MOST_SUSPECTS = 1_000;

/**
 * Reads the input of `reconcile`, which people may start by hand: `{device}`.
 * @throws PortwardenError `invalid-request`.
 */
export function readReconcileInput(input: unknown): ReconcileInput {
  const { device } = fieldsOf(input, ['device']);
  return { device: readField('device', () => parseDeviceId(typeof device === 'string' ? device : '')) };
}

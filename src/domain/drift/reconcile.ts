import type { DeviceId } from '../values/device';
import type { UnderWay } from './drift';
import type { ReconcileMode } from './reconcileSettings';

/** What a reconcile saw of a device. */
export interface ReconcileSeen {
  readonly device: DeviceId;
  readonly mode: ReconcileMode;
  /** Ports that it looked at, and how many of them could not be judged because a source could not be read. */
  readonly ports: number;
  readonly unreadable: number;
  readonly inDrift: number;
  /** Differences that are our own unfinished work, and no drift. */
  readonly underWay: readonly UnderWay[];
  /** What else is to be said, a sentence each. */
  readonly notes: readonly string[];
}

/** How the newest reconcile of a device went. What was seen is of the last one that saw the device. */
export interface ReconcileState extends ReconcileSeen {
  /** ISO 8601, UTC: when one ended, whatever became of it. */
  readonly triedAt: string;
  /** When one saw the device. Absent: none ever did. */
  readonly lookedAt?: string;
  /** Why the newest one saw nothing, and since when no one does. Absent: it saw the device. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly failingSince?: string;
}

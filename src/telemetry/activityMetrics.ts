import type { GuardCode } from '../domain/change/guardCodes';
import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId } from '../domain/values/device';

/** What the activities count. */
export interface ActivityMetrics {
  batch(device: DeviceId, ports: number): void;
  commit(device: DeviceId, result: 'committed' | 'unchanged' | 'failed', seconds: number): void;
  outcome(status: string): void;
  /** An event was notified of its port's outcome, so many seconds after it was first asked for. */
  eventFinished(status: PortOutcome['status'], seconds: number): void;
  /** A guard held something on a port of a device. */
  guardHeld(device: DeviceId, guard: GuardCode): void;
  /** The site brakes from now on. */
  braked(): void;
  /** A look at a cluster found a change of a guest. */
  guestChanged(cluster: string, kind: string): void;
  /** A device's configuration was read for a backup by the schedule, or could not be. */
  backup(result: 'stored' | 'failed'): void;
  /** A try to deliver a notification ended. */
  notification(endpoint: string, result: 'delivered' | 'held' | 'failed'): void;
  /** A pass could not be written into the journal. */
  journalFailed(): void;
  sourceError(source: 'panel' | 'proxmox' | 'store' | 'device', code: string): void;
}

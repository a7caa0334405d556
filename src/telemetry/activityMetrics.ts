import type { PortOutcome } from '../domain/change/outcome';
import type { DeviceId } from '../domain/values/port';

/** Figures that the activities count. */
export interface ActivityMetrics {
  batch(device: DeviceId, ports: number): void;
  commit(device: DeviceId, result: 'committed' | 'unchanged' | 'failed', seconds: number): void;
  outcome(status: string): void;
  /** An event's port was told its outcome, so many seconds after it was first asked for. */
  eventFinished(status: PortOutcome['status'], seconds: number): void;
  sourceError(source: 'panel' | 'proxmox' | 'store' | 'device', code: string): void;
}

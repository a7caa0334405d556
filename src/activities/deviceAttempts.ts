import { PortwardenError } from '../domain/errors';
import type { DeviceId } from '../domain/port';
import type { FenceRepository } from '../store/store';

const PREDECESSOR_GRACE_MS = 10_000;

/** One attempt at a device, while it lasts. */
export interface DeviceAttempt {
  /** Aborted when the attempt is cancelled, timed out, or a newer attempt of this process begins. */
  readonly signal: AbortSignal;
  /** Rejects with `stale-attempt` unless this attempt is still the newest one of the device, in any process. */
  assertCurrent(): Promise<void>;
  end(): void;
}

/**
 * The fence before a commit. An attempt that timed out may still run when its successor starts: in this process
 * the predecessor is aborted and awaited, in another one the store's token refuses it. The device's exclusive
 * lock closes what remains.
 */
export class DeviceAttempts {
  private readonly running = new Map<DeviceId, { abort: AbortController; ended: Promise<void> }>();

  constructor(private readonly fences: FenceRepository) {}

  async begin(device: DeviceId, attempt: string, cancelled: AbortSignal): Promise<DeviceAttempt> {
    await this.endPredecessor(device);
    await this.fences.claim(device, attempt);
    const abort = new AbortController();
    const onCancel = (): void => { abort.abort(stale('the attempt was cancelled')); };
    if (cancelled.aborted) onCancel();
    cancelled.addEventListener('abort', onCancel, { once: true });
    let markEnded = (): void => {};
    const ended = new Promise<void>((resolve) => { markEnded = resolve; });
    const entry = { abort, ended };
    this.running.set(device, entry);
    return {
      signal: abort.signal,
      assertCurrent: async () => {
        if (abort.signal.aborted) throw stale('the attempt was cancelled');
        if (!(await this.fences.isCurrent(device, attempt))) throw stale('a newer attempt took over');
        if (abort.signal.aborted) throw stale('the attempt was cancelled');
      },
      end: () => {
        cancelled.removeEventListener('abort', onCancel);
        if (this.running.get(device) === entry) this.running.delete(device);
        markEnded();
      },
    };
  }

  private async endPredecessor(device: DeviceId): Promise<void> {
    const predecessor = this.running.get(device);
    if (predecessor === undefined) return;
    predecessor.abort.abort(stale('a newer attempt took over'));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => { timer = setTimeout(resolve, PREDECESSOR_GRACE_MS); });
    await Promise.race([predecessor.ended, grace]);
    clearTimeout(timer);
  }
}

function stale(message: string): PortwardenError {
  return new PortwardenError('stale-attempt', `Stopped before the commit: ${message}`);
}

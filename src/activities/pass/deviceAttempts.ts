import { PortwardenError } from '../../domain/errors';
import { withinLimit } from '../../primitives/timeLimit';
import type { DeviceId } from '../../domain/values/device';
import type { FenceRepository } from '../../store/fences';

const PREDECESSOR_GRACE_MS = 10_000;

/** One attempt at a device, while it lasts. */
export interface DeviceAttempt {
  /** Aborted when the attempt is cancelled, timed out, a newer attempt of this process begins, or the process is to end. */
  readonly signal: AbortSignal;
  /** Right before the commit. Rejects with `stale-attempt` unless this attempt is still the newest one of the device, in any process. */
  assertCurrent(): Promise<void>;
  end(): void;
}

/**
 * The fence before a commit. An attempt that timed out may still run when its successor starts: in this process
 * the predecessor is aborted and awaited, in another one the store's token refuses it. The device's exclusive
 * lock closes what remains.
 */
export class DeviceAttempts {
  private readonly running = new Map<
    DeviceId,
    { readonly abort: AbortController; readonly ended: Promise<void>; isCommitting: boolean }
  >();

  /** @param stopping aborted when this process is to end; attempts stop then, but for those that passed `assertCurrent`. */
  constructor(
    private readonly fences: FenceRepository,
    private readonly stopping: AbortSignal,
  ) {
    const onStop = (): void => {
      for (const { isCommitting, abort } of this.running.values()) if (!isCommitting) abort.abort(stopped());
    };
    stopping.addEventListener('abort', onStop, { once: true });
  }

  async begin(device: DeviceId, attempt: string, cancelled: AbortSignal): Promise<DeviceAttempt> {
    const abort = new AbortController();
    const onCancel = (): void => {
      abort.abort(stale('the attempt was cancelled'));
    };
    let markEnded = (): void => {};
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });
    const entry = { abort, ended, isCommitting: false };
    const end = (): void => {
      cancelled.removeEventListener('abort', onCancel);
      if (this.running.get(device) === entry) this.running.delete(device);
      markEnded();
    };
    const assertNotAborted = (): void => {
      if (abort.signal.aborted) throw abort.signal.reason;
    };
    const predecessor = this.running.get(device);
    this.running.set(device, entry);
    if (cancelled.aborted) onCancel();
    cancelled.addEventListener('abort', onCancel, { once: true });
    if (this.stopping.aborted) abort.abort(stopped());
    try {
      if (predecessor !== undefined) await endOf(predecessor);
      assertNotAborted();
      await this.fences.claim(device, attempt);
    } catch (error) {
      end();
      throw error;
    }
    return {
      signal: abort.signal,
      assertCurrent: async () => {
        assertNotAborted();
        if (!(await this.fences.isCurrent(device, attempt))) throw stale('a newer attempt took over');
        assertNotAborted();
        entry.isCommitting = true;
      },
      end,
    };
  }
}

async function endOf(predecessor: { readonly abort: AbortController; readonly ended: Promise<void> }): Promise<void> {
  predecessor.abort.abort(stale('a newer attempt took over'));
  await withinLimit(predecessor.ended, PREDECESSOR_GRACE_MS, () => undefined);
}

function stopped(): PortwardenError {
  return stale('the worker stops');
}

function stale(message: string): PortwardenError {
  return new PortwardenError('stale-attempt', `Stopped: ${message}`);
}

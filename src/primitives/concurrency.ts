import { setMaxListeners } from 'node:events';

/** Lets at most `limit` tasks run at once; the others wait in the order they came. */
export class Semaphore {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  /** @param limit how many tasks may run at once; an integer of at least 1, else a RangeError. */
  constructor(private readonly limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError('must be an integer of at least 1');
  }

  /** How many tasks wait for their turn now. */
  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Runs the task as soon as its turn comes.
   * @param signal gives up the wait (not a task that already runs); then the promise rejects with the signal's reason.
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  private enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(abortReason(signal));
    if (this.running < this.limit) {
      this.running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        const at = this.queue.indexOf(turn);
        if (at >= 0) this.queue.splice(at, 1);
        if (signal !== undefined) reject(abortReason(signal));
      };
      if (signal !== undefined) onAbort(signal, giveUp);
      this.queue.push(turn);
    });
  }

  /** The slot goes straight to the next waiter, so a newcomer cannot overtake it. */
  private leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }
}

/** Why a signal was aborted, always as an Error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The operation was aborted');
}

/** The promise's result, or a rejection with the signal's reason as soon as the signal aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(abortReason(signal));
  }
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(abortReason(signal));
    };
    onAbort(signal, giveUp);
    void promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp);
    });
  });
}

/** One signal ends many waits at once: that is no leak, so Node's warning about many listeners is switched off for it. */
function onAbort(signal: AbortSignal, listener: () => void): void {
  setMaxListeners(0, signal);
  signal.addEventListener('abort', listener, { once: true });
}

import { abortable, type Semaphore } from './concurrency';

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Merges identical reads without ever giving a caller an answer that is older than its call: a call joins a
 * read that waits to be sent, never one that is under way. So of many simultaneous calls at most one runs and
 * one follows it.
 */
export class SharedReads {
  private readonly unsent = new Map<string, Flight<unknown>>();
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(private readonly slots: Semaphore) {}

  /**
   * @param key equal keys mean equal reads; the caller keeps one result type per key.
   * @param send does the read; its signal aborts when nobody waits for the result any more.
   * @param signal ends this caller's wait with the signal's reason; the read goes on for the others.
   */
  async read<T>(key: string, send: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const flight = (this.unsent.get(key) as Flight<T> | undefined) ?? this.prepare(key, send);
    flight.waiters += 1;
    try {
      return await abortable(flight.promise, signal);
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        this.forgetUnsent(key, flight);
        flight.controller.abort();
      }
    }
  }

  private prepare<T>(key: string, send: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const before = this.underWay.get(key) ?? Promise.resolve();
    const promise = this.runAfter(before, key, send, controller.signal, () => {
      this.forgetUnsent(key, flight);
    });
    const flight: Flight<T> = { promise, controller, waiters: 0 };
    this.unsent.set(key, flight);
    return flight;
  }

  private async runAfter<T>(
    before: Promise<unknown>,
    key: string,
    send: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    onSend: () => void,
  ): Promise<T> {
    await abortable(before, signal).catch(() => undefined);
    return this.slots.run(async () => {
      onSend();
      const running = send(signal);
      this.underWay.set(key, running);
      try {
        return await running;
      } finally {
        if (this.underWay.get(key) === running) this.underWay.delete(key);
      }
    }, signal);
  }

  private forgetUnsent(key: string, flight: Flight<unknown>): void {
    if (this.unsent.get(key) === flight) this.unsent.delete(key);
  }
}

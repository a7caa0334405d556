import { abortable } from './concurrency';

interface Reading<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
  timer?: NodeJS.Timeout;
}

const LINGER_MS = 10_000;

/**
 * Lets a second attempt at a reading join the first: a reading whose caller gave up goes on for a while, and who asks with
 * the same key then gets its result. A failure is nobody's but that of those who wait for it. Keys must say for whom and when it is
 * read, because an answer may be older than the call.
 */
export class JoinedReadings<T> {
  private readonly readings = new Map<string, Reading<T>>();

  /** @param lingerMs how long a reading, or its result, waits for somebody to join, in milliseconds. */
  constructor(private readonly lingerMs = LINGER_MS) {}

  /** Begins a reading for somebody who will ask for it, unless it is on its way. */
  prepare(key: string, begin: (signal: AbortSignal) => Promise<T>): void {
    if (this.readings.has(key)) return;
    this.linger(key, this.begin(key, begin));
  }

  /**
   * @param begin reads; its signal aborts when nobody waited for so long.
   * @param signal ends this caller's wait with the signal's reason.
   */
  async read(key: string, begin: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const reading = this.readings.get(key) ?? this.begin(key, begin);
    clearTimeout(reading.timer);
    reading.waiters += 1;
    try {
      const value = await abortable(reading.promise, signal);
      this.forget(key, reading);
      return value;
    } catch (error) {
      if (!signal.aborted) this.forget(key, reading);
      throw error;
    } finally {
      reading.waiters -= 1;
      if (reading.waiters === 0 && this.readings.get(key) === reading) this.linger(key, reading);
    }
  }

  private begin(key: string, begin: (signal: AbortSignal) => Promise<T>): Reading<T> {
    const controller = new AbortController();
    const promise = begin(controller.signal);
    promise.catch(() => undefined);
    const reading: Reading<T> = { promise, controller, waiters: 0 };
    this.readings.set(key, reading);
    return reading;
  }

  private linger(key: string, reading: Reading<T>): void {
    reading.timer = setTimeout(() => {
      this.forget(key, reading);
      reading.controller.abort(new Error('nobody waits for the reading any more'));
    }, this.lingerMs);
    reading.timer.unref();
  }

  private forget(key: string, reading: Reading<T>): void {
    clearTimeout(reading.timer);
    if (this.readings.get(key) === reading) this.readings.delete(key);
  }
}

/**
 * Does some work again and again, one time after the other, until it is stopped. It keeps no process alive.
 */
export class RepeatedWork {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private stopped = false;

  /**
   * @param work must not throw.
   * @param everyMs from the end of one time to the next, in milliseconds.
   * @param firstInMs until the first time; the same by default.
   */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly everyMs: number,
    firstInMs = everyMs,
  ) {
    this.next(firstInMs);
  }

  /** Ends it, after the work that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private next(inMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.work().finally(() => {
        this.next(this.everyMs);
      });
    }, inMs);
    this.timer.unref();
  }
}

/** How often something may be started again before it counts as beyond repair. */
export interface RestartLimits {
  /** Restarts in a row. */
  readonly restarts: number;
  /** How long, in milliseconds, it has to run without another restart until the full number may be used again. */
  readonly quietMs: number;
}

/** Counts restarts; a quiet time gives all of them back, so that only something that keeps ending uses them up. */
export class RestartBudget {
  private used = 0;
  private last = Number.NEGATIVE_INFINITY;

  /** @param now the clock, in milliseconds; any monotonic one. */
  constructor(
    private readonly limits: RestartLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Restarts since the last quiet time. */
  get inARow(): number {
    return this.used;
  }

  /** Takes one restart. @returns false when none is left. */
  take(): boolean {
    const now = this.now();
    if (now - this.last >= this.limits.quietMs) this.used = 0;
    if (this.used >= this.limits.restarts) return false;
    this.used += 1;
    this.last = now;
    return true;
  }
}

import type { ConfigNode } from './config/node';
import type { Editor } from './editor';

/** A commit that takes itself back unless it is confirmed. */
export interface PendingConfirm {
  readonly by: Editor;
  readonly user: string;
  readonly since: Date;
  /** When it will be rolled back, without the device's delay, on the clock of the lab (see `timeScale`). */
  readonly deadline: Date;
  readonly minutes: number;
  readonly log: string | undefined;
}

/** The one pending confirmed commit of a switch and its timer. */
export class ConfirmTimer {
  private state: (PendingConfirm & { readonly before: ConfigNode; readonly timer: NodeJS.Timeout }) | undefined;

  /**
   * @param timeScale Runs this many times faster than given.
   * @param delayMs How late the rollback comes. Recorded: 2 to 35 s (CLAB).
   */
  constructor(
    private readonly timeScale: number,
    private readonly delayMs: number,
    private readonly onExpiry: () => void,
  ) {}

  get pending(): PendingConfirm | undefined {
    return this.state;
  }

  /** The configuration that would come back. */
  get before(): ConfigNode | undefined {
    return this.state?.before;
  }

  arm(by: Editor, seconds: number, log: string | undefined, before: ConfigNode): void {
    this.clear();
    const wait = (seconds * 1000) / this.timeScale;
    // setTimeout counts 32 bits; the longest timeout of the protocol is longer.
    const timer = setTimeout(this.onExpiry, Math.min(wait + this.delayMs, 2 ** 31 - 1));
    timer.unref();
    const since = new Date();
    this.state = {
      by,
      user: by.user,
      since,
      deadline: new Date(since.getTime() + wait),
      minutes: Math.ceil(seconds / 60),
      log,
      before,
      timer,
    };
  }

  /** Simulated time passes; what runs out by it is rolled back at once. */
  advance(ms: number): void {
    const { state } = this;
    if (state === undefined) return;
    clearTimeout(state.timer);
    const deadline = new Date(state.deadline.getTime() - ms / this.timeScale);
    const left = deadline.getTime() - Date.now();
    if (left <= 0) {
      this.onExpiry();
      return;
    }
    const timer = setTimeout(this.onExpiry, Math.min(left + this.delayMs, 2 ** 31 - 1));
    timer.unref();
    this.state = { ...state, deadline, timer };
  }

  clear(): void {
    clearTimeout(this.state?.timer);
    this.state = undefined;
  }
}

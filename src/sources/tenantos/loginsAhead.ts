import type { NetworkDeviceAnswer } from '../../clients/tenantos/schemas';

/** How long a login waits for whoever opens the session, in milliseconds. */
const AGE_MS = 10_000;

interface Kept {
  readonly answer: NetworkDeviceAnswer;
  readonly until: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * The panel's answers about switches that were just asked for, for the session that follows: the answer that says who is plugged
 * in has the login, too. Each serves one session, and is forgotten after seconds if none is opened (docs/decisions/0013).
 */
export class LoginsAhead {
  private readonly kept = new Map<number, Kept>();

  /** @param now a monotonic clock in milliseconds. */
  constructor(
    private readonly ageMs = AGE_MS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param askedAt when the answer was asked for, by the same clock. */
  put(answer: NetworkDeviceAnswer, askedAt: number): void {
    this.take(answer.id);
    const left = askedAt + this.ageMs - this.now();
    if (left <= 0) return;
    const timer = setTimeout(() => {
      this.kept.delete(answer.id);
    }, left);
    timer.unref();
    this.kept.set(answer.id, { answer, until: askedAt + this.ageMs, timer });
  }

  /** The answer, which nobody else gets then; undefined when there is none that is new enough. */
  take(switchId: number): NetworkDeviceAnswer | undefined {
    const found = this.kept.get(switchId);
    this.kept.delete(switchId);
    clearTimeout(found?.timer);
    return found === undefined || this.now() >= found.until ? undefined : found.answer;
  }
}

import { setCurrentDetails, sleep } from '@temporalio/workflow';
import type { PortOutcome } from '../domain/change/outcome';
import type { PortRef } from '../domain/values/port';
import type { PortProgress } from '../protocol/events';
import { reportFailure } from './failures';
import { shownNow } from './observing';

const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;
/** In pauses. */
const PATIENCE_MS = 86_400_000;

const key = (ref: PortRef): string => `${ref.device} ${ref.port}`;

/** What the event waits for, and what was reported to it so far. */
export class Waiting {
  private readonly outcomes = new Map<string, PortOutcome>();
  private readonly deferred = new Set<string>();
  status = '';

  /** Says, where operators look, what the event waits for now. */
  show(message: string): void {
    this.status = message;
    setCurrentDetails(message);
  }

  /** Keeps the outcome of a port: the first one, since a later one may come before or after a decision in a replay. */
  settle(outcome: PortOutcome): void {
    this.deferred.delete(key(outcome));
    if (!this.outcomes.has(key(outcome))) this.outcomes.set(key(outcome), outcome);
  }

  /** Keeps what a port waits for. */
  report(progress: PortProgress): void {
    if (progress.isDeferred === true) this.deferred.add(key(progress));
    else this.deferred.delete(key(progress));
    this.show(progress.message);
  }

  /** Whether a port waits though nothing is wrong, so that no patience is used up. */
  get isDeferred(): boolean {
    return this.deferred.size > 0;
  }

  /** What became of a port; undefined while nobody reported it. */
  outcomeOf(ref: PortRef): PortOutcome | undefined {
    return this.outcomes.get(key(ref));
  }
}

/**
 * Goes on asking while a source stays away: an event that ends early is a change that nobody makes. Ends with the
 * last failure when that cannot pass by itself, or after a day.
 */
export async function patiently<T>(waiting: Waiting, ask: () => Promise<T>): Promise<T> {
  let paused = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      const report = reportFailure(error);
      if (!report.retryable || paused > PATIENCE_MS) throw error;
      waiting.show(
        `Waiting: ${report.code}: ${report.message} Next try at ${new Date(shownNow() + pause).toISOString()}.`,
      );
      await sleep(pause);
      paused += pause;
    }
  }
}

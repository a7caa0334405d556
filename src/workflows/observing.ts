import { workflowInfo } from '@temporalio/workflow';
import type { Observed } from '../protocol/observed';

/*
 * The only place that reads the clock and the length of the history, which are not the same in a replay: what happens while
 * a local activity runs is there before the activity begins (docs/decisions/0035). Lint forbids it everywhere else.
 */

/** What this workflow sees now. To decide by it, a local activity must return it: the history has it from then on. */
export function observe(): Omit<Observed, 'signals' | 'isTimeOver'> {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return { at: Date.now(), historyLength, continueAsNewSuggested };
}

/** The time for texts that people read, in Unix milliseconds. Nothing may be decided by it. */
export function shownNow(): number {
  return Date.now();
}

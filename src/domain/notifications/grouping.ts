/** How what happens together becomes one message for a chat. Times in milliseconds. */
export interface GroupingTimes {
  /** What happens within so long after the first of it is one message. */
  readonly gatherMs: number;
  /** After a message of several the next one comes no sooner. */
  readonly pauseMs: number;
}

/** What waits to be told to a chat. Times in Unix milliseconds. */
export interface WaitingGroup {
  /** When the oldest of it was queued. */
  readonly since: number;
  /** When the last message of several was made; absent: there was none. */
  readonly lastAt?: number;
}

/**
 * Whether what waits is to be told now. A thing that happens by itself is told seconds later; while many happen, as with Apply All, a message
 * in each pause says what came.
 */
export function isGroupDue(
  { since, lastAt }: WaitingGroup,
  { gatherMs, pauseMs }: GroupingTimes,
  now: number,
): boolean {
  const gathered = since + gatherMs;
  return now >= Math.max(gathered, lastAt === undefined ? gathered : lastAt + pauseMs);
}

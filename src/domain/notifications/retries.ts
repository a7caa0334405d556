/** When a delivery that failed is tried again, and until when. Times in milliseconds. */
export interface RetrySchedule {
  /** From each try to the next. */
  readonly pauses: readonly number[];
  /** A pause may be longer or shorter by this share, so that what failed together does not come back together. */
  readonly jitter: number;
}

/**
 * The schedule that Standard Webhooks recommends: at once, after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24
 * hours; a little more than three days. https://github.com/standard-webhooks/standard-webhooks, "Deliverability and reliability".
 */
export const RECOMMENDED_PAUSES_SECONDS: readonly number[] = [
  5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
];

/** A receiver may ask for a longer pause than the schedule has, but for none that is longer than this. */
export const LONGEST_RETRY_AFTER_MS = 86_400_000;

/**
 * The pause until the next try; undefined when there is none any more.
 * @param tries how many were made by the schedule, the last one included. One that was made between, because the receiver was heard of
 *   again, uses nothing of the schedule up.
 * @param retryAfterMs what the receiver asked for.
 * @param random from 0 up to 1.
 */
export function pauseAfter(
  tries: number,
  retryAfterMs: number | undefined,
  { pauses, jitter }: RetrySchedule,
  random: number,
): number | undefined {
  const pause = pauses[Math.max(tries, 1) - 1];
  if (pause === undefined) return undefined;
  const spread = pause * (1 + jitter * (2 * random - 1));
  return Math.round(Math.max(spread, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)));
}

/** RFC 9110, IMF-fixdate. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads the header `Retry-After`: seconds, or a date.
 * @param now Unix milliseconds.
 * @returns milliseconds from now; undefined when it says neither.
 */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text.trim()) * 1_000;
  if (!HTTP_DATE.test(text.trim())) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
}

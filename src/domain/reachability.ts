import type { ErrorCode } from './errors';

/** How a device says that it cannot be reached, whether it is down or the way to it. */
const AWAY_CODES: readonly ErrorCode[] = ['device-unreachable', 'device-timeout'];

/** Whether an error says that a device could not be reached. */
export function saysAway(error: { readonly code: string } | undefined): boolean {
  return error !== undefined && AWAY_CODES.some((code) => code === error.code);
}

/** What is remembered of probing one device that is away. Times are Unix milliseconds. */
export interface ProbeRecord {
  /** How often it answered and was tried, and was away nevertheless. */
  readonly tries: number;
  readonly triedAt: number;
  /** Probes in a row that it did not answer, since it was tried. */
  readonly silent: number;
}

/** Of a device that was never probed. */
export const UNPROBED: ProbeRecord = { tries: 0, triedAt: 0, silent: 0 };

/** Probes without an answer after which a device counts as really gone, so that its next answer is news. */
const SILENT_PROBES = 3;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 900_000;

/**
 * What an answer of a device that is away means. The first one, after silence, means that it is back: what waits is tried at once. One
 * that answers and cannot be worked with all the same (it still starts, it refuses sessions) is tried less and less often, at
 * most as often as its back-off would.
 */
export function judgeProbe(
  record: ProbeRecord,
  answers: boolean,
  now: number,
): { readonly record: ProbeRecord; readonly isBack: boolean } {
  if (!answers) {
    const silent = record.silent + 1;
    return { record: silent < SILENT_PROBES ? { ...record, silent } : { ...UNPROBED, silent }, isBack: false };
  }
  if (record.tries > 0 && now - record.triedAt < waitAfter(record.tries))
    return { record: { ...record, silent: 0 }, isBack: false };
  return { record: { tries: record.tries + 1, triedAt: now, silent: 0 }, isBack: true };
}

/** How long a device that answered is not tried again by its answers, after so many tries. */
function waitAfter(tries: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20), LONGEST_WAIT_MS);
}

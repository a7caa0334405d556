import type { RunStatus } from './plan';

/** How many ports came to what. */
export type RunCounts = Readonly<Record<RunStatus, number>>;

/** None yet. */
export const NOTHING_DONE: RunCounts = {
  applied: 0,
  unchanged: 0,
  held: 0,
  skipped: 0,
  parked: 0,
  failed: 0,
  differs: 0,
};

/** Ports that are done, whatever they came to. */
export function doneOf(counts: RunCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The counts with one port more. */
export function counted(counts: RunCounts, status: RunStatus): RunCounts {
  return { ...counts, [status]: counts[status] + 1 };
}

/** What the expected end of a run follows from. */
export interface Pace {
  readonly total: number;
  readonly done: number;
  /** Ports that were done before the time that is counted: they say nothing of the pace. */
  readonly doneBefore: number;
  /** How long it has run, without the time in which it was paused. */
  readonly ranMs: number;
  /** What the plan expects of the whole. */
  readonly expectedMs: number;
}

/**
 * How long a run still takes, in milliseconds: by what it has done so far, and by its plan while it has done too little to tell.
 * Undefined when nothing is left.
 */
export function remainingMs({ total, done, doneBefore, ranMs, expectedMs }: Pace): number | undefined {
  const left = total - done;
  if (left <= 0) return undefined;
  const seen = done - doneBefore;
  const byPlan = (expectedMs * left) / Math.max(total - doneBefore, 1);
  if (seen <= 0) return Math.max(byPlan - ranMs, 0);
  const byPace = (ranMs / seen) * left;
  const share = Math.min(seen / Math.max(total - doneBefore, 1) / 0.1, 1);
  return Math.round(byPace * share + byPlan * (1 - share));
}

/** What a run may take by what each device's commits take, in seconds, with so many devices at once. */
export function expectedSeconds(byDevice: readonly number[], atOnce: number): number {
  const sum = byDevice.reduce((total, one) => total + one, 0);
  return Math.ceil(Math.max(sum / Math.max(atOnce, 1), ...byDevice, 0));
}

const ORDER: readonly RunStatus[] = ['applied', 'unchanged', 'held', 'parked', 'skipped', 'differs', 'failed'];

/** The counts in words, those that are none left out. */
export function countsText(counts: RunCounts): string {
  const parts = ORDER.flatMap((status) => (counts[status] === 0 ? [] : [`${counts[status]} ${status}`]));
  return parts.length === 0 ? 'none done' : parts.join(', ');
}

import type { PortPlan } from '../../domain/change/plan';
import type { DeviceState } from '../device';

/** How long carrying plans out is expected to take, and by what. */
export interface Expectation {
  /** 0 when nothing would be committed. */
  readonly seconds: number;
  /** How many of the device's commits it is derived from; 0: none was measured yet, it is what is assumed of such devices. */
  readonly measuredCommits: number;
}

/**
 * How long the commits of some plans may take: the median of what the device's newest commits took, for each of them.
 * @param measured seconds that commits of the device took, in any order.
 */
export function expectationOf(
  state: Pick<DeviceState, 'commitsFor' | 'assumedCommitSeconds'>,
  plans: readonly PortPlan[],
  measured: readonly number[],
): Expectation {
  if (plans.length === 0) return { seconds: 0, measuredCommits: measured.length };
  const each = medianOf(measured) ?? state.assumedCommitSeconds;
  return { seconds: rounded(state.commitsFor(plans) * each), measuredCommits: measured.length };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper, lower] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/** To a tenth, and never to nothing. */
function rounded(seconds: number): number {
  return Math.max(Math.round(seconds * 10) / 10, 0.1);
}

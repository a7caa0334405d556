import type { IpAddress } from './ip';
import { lostIps, planFingerprint, type PortPlan } from './plan';
import type { JustifiedRemovals } from './removals';

/** How much of a port may vanish without a person's word. */
export interface GuardLimits {
  /** Unexplained removals of one plan, as a count. */
  readonly maxRemovedBindings: number;
  /** Unexplained removals as a share (0 to 1) of what the port has; counts only from two removals on. */
  readonly maxRemovedShare: number;
}

/** Why a plan is parked until a person confirms it. */
export interface GuardHit {
  readonly rule: 'empty-answer' | 'too-many-removals' | 'too-large-share';
  readonly message: string;
}

/**
 * Judges the removals of a plan. Removals that an event names (`ip_removed`, `server_deleted`, a confirmed
 * deletion or move) are explained and do not count; everything else may be a source's mistake.
 * @returns undefined when the plan may go ahead.
 */
export function judgePlan(
  plan: PortPlan,
  desiredCount: number,
  removals: JustifiedRemovals,
  limits: GuardLimits,
  approvedFingerprint?: string,
): GuardHit | undefined {
  const explained = new Set(removals.named);
  const unexplained = lostIps(plan).filter((ip) => !explained.has(ip));
  if (unexplained.length === 0) return undefined;
  if (approvedFingerprint !== undefined && approvedFingerprint === planFingerprint(plan)) return undefined;
  const share = unexplained.length / Math.max(plan.actualCount, 1);
  const which = `${unexplained.length} of ${plan.actualCount} bindings would be removed and no event says why (${preview(unexplained)})`;
  if (desiredCount === 0) {
    return { rule: 'empty-answer', message: `The sources name no binding for this port: ${which}` };
  }
  if (unexplained.length > limits.maxRemovedBindings) {
    return { rule: 'too-many-removals', message: `${which}; the limit is ${limits.maxRemovedBindings}` };
  }
  if (unexplained.length >= 2 && share > limits.maxRemovedShare) {
    return { rule: 'too-large-share', message: `${which}; the limit is ${Math.round(limits.maxRemovedShare * 100)} %` };
  }
  return undefined;
}

function preview(ips: readonly IpAddress[]): string {
  return ips.length <= 5 ? ips.join(', ') : `${ips.slice(0, 5).join(', ')} and ${ips.length - 5} more`;
}

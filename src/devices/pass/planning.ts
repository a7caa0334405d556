import type { Binding } from '../../domain/desired/binding';
import { reportError, type ErrorReport } from '../../domain/errors';
import type { GuardLimits } from '../../domain/change/guards';
import type { Exclusion } from '../../domain/change/outcome';
import { isEmptyPlan, planPort } from '../../domain/change/plan';
import { mergeRemovals, NO_REMOVALS, type ParkedRemovals } from '../../domain/change/removals';
import type { Statement } from '../../domain/change/statement';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, PlannedPort } from '../device';
import type { PortTarget, PreviewRequest } from './request';

/** What a pass has to do on one effective port. */
export interface PortWork extends PlannedPort {
  /** The ports of the request that this one stands for, as requested. */
  readonly requested: readonly PortName[];
  /** What the port shall have, in the device's own statements. */
  readonly desired: readonly Statement[];
  readonly excluded: readonly Exclusion[];
  /** What waits for a person beside the plan. */
  readonly parked?: ParkedRemovals;
  readonly verdict:
    { readonly kind: 'unchanged' | 'change' } | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/**
 * Computes the work on every effective port of a request. Members of an aggregate are mapped to it; targets that meet
 * on one port are merged, for they share its statements. Guards and approvals are judged here and nowhere else.
 */
export function planWork({ targets, guards }: PreviewRequest, state: DeviceState): readonly PortWork[] {
  const groups = new Map<PortName, PortTarget[]>();
  for (const target of targets) {
    const port = state.effectivePort(target.port);
    groups.set(port, [...(groups.get(port) ?? []), target]);
  }
  return [...groups].map(([port, group]) => planOne(port, group, state, guards));
}

/** Whether there is something to commit on the port. */
export function isChange({ verdict }: PortWork): boolean {
  return verdict.kind === 'change';
}

function planOne(port: PortName, targets: readonly PortTarget[], state: DeviceState, limits: GuardLimits): PortWork {
  const actual = state.statements(port);
  const { undisputed, disputed } = settleTargets(targets);
  const { statements: desired, excluded: untranslated } = state.translate(port, undisputed);
  const excluded = [...untranslated, ...disputed];
  const { plan, parked } = planPort({
    port,
    actual,
    desired,
    retainIps: [...targets.flatMap((target) => target.retainIps), ...excluded.map(({ ip }) => ip)],
    removals: targets.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS),
    limits,
    approved: targets.flatMap((target) => target.approvedFingerprint ?? []),
  });
  const refusal = isEmptyPlan(plan) ? undefined : state.refusal(plan);
  return {
    port,
    requested: [...new Set(targets.map((target) => target.port))],
    actual,
    desired,
    plan,
    excluded,
    verdict:
      refusal === undefined
        ? { kind: isEmptyPlan(plan) ? 'unchanged' : 'change' }
        : { kind: 'failed', error: reportError(refusal) },
    ...(parked === undefined ? {} : { parked }),
  };
}

/** An address that targets of one port want differently is bound for none of them, and what is there stays. */
function settleTargets(targets: readonly PortTarget[]): {
  readonly undisputed: readonly Binding[];
  readonly disputed: readonly Exclusion[];
} {
  const wishes = new Map<IpAddress, Binding[]>();
  for (const binding of targets.flatMap((target) => target.desired))
    wishes.set(binding.ip, [...(wishes.get(binding.ip) ?? []), binding]);
  const undisputed: Binding[] = [];
  const disputed: Exclusion[] = [];
  for (const [ip, [first, ...others]] of wishes) {
    if (first === undefined) continue;
    const rival = others.find(({ mac, vlan }) => mac !== first.mac || vlan !== first.vlan);
    if (rival === undefined) undisputed.push(first);
    else disputed.push({ ip, rule: 'duplicate-address', message: describeRivals(first, rival) });
  }
  return { undisputed, disputed };
}

function describeRivals(one: Binding, other: Binding): string {
  const wishes = [one, other].map(({ mac, vlan }) => `${mac} in VLAN ${vlan}`).join(' and ');
  return `${one.ip} is desired twice on this interface (${wishes}); neither is bound, and what is there stays`;
}

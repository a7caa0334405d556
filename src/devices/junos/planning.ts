import type { ConvergeRequest, PortTarget } from '../device';
import type { Statement } from '../../domain/change/statement';
import { reportError, type ErrorReport } from '../../domain/errors';
import type { GuardLimits } from '../../domain/change/guards';
import type { Exclusion } from '../../domain/change/outcome';
import { isEmptyPlan, planPort, type PortPlan } from '../../domain/change/plan';
import type { PortName } from '../../domain/values/port';
import { mergeRemovals, NO_REMOVALS, type ParkedRemovals } from '../../domain/change/removals';
import { desiredOnSwitch } from './desiredOnSwitch';
import { bindingsOf, type PortEdits } from './dialects/dialect';
import { effectivePort } from './lag';
import type { JunosSettings } from './settings';
import { statementsOnSwitch, type SwitchState } from './switchState';

/** What a pass has to do on one logical interface. */
export interface PortWork {
  readonly port: PortName;
  /** The ports of the request that this interface stands for, as requested. */
  readonly requested: readonly PortName[];
  readonly actual: readonly Statement[];
  readonly plan: PortPlan;
  readonly edits: PortEdits;
  readonly excluded: readonly Exclusion[];
  /** What waits for a person beside the plan. */
  readonly parked?: ParkedRemovals;
  readonly verdict:
    { readonly kind: 'unchanged' | 'change' } | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/**
 * Computes the work on every interface of a request. Members of an aggregate are mapped to it; targets that meet on
 * one interface are merged, for their bindings share it.
 */
export function planWork(
  request: Pick<ConvergeRequest, 'targets' | 'guards'>,
  state: SwitchState,
  settings: JunosSettings,
): readonly PortWork[] {
  const groups = new Map<PortName, PortTarget[]>();
  for (const target of request.targets) {
    const port = effectivePort(target.port, state.aggregates, settings.unit);
    groups.set(port, [...(groups.get(port) ?? []), target]);
  }
  return [...groups].map(([port, targets]) => planOne(port, targets, state, settings, request.guards));
}

function planOne(
  port: PortName,
  targets: readonly PortTarget[],
  state: SwitchState,
  settings: JunosSettings,
  limits: GuardLimits,
): PortWork {
  const actual = statementsOnSwitch(state, port);
  const { desired, excluded } = desiredOnSwitch(targets, bindingsOf(state.bindings, port), state, settings);
  const { plan, parked } = planPort({
    port,
    actual,
    desired,
    retainIps: [...targets.flatMap((target) => target.retainIps), ...excluded.map(({ ip }) => ip)],
    removals: targets.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS),
    limits,
    approved: targets.flatMap((target) => target.approvedFingerprint ?? []),
  });
  const edits = state.dialect.edits(plan, state.bindings, settings.elsGroup);
  const requested = [...new Set(targets.map((target) => target.port))];
  return {
    port,
    requested,
    actual,
    plan,
    edits,
    excluded,
    verdict: judge(plan, edits),
    ...(parked === undefined ? {} : { parked }),
  };
}

function judge(plan: PortPlan, edits: PortEdits): PortWork['verdict'] {
  if (isEmptyPlan(plan)) return { kind: 'unchanged' };
  return edits.failure === undefined ? { kind: 'change' } : { kind: 'failed', error: reportError(edits.failure) };
}

import type { ConvergeRequest, PortTarget } from '../device';
import type { EnforcedBinding } from '../../domain/binding';
import { reportError, type ErrorReport } from '../../domain/errors';
import { judgePlan, type GuardHit, type GuardLimits } from '../../domain/guards';
import { ipVersion, type IpAddress } from '../../domain/ip';
import type { Exclusion } from '../../domain/outcome';
import { isEmptyPlan, planFingerprint, planPort, type PortPlan } from '../../domain/plan';
import type { PortName } from '../../domain/port';
import { mergeRemovals, NO_REMOVALS } from '../../domain/removals';
import { vlanNameFromTemplate } from '../../domain/vlan';
import type { PortEdits } from './dialects/dialect';
import { effectivePort } from './lag';
import type { JunosSettings } from './settings';
import { bindingsOnSwitch, type SwitchState } from './switchState';
import { vlanNameOnSwitch } from './vlanNames';

/** What a pass has to do on one logical interface. */
export interface PortWork {
  readonly port: PortName;
  /** The ports of the request that this interface stands for, as requested. */
  readonly requested: readonly PortName[];
  readonly actual: readonly EnforcedBinding[];
  readonly plan: PortPlan;
  readonly edits: PortEdits;
  readonly excluded: readonly Exclusion[];
  readonly verdict:
    | { readonly kind: 'unchanged' | 'change' }
    | { readonly kind: 'parked'; readonly guard: GuardHit }
    | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/**
 * Computes the work on every interface of a request. Members of an aggregate are mapped to it; targets that meet on
 * one interface are merged, for their bindings share it.
 */
export function planWork(request: Pick<ConvergeRequest, 'targets' | 'guards'>, state: SwitchState, settings: JunosSettings): readonly PortWork[] {
  const groups = new Map<PortName, PortTarget[]>();
  for (const target of request.targets) {
    const port = effectivePort(target.port, state.aggregates, settings.unit);
    groups.set(port, [...(groups.get(port) ?? []), target]);
  }
  return [...groups].map(([port, targets]) => planOne(port, targets, state, settings, request.guards));
}

function planOne(port: PortName, targets: readonly PortTarget[], state: SwitchState, settings: JunosSettings, limits: GuardLimits): PortWork {
  const { desired, excluded } = resolveDesired(targets, state, settings);
  const actual = bindingsOnSwitch(state, port);
  const retain = new Set<IpAddress>(targets.flatMap((target) => target.retainIps));
  const plan = planPort(port, actual, desired, [...retain]);
  const edits = state.dialect.edits(plan, state.bindings, settings.elsGroup);
  const requested = [...new Set(targets.map((target) => target.port))];
  return { port, requested, actual, plan, edits, excluded, verdict: judge(plan, desired.length, edits, targets, limits) };
}

function judge(plan: PortPlan, desiredCount: number, edits: PortEdits, targets: readonly PortTarget[], limits: GuardLimits): PortWork['verdict'] {
  if (isEmptyPlan(plan)) return { kind: 'unchanged' };
  if (edits.failure !== undefined) return { kind: 'failed', error: reportError(edits.failure) };
  const removals = targets.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS);
  const approved = targets.map((target) => target.approvedFingerprint).find((mark) => mark === planFingerprint(plan));
  const guard = judgePlan(plan, desiredCount, removals, limits, approved);
  return guard === undefined ? { kind: 'change' } : { kind: 'parked', guard };
}

/** The desired bindings in the switch's own VLAN names, and those that it cannot hold. */
function resolveDesired(
  targets: readonly PortTarget[],
  state: SwitchState,
  settings: JunosSettings,
): { readonly desired: readonly EnforcedBinding[]; readonly excluded: readonly Exclusion[] } {
  const { dialect, vlans } = state;
  const found = new Map<IpAddress, EnforcedBinding>();
  const excluded: Exclusion[] = [];
  for (const { ip, mac, vlan } of targets.flatMap((target) => target.desired)) {
    const own = vlanNameOnSwitch(vlans, vlan, settings.vlanNameTemplate);
    const vlanName = own ?? (dialect.vlanMustExist ? undefined : vlanNameFromTemplate(settings.vlanNameTemplate, vlan));
    const present = found.get(ip);
    if (ipVersion(ip) === 6 && !dialect.supportsIpv6) {
      excluded.push({ ip, rule: 'ipv6-unsupported', message: `${dialect.name} has no static IPv6 bindings` });
    } else if (vlanName === undefined) {
      excluded.push({ ip, rule: 'vlan-missing-on-device', message: `the switch has no VLAN with id ${vlan}` });
    } else if (present === undefined) {
      found.set(ip, { ip, mac, vlanName });
    } else if (present.mac !== mac || present.vlanName !== vlanName) {
      excluded.push({ ip, rule: 'duplicate-address', message: `${ip} is desired twice on this interface; ${present.mac} in ${present.vlanName} is kept` });
    }
  }
  return { desired: [...found.values()], excluded };
}

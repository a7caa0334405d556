import type { Binding } from '../../domain/desired/binding';
import { reportError, type ErrorReport } from '../../domain/errors';
import type { GuardLimits, Hold } from '../../domain/change/guards';
import type { ConfiguredChange } from '../../domain/change/configured';
import type { Exclusion } from '../../domain/change/outcome';
import { judgePass, NOTHING_LATELY, type GuardFacts } from '../../domain/change/passGuards';
import { isEmptyPlan } from '../../domain/change/plan';
import { planPort } from '../../domain/change/planPort';
import { mergeRemovals, namedPresent, NO_REMOVALS, type ParkedRemovals } from '../../domain/change/removals';
import { settleKeeps, type SettledKeep } from '../../domain/change/settleKeeps';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import type { IpAddress } from '../../domain/values/ip';
import { inVlan } from '../../domain/values/vlan';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, PlannedPort } from '../device';
import { settleAdditional } from './additional';
import { beforeFirst } from './firstStatement';
import type { PortTarget, PreviewRequest } from './request';
import { insideSubnets } from './subnets';

/** What a pass has to do on one effective port. */
export interface PortWork extends PlannedPort {
  /** The ports of the request that this one stands for, as requested. */
  readonly requested: readonly PortName[];
  /** What the port shall have, in the device's own statements. */
  readonly desired: readonly Statement[];
  /** The same as bindings, before their translation. */
  readonly bindings: readonly Binding[];
  /** Addresses among them whose virtual MAC does not exist yet. */
  readonly newVirtualMacs: readonly IpAddress[];
  readonly excluded: readonly Exclusion[];
  /** What waits for a person beside the plan. */
  readonly parked?: ParkedRemovals;
  /** What people keep there. */
  readonly keeps: readonly SettledKeep[];
  /** What is to be said of these keeps, one sentence each. */
  readonly remarks: readonly string[];
  readonly verdict:
    { readonly kind: 'unchanged' | 'change' } | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/**
 * Computes the work on every effective port of a request. Members of an aggregate are mapped to it; targets that meet
 * on one port are merged, for they share its statements. Guards, approvals and keeps are judged here and nowhere else: guards of
 * a port with the port, those of the device and the site by what all ports together come to.
 */
export function planWork(request: PreviewRequest, state: DeviceState): readonly PortWork[] {
  const { guards, keeps, facts = NOTHING_LATELY, virtualMacs } = request;
  const groups = new Map<PortName, PortTarget[]>();
  for (const target of request.targets) {
    const port = state.effectivePort(target.port);
    groups.set(port, [...(groups.get(port) ?? []), target]);
  }
  const plan = (holds: readonly Hold[]): readonly PortWork[] =>
    [...groups].map(([port, group]) =>
      planOne(port, group, state, { limits: guards, facts, keeps, holds, virtualMacs }),
    );
  const work = plan([]);
  const holds = judgePass(
    work.filter(isChange).map((one) => one.plan),
    guards,
    facts,
  );
  return holds.length === 0 ? work : plan(holds);
}

/** Whether there is something to commit on the port. */
export function isChange({ verdict }: PortWork): boolean {
  return verdict.kind === 'change';
}

/** What guards judge the plan of a port by, and what people keep on the device. */
interface Judgement {
  readonly limits: GuardLimits;
  readonly facts: GuardFacts;
  readonly holds: readonly Hold[];
  readonly keeps: PreviewRequest['keeps'];
  readonly virtualMacs: PreviewRequest['virtualMacs'];
}

function planOne(
  port: PortName,
  asked: readonly PortTarget[],
  state: DeviceState,
  { limits, facts, holds, keeps: kept, virtualMacs }: Judgement,
): PortWork {
  const actual = state.statements(port);
  const settled = asked.map((target) => settleAdditional(target, actual, virtualMacs));
  const targets = settled.map(({ target }) => target);
  const { undisputed, disputed } = settleTargets(targets);
  const { fitting, tooMany } = withinMaximum(undisputed, actual, limits);
  const first = beforeFirst(
    port,
    fitting,
    [...targets.flatMap(({ retainIps }) => retainIps), ...disputed, ...tooMany],
    state,
  );
  const { statements: translated, excluded: untranslated } = state.translate(port, first.fitting);
  const further = settled.flatMap((one) => one.excluded);
  const removals = namedPresent(
    targets.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS),
    actual.flatMap(({ ip }) => ip ?? []),
  );
  const keeps = settleKeeps({
    actual,
    desired: translated,
    keeps: kept.filter((keep) => state.effectivePort(keep.port) === port),
    named: removals.named,
    translate: (binding) => state.translate(port, [binding]).statements,
  });
  const { desired } = keeps;
  const doubtful = [
    ...untranslated,
    ...disputed,
    ...tooMany,
    ...first.excluded,
    ...keeps.excluded,
    ...insideSubnets(actual, [...desired, ...keeps.kept], targets),
  ];
  const excluded = [...doubtful, ...further];
  const { plan, parked } = planPort({
    port,
    actual,
    desired,
    kept: keeps.kept,
    retainIps: [
      ...targets.flatMap((target) => target.retainIps),
      ...doubtful.map(({ ip }) => ip),
      ...further.map(({ ip }) => ip).filter((ip) => !removals.named.includes(ip)),
    ],
    removals,
    configured: configuredChanges(targets, (binding) => state.translate(port, [binding]).statements),
    limits,
    holds,
    lostToday: facts.lostToday.get(port) ?? [],
    approved: targets.flatMap((target) => target.approvedFingerprint ?? []),
    approvedKeys: targets.flatMap((target) => target.approvedStatements ?? []),
  });
  const refusal = isEmptyPlan(plan) ? undefined : state.refusal(plan);
  return {
    port,
    requested: [...new Set(targets.map((target) => target.port))],
    actual,
    desired: distinctStatements([...desired, ...keeps.kept]),
    bindings: undisputed,
    newVirtualMacs: settled.flatMap((one) => one.newVirtualMacs),
    plan,
    excluded: [...excluded, ...found(targets, actual, [...desired, ...keeps.kept])],
    keeps: keeps.keeps,
    remarks: [...keeps.notes, ...(state.remarks?.(port) ?? [])],
    verdict:
      refusal === undefined
        ? { kind: isEmptyPlan(plan) ? 'unchanged' : 'change' }
        : { kind: 'failed', error: reportError(refusal) },
    ...(parked === undefined ? {} : { parked }),
  };
}

/** What changed settings alone do to the port, in the device's own statements. */
function configuredChanges(
  targets: readonly PortTarget[],
  translate: (binding: Binding) => readonly Statement[],
): readonly ConfiguredChange[] {
  return targets.flatMap(({ changed }) =>
    (changed?.changes ?? []).map(({ ip, before }) => ({
      ip,
      before: before === undefined ? [] : translate(before),
      settings: changed?.names ?? [],
    })),
  );
}

/** What is to be said of addresses that the port has although nobody desires them there. */
function found(
  targets: readonly PortTarget[],
  actual: readonly Statement[],
  desired: readonly Statement[],
): readonly Exclusion[] {
  const has = (statements: readonly Statement[], ip: IpAddress): boolean => statements.some((one) => one.ip === ip);
  return targets.flatMap(({ ifPresent }) => ifPresent ?? []).filter(({ ip }) => has(actual, ip) && !has(desired, ip));
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
  const wishes = [one, other].map(({ mac, vlan }) => `${mac}${inVlan(vlan)}`).join(' and ');
  return `${one.ip} is desired twice on this interface (${wishes}); neither is bound, and what is there stays`;
}

/** A port has at most so many bindings: what is there comes first, and further ones are left out and reported. */
function withinMaximum(
  desired: readonly Binding[],
  actual: readonly Statement[],
  { maxBindingsPerPort: most = Infinity }: GuardLimits,
): { readonly fitting: readonly Binding[]; readonly tooMany: readonly Exclusion[] } {
  if (desired.length <= most) return { fitting: desired, tooMany: [] };
  const present = new Set(actual.flatMap(({ ip }) => ip ?? []));
  const ordered = [...desired.filter(({ ip }) => present.has(ip)), ...desired.filter(({ ip }) => !present.has(ip))];
  const message = `the port would have ${desired.length} bindings; the limit is ${most} (guards.maxBindingsPerPort)`;
  return {
    fitting: ordered.slice(0, most),
    tooMany: ordered
      .slice(most)
      .map(({ ip }) => ({ ip, rule: 'port-maximum', message: `${ip} is left out: ${message}` })),
  };
}

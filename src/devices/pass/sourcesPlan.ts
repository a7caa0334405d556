import type { ConfiguredChange } from '../../domain/change/configured';
import type { GuardLimits, Hold } from '../../domain/change/guards';
import type { Keep } from '../../domain/change/keep';
import type { Exclusion } from '../../domain/change/outcome';
import type { GuardFacts } from '../../domain/change/passGuards';
import { planPort, type PortDecision } from '../../domain/change/planPort';
import { mergeRemovals, namedPresent, NO_REMOVALS } from '../../domain/change/removals';
import { settleKeeps, type KeepsOfPort } from '../../domain/change/settleKeeps';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import type { Binding } from '../../domain/desired/binding';
import type { RevokedMac } from '../../domain/desired/virtualMac';
import type { IpAddress } from '../../domain/values/ip';
import type { MacAddress } from '../../domain/values/mac';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import { settleAdditional } from './additional';
import { beforeFirst } from './firstStatement';
import { explainedByPolicy, isExclusive, type PortUnderPolicy } from './policies';
import type { PortTarget } from './request';
import { boundToRevoked, keptThough } from './revoked';
import type { NaturalDecision } from './settlePolicy';
import { insideSubnets } from './subnets';
import { settleTargets, withinMaximum } from './wishes';

/** What the plan of a port is judged by. */
export interface Judgement {
  readonly limits: GuardLimits;
  readonly facts: GuardFacts;
  readonly holds: readonly Hold[];
  /** Of the port. */
  readonly keeps: readonly Keep[];
  readonly virtualMacs: ReadonlyMap<string, MacAddress> | undefined;
  readonly revokedMacs: readonly RevokedMac[];
  /** The policies of the port; undefined when none says anything of it, or ever did. */
  readonly under: PortUnderPolicy | undefined;
  /** A person approved what waits because of policies: with it goes all that waits on the port. */
  readonly isApproved: boolean;
}

/** What sources and keeps make of the bindings of a port, as if there were no policies. */
export interface SourcesPlan extends NaturalDecision {
  /** The ports of the request that this one stands for, as requested. */
  readonly requested: readonly PortName[];
  /** What is desired, before its translation. */
  readonly bindings: readonly Binding[];
  readonly newVirtualMacs: readonly IpAddress[];
  readonly excluded: readonly Exclusion[];
  readonly keeps: KeepsOfPort;
}

/** Plans what sources and keeps want of an effective port. Targets that meet on it are merged. */
export function planSources(
  port: PortName,
  asked: readonly PortTarget[],
  state: DeviceState,
  judgement: Judgement,
): SourcesPlan {
  const { limits, under, virtualMacs, revokedMacs } = judgement;
  const actual = under?.natural.bindings ?? state.statements(port);
  const translate = (desired: readonly Binding[]) => state.translate(port, desired, under?.isEnforced);
  const settled = asked.map((target) => settleAdditional(target, actual, virtualMacs));
  const targets = settled.map(({ target }) => target);
  const { undisputed, disputed } = settleTargets(targets);
  const { fitting, tooMany } = withinMaximum(undisputed, actual, limits);
  const doubts = [...targets.flatMap(({ retainIps }) => retainIps), ...disputed, ...tooMany];
  const first = beforeFirst(port, fitting, doubts, state);
  const { statements: translated, excluded: untranslated } = translate(first.fitting);
  const further = settled.flatMap((one) => one.excluded);
  const removals = namedPresent(
    targets.map((target) => target.removals).reduce(mergeRemovals, NO_REMOVALS),
    actual.flatMap(({ ip }) => ip ?? []),
  );
  const keeps = settleKeeps({
    actual,
    desired: translated,
    keeps: judgement.keeps,
    named: removals.named,
    translate: (binding) => translate([binding]).statements,
  });
  const { desired } = keeps;
  const revoked = boundToRevoked(actual, revokedMacs);
  const doubtful = [
    ...untranslated,
    ...disputed,
    ...tooMany,
    ...first.excluded,
    ...keeps.excluded,
    ...insideSubnets(actual, [...desired, ...keeps.kept], targets),
  ];
  const retainIps = [
    ...targets.flatMap((target) => target.retainIps),
    ...doubtful.map(({ ip }) => ip),
    ...further.map(({ ip }) => ip).filter((ip) => !removals.named.includes(ip)),
  ];
  const explained = under === undefined ? [] : explainedByPolicy(under, removals.named);
  const kept = distinctStatements([...keeps.kept, ...explained]);
  const decide = (besides: readonly Statement[], approved: readonly string[]): PortDecision =>
    planPort({
      port,
      actual,
      desired,
      kept: distinctStatements([...kept, ...besides]),
      retainIps,
      removals,
      configured: configuredChanges(targets, (binding) => translate([binding]).statements),
      limits,
      holds: judgement.holds,
      lostToday: judgement.facts.lostToday.get(port) ?? [],
      approved,
      approvedKeys: targets.flatMap((target) => target.approvedStatements ?? []),
      revokedKeys: revoked.map(({ key }) => key),
    });
  return {
    requested: [...new Set(targets.map((target) => target.port))],
    decision: decideWith(judgement, targets, decide),
    desired,
    kept,
    retainIps,
    named: removals.named,
    bindings: undisputed,
    newVirtualMacs: settled.flatMap((one) => one.newVirtualMacs),
    excluded: [...doubtful, ...further, ...found(targets, actual, [...desired, ...kept])],
    keeps: { ...keeps, notes: [...keeps.notes, ...keptThough(revoked, keeps.keeps)] },
  };
}

/**
 * Decides with the approvals that there are. What nobody explains waits for nobody where an exclusive policy takes it; and
 * who approved what waits because of a policy, approved all that waits with it.
 */
function decideWith(
  { under, isApproved }: Judgement,
  targets: readonly PortTarget[],
  decide: (besides: readonly Statement[], approved: readonly string[]) => PortDecision,
): PortDecision {
  const approved = isApproved ? [] : targets.flatMap((target) => target.approvedFingerprint ?? []);
  const first = decide([], approved);
  if (under === undefined || first.parked === undefined) return first;
  const besides = isExclusive(under) ? first.parked.unexplained : [];
  const second = besides.length === 0 ? first : decide(besides, approved);
  return isApproved && second.parked !== undefined ? decide(besides, [second.parked.fingerprint]) : second;
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

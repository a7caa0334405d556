import { reportError } from '../../domain/errors';
import type { Hold } from '../../domain/change/guards';
import { judgePass, NOTHING_LATELY } from '../../domain/change/passGuards';
import { applyPlan, isEmptyPlan, type PortPlan } from '../../domain/change/plan';
import { warnOfKeeps } from '../../domain/change/keptElsewhere';
import { phaseOf } from '../../domain/holds/portHold';
import { addressesOf, compareStatements, distinctStatements } from '../../domain/change/statement';
import { saysAnything } from '../../domain/policies/effectivePolicy';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState } from '../device';
import { everythingOn } from '../policyCarrier';
import { planHeldPort, planWithout } from './heldPort';
import { underPolicy, type PortUnderPolicy } from './policies';
import type { PortTarget, PreviewRequest } from './request';
import { sayRevoked } from './revoked';
import { settlePolicy, type SettledPolicy } from './settlePolicy';
import { isChange, type PolicyWork, type PortWork } from './portWork';
import { planSources, type Judgement } from './sourcesPlan';

/**
 * Computes the work on every effective port of a request. Members of an aggregate are mapped to it; targets that meet
 * on one port are merged, for they share its statements. Guards, approvals and keeps are judged here and nowhere else: guards of
 * a port with the port, those of the device and the site by what all ports together come to.
 */
export function planWork(request: PreviewRequest, state: DeviceState): readonly PortWork[] {
  const { guards, keeps, facts = NOTHING_LATELY, virtualMacs, revokedMacs = [], policies, portHolds } = request;
  const groups = new Map<PortName, PortTarget[]>();
  for (const target of request.targets) {
    const port = state.effectivePort(target.port);
    groups.set(port, [...(groups.get(port) ?? []), target]);
  }
  const plan = (holds: readonly Hold[]): readonly PortWork[] =>
    [...groups].map(([port, group]) =>
      planOne(port, group, state, {
        limits: guards,
        facts,
        keeps,
        holds,
        virtualMacs,
        revokedMacs,
        ...(policies === undefined ? {} : { policies }),
        ...(portHolds === undefined ? {} : { portHolds }),
      }),
    );
  const work = plan([]);
  const holds = judgePass(
    work.filter(isChange).map((one) => one.plan),
    guards,
    facts,
  );
  return warned(holds.length === 0 ? work : plan(holds), request, state);
}

/** The same with what is to be said of addresses that are at two ports. */
function warned(
  work: readonly PortWork[],
  { keptElsewhere: known }: PreviewRequest,
  state: DeviceState,
): readonly PortWork[] {
  if (known === undefined) return work;
  return work.map((one) => {
    const warnings = warnOfKeeps(
      {
        isHere: ({ device, port }) => device === known.device && state.effectivePort(port) === one.port,
        wanted: one.bindings.map(({ ip }) => ip),
        keeps: one.keeps.map(({ keep }) => keep),
      },
      known,
    );
    return { ...one, excluded: [...one.excluded, ...warnings] };
  });
}

/** What is the same for all ports of a pass. */
type PassJudgement = Pick<Judgement, 'limits' | 'facts' | 'holds' | 'virtualMacs' | 'revokedMacs'> &
  Pick<PreviewRequest, 'keeps' | 'policies' | 'portHolds'>;

/** What becomes of a port: as its hold has it while that holds, else as sources, people and policies want it. */
function planOne(port: PortName, asked: readonly PortTarget[], state: DeviceState, judgement: PassJudgement): PortWork {
  const { portHolds, keeps } = judgement;
  const hold = portHolds?.holds.find((one) => state.effectivePort(one.port) === port);
  if (hold === undefined || portHolds === undefined) return planNaturally(port, asked, state, judgement);
  const phase = phaseOf(hold, portHolds.at.getTime());
  return phase === 'holding'
    ? planHeldPort({ port, asked, state, hold, keeps: keeps.filter((keep) => state.effectivePort(keep.port) === port) })
    : planWithout({ port, asked, state, hold, phase }, (targets) => planNaturally(port, targets, state, judgement));
}

/** What a policy leaves to a person comes with the approval of everything that waits on the port. */
function planNaturally(
  port: PortName,
  asked: readonly PortTarget[],
  state: DeviceState,
  judgement: PassJudgement,
): PortWork {
  const work = planWith(port, asked, state, judgement, 'nothing');
  if (work.parked?.guards.includes('policy-restore') !== true) return work;
  const { fingerprint } = work.parked;
  const isApproved = asked.some(({ approvedFingerprint }) => approvedFingerprint === fingerprint);
  if (!isApproved) return work;
  const approved = work.policy?.isSuspended === true ? 'policy' : 'everything';
  return planWith(port, asked, state, judgement, approved);
}

/** What sources and keeps want of a port, and what policies make of that. */
function planWith(
  port: PortName,
  targets: readonly PortTarget[],
  state: DeviceState,
  { keeps: allKeeps, policies, ...others }: PassJudgement,
  /** What a person approved of all that waits: where bindings are suspended, only what the policy leaves to a person was shown. */
  approved: 'nothing' | 'policy' | 'everything',
): PortWork {
  const keeps = allKeeps.filter((keep) => state.effectivePort(keep.port) === port);
  const sources = targets.flatMap(({ desired }) => desired);
  const under = underPolicy({ port, targets, state, policies, keeps, sources, isApproved: approved !== 'nothing' });
  const natural = planSources(port, targets, state, { ...others, keeps, under, isApproved: approved === 'everything' });
  const settled = under === undefined ? undefined : settlePolicy(under, natural);
  const { plan: decided, parked } = settled ?? natural.decision;
  const plan = withConfigured(decided, state, natural.retainIps);
  const refusal = isEmptyPlan(plan) ? undefined : state.refusal(plan, parked?.unexplained ?? []);
  return {
    port,
    requested: natural.requested,
    actual: everythingOn(state, port),
    desired: settled?.desired ?? distinctStatements([...natural.desired, ...natural.kept]),
    bindings: natural.bindings,
    newVirtualMacs: natural.newVirtualMacs,
    plan,
    excluded: [...natural.excluded, ...(settled?.excluded ?? [])],
    keeps: natural.keeps.keeps,
    remarks: [...natural.keeps.notes, ...sayRevoked(plan), ...(state.remarks?.(port) ?? [])],
    verdict:
      refusal === undefined
        ? { kind: isEmptyPlan(plan) ? 'unchanged' : 'change' }
        : { kind: 'failed', error: reportError(refusal) },
    ...(parked === undefined ? {} : { parked }),
    ...(under === undefined || settled === undefined ? {} : { policy: policyWork(under, settled) }),
  };
}

/** The same plan with what the configuration wants of the port's enforcement besides. */
function withConfigured(plan: PortPlan, state: DeviceState, doubtful: readonly IpAddress[]): PortPlan {
  if (state.configured === undefined) return plan;
  const has = new Set(addressesOf(applyPlan(state.statements(plan.port), plan)));
  const isCertain = doubtful.every((ip) => has.has(ip));
  const missing = state.configured(plan, isCertain);
  return missing.length === 0 ? plan : { ...plan, add: [...plan.add, ...missing].toSorted(compareStatements) };
}

function policyWork(
  { policy, memory, carried, isMissing }: PortUnderPolicy,
  { report, added, memory: after }: SettledPolicy,
): PolicyWork {
  return {
    report,
    added,
    wants: carried.bindings,
    isConcerned: saysAnything(policy),
    isMissing,
    isSuspended: carried.suspends !== undefined,
    after,
    ...(memory === undefined ? {} : { before: memory }),
  };
}

import { reportError, type ErrorReport } from '../../domain/errors';
import type { Binding } from '../../domain/desired/binding';
import type { Hold } from '../../domain/change/guards';
import type { Exclusion } from '../../domain/change/outcome';
import { judgePass, NOTHING_LATELY } from '../../domain/change/passGuards';
import { isEmptyPlan } from '../../domain/change/plan';
import { warnOfKeeps } from '../../domain/change/keptElsewhere';
import type { ParkedRemovals } from '../../domain/change/removals';
import type { SettledKeep } from '../../domain/change/settleKeeps';
import { distinctStatements, type Statement } from '../../domain/change/statement';
import { saysAnything } from '../../domain/policies/effectivePolicy';
import type { PortMemory } from '../../domain/policies/portMemory';
import type { IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import type { DeviceState, PlannedPort } from '../device';
import { everythingOn } from '../policyCarrier';
import { underPolicy, type PortUnderPolicy } from './policies';
import type { PortTarget, PreviewRequest } from './request';
import { settlePolicy, type SettledPolicy } from './settlePolicy';
import { planSources, type Judgement } from './sourcesPlan';

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
  /** Present when policies say anything of the port, or left something on it. */
  readonly policy?: PolicyWork;
  readonly verdict:
    { readonly kind: 'unchanged' | 'change' } | { readonly kind: 'failed'; readonly error: ErrorReport };
}

/** What policies do on a port. */
export interface PolicyWork extends Pick<SettledPolicy, 'report' | 'added'> {
  /** Bindings that policies want there, whether or not anybody else does. */
  readonly wants: readonly Statement[];
  /** Whether any policy concerns the port now. */
  readonly isConcerned: boolean;
  /** Whether the port takes no bindings now. */
  readonly isSuspended: boolean;
  readonly before?: PortMemory;
  /** What is to be remembered once the port has what it shall have. */
  readonly after: PortMemory;
}

/**
 * Computes the work on every effective port of a request. Members of an aggregate are mapped to it; targets that meet
 * on one port are merged, for they share its statements. Guards, approvals and keeps are judged here and nowhere else: guards of
 * a port with the port, those of the device and the site by what all ports together come to.
 */
export function planWork(request: PreviewRequest, state: DeviceState): readonly PortWork[] {
  const { guards, keeps, facts = NOTHING_LATELY, virtualMacs, policies } = request;
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
        ...(policies === undefined ? {} : { policies }),
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

/** The same with what is to be said of addresses that are kept at one port and wanted at another one. */
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

/** Whether there is something to commit on the port. */
export function isChange({ verdict }: PortWork): boolean {
  return verdict.kind === 'change';
}

/** What is the same for all ports of a pass. */
type PassJudgement = Pick<Judgement, 'limits' | 'facts' | 'holds' | 'virtualMacs'> &
  Pick<PreviewRequest, 'keeps' | 'policies'>;

/** What a policy leaves to a person comes with the approval of everything that waits on the port. */
function planOne(port: PortName, asked: readonly PortTarget[], state: DeviceState, judgement: PassJudgement): PortWork {
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
  const { plan, parked } = settled ?? natural.decision;
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
    remarks: [...natural.keeps.notes, ...(state.remarks?.(port) ?? [])],
    verdict:
      refusal === undefined
        ? { kind: isEmptyPlan(plan) ? 'unchanged' : 'change' }
        : { kind: 'failed', error: reportError(refusal) },
    ...(parked === undefined ? {} : { parked }),
    ...(under === undefined || settled === undefined ? {} : { policy: policyWork(under, settled) }),
  };
}

function policyWork(
  { policy, memory, carried }: PortUnderPolicy,
  { report, added, memory: after }: SettledPolicy,
): PolicyWork {
  return {
    report,
    added,
    wants: carried.bindings,
    isConcerned: saysAnything(policy),
    isSuspended: carried.suspends !== undefined,
    after,
    ...(memory === undefined ? {} : { before: memory }),
  };
}

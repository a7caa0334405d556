import type { Exclusion, PolicyReport } from '../../domain/change/outcome';
import { applyPlan, type PortPlan } from '../../domain/change/plan';
import type { PortDecision } from '../../domain/change/planPort';
import { removalFingerprint, type Justification, type ParkedRemovals } from '../../domain/change/removals';
import {
  addressesOf,
  compareStatements,
  distinctStatements,
  isAbout,
  withoutStatements,
  type Statement,
} from '../../domain/change/statement';
import { describePolicy, scopesOf } from '../../domain/policies/policyWords';
import { memoryAfter, NO_MEMORY, type PortMemory } from '../../domain/policies/portMemory';
import { compareIps, type IpAddress } from '../../domain/values/ip';
import type { PortName } from '../../domain/values/port';
import { isExclusive, type PortUnderPolicy } from './policies';

/** What was decided about the bindings that the port would have without policies. */
export interface NaturalDecision {
  readonly decision: PortDecision;
  /** What sources want there, and what people keep there. */
  readonly desired: readonly Statement[];
  readonly kept: readonly Statement[];
  readonly retainIps: readonly IpAddress[];
  readonly named: readonly IpAddress[];
}

/** What policies make of a port. */
export interface SettledPolicy extends PortDecision {
  readonly excluded: readonly Exclusion[];
  /** What sources, people and policies want there. */
  readonly desired: readonly Statement[];
  /** Bindings that only policies want. */
  readonly added: readonly Statement[];
  /** What is to be remembered when it has that. */
  readonly memory: PortMemory;
  readonly report: PolicyReport;
}

/** Puts what policies make of a port over what it would have without them. */
export function settlePolicy(under: PortUnderPolicy, natural: NaturalDecision): SettledPolicy {
  const { port, bindings, enforcement, carried } = under;
  const waits = waitsForFirst(under, natural);
  const after = {
    bindings: applyPlan(under.natural.bindings, natural.decision.plan),
    enforcement: under.natural.enforcement.filter(({ key }) => carried.lost?.includes(key) !== true),
  };
  const retained = carried.suspends === undefined ? inDoubt(under, natural) : [];
  const wantedBindings =
    carried.suspends === undefined && !waits
      ? distinctStatements([...stays(under, natural, after.bindings), ...carried.bindings, ...retained])
      : [];
  const by = carried.suspends?.by === undefined ? {} : { by: carried.suspends.by };
  const remembered = {
    bindings: memoryAfter(bindings, { wanted: wantedBindings, natural: after.bindings, retained, ...by }),
    enforcement: memoryAfter(enforcement, { wanted: carried.enforcement, natural: after.enforcement, ...by }),
  };
  const memory = under.isMissing ? (under.memory ?? NO_MEMORY) : remembered;
  const parked = parkedOf(port, under, natural.decision.parked);
  return {
    plan: planBetween(
      port,
      [...bindings.present, ...enforcement.present],
      [...wantedBindings, ...carried.enforcement],
      natural.decision.plan,
    ),
    ...(parked === undefined ? {} : { parked }),
    excluded: [...carried.excluded, ...(carried.suspends === undefined ? [] : suspended(under, natural))],
    desired: [
      ...(carried.suspends === undefined
        ? distinctStatements([...natural.desired, ...natural.kept, ...(waits ? [] : carried.bindings)])
        : []),
      ...carried.enforcement,
    ],
    added: memory.bindings.added,
    memory,
    report: reportOf(under, natural),
  };
}

/** Whether what policies want waits, because the port lets everything through and the sources begin nothing there. */
function waitsForFirst({ isOpen }: PortUnderPolicy, { decision }: NaturalDecision): boolean {
  return isOpen && decision.plan.add.length === 0;
}

/** Of what would be there without the policy, what stays with it. */
function stays(
  under: PortUnderPolicy,
  { desired, kept, retainIps }: NaturalDecision,
  after: readonly Statement[],
): readonly Statement[] {
  if (!isExclusive(under)) return after;
  const keys = new Set([...desired, ...kept].map(({ key }) => key));
  const doubtful = new Set(retainIps);
  return after.filter((one) => keys.has(one.key) || isAbout(one, doubtful));
}

/** What a policy added and wants no more, while sources may want its address: doubt deletes nothing. */
function inDoubt({ bindings }: PortUnderPolicy, { retainIps }: NaturalDecision): readonly Statement[] {
  const present = new Set(bindings.present.map(({ key }) => key));
  const doubtful = new Set(retainIps);
  return bindings.memory.added.filter((one) => present.has(one.key) && isAbout(one, doubtful));
}

/** The change of a port from what it has to what it shall have. Whatever sources do not justify, the policy does. */
function planBetween(
  port: PortName,
  present: readonly Statement[],
  wanted: readonly Statement[],
  natural: PortPlan,
): PortPlan {
  const remove = withoutStatements(present, wanted).toSorted(compareStatements);
  const because = remove.map(({ key }): [string, Justification] => [key, natural.because.get(key) ?? 'policy']);
  const left = withoutStatements(present, remove);
  return {
    port,
    remove,
    because: new Map(because),
    add: withoutStatements(wanted, present).toSorted(compareStatements),
    actualCount: natural.actualCount,
    keptIps: [...addressesOf(left)].sort(compareIps),
  };
}

/** Addresses that sources and people want there and that wait. */
function suspended({ port, carried, policy }: PortUnderPolicy, { desired, kept }: NaturalDecision): Exclusion[] {
  const why =
    carried.waiting === undefined
      ? `port security of ${port} is off${policy.portSecurity?.value === 'off' ? ` by the policy of ${scopesOf({ portSecurity: policy.portSecurity }).join(', ')}` : ''}`
      : `port security of ${port} waits for a person`;
  return [...addressesOf([...desired, ...kept])].map((ip) => ({
    ip,
    rule: 'suspended-by-policy',
    message: `${ip} is suspended: ${why}; it comes back with it`,
  }));
}

/** What waits for a person on the port: what sources leave to one, and what the policy does. */
function parkedOf(
  port: PortName,
  { carried: { waiting, suspends }, enforcement }: PortUnderPolicy,
  natural: ParkedRemovals | undefined,
): ParkedRemovals | undefined {
  const bindings = suspends === undefined ? natural : undefined;
  if (waiting === undefined) return bindings;
  const remove = [...(bindings?.remove ?? []), ...withoutStatements(enforcement.present, waiting.enforcement)];
  const add = [...(bindings?.add ?? []), ...withoutStatements(waiting.enforcement, enforcement.present)];
  return {
    remove,
    add,
    reason: [waiting.reason, ...(bindings === undefined ? [] : [bindings.reason])].join('. '),
    fingerprint: removalFingerprint(port, remove, add),
    guards: [...(bindings?.guards ?? []), 'policy-restore'],
    guarded: true,
    unexplained: bindings?.unexplained ?? [],
  };
}

function reportOf(under: PortUnderPolicy, natural: NaturalDecision): PolicyReport {
  const { port, policy, carried, drift } = under;
  const going = new Set(natural.named);
  const waits = waitsForFirst(under, natural) && carried.bindings.length > 0;
  return {
    from: scopesOf(policy),
    says: describePolicy(policy),
    refused: carried.refused,
    remarks: [
      ...policy.refused,
      ...policy.suspended.map((what) => `${what}: waiting while port security is off`),
      ...carried.bindings
        .filter((one) => isAbout(one, going))
        .map(({ text }) => `${text} is named for removal, but stays: a policy wants it`),
      ...(waits
        ? [`${port} lets everything through: what policies add passes without a statement, and begins no first one`]
        : []),
      ...carried.remarks,
      ...drift,
    ],
  };
}

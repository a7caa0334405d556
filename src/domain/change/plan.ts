import { settleConfigured, type ConfiguredChange } from './configured';
import {
  addressesOf,
  compareStatements,
  distinctStatements,
  sameStatement,
  sameStatements,
  type Statement,
} from './statement';
import { describeUnknown, judgeAbsence, type GuardLimits, type Hold } from './guards';
import { compareIps, type IpAddress } from '../values/ip';
import type { PortName } from '../values/port';
import {
  removalFingerprint,
  type Justification,
  type JustifiedRemovals,
  type ParkedRemovals,
  type RemovedStatement,
} from './removals';

/** The certain change of one port's statements. Nothing else is ever sent to a device. */
export interface PortPlan {
  readonly port: PortName;
  /** Statements that the port has and must lose. A changed MAC or VLAN is a removal and an addition of one IP. */
  readonly remove: readonly Statement[];
  /** By what each of them goes, by its key. */
  readonly because: ReadonlyMap<string, Justification>;
  readonly add: readonly Statement[];
  /** How many statements the port has now. */
  readonly actualCount: number;
  /** Addresses that the port lets through before and after. */
  readonly keptIps: readonly IpAddress[];
}

/** What one port has, what it shall have, and what may go. */
export interface PlanInput {
  readonly port: PortName;
  readonly actual: readonly Statement[];
  readonly desired: readonly Statement[];
  /** Addresses whose present statements stay unless they are desired otherwise: their source is in doubt, and doubt deletes nothing. */
  readonly retainIps: readonly IpAddress[];
  readonly removals: JustifiedRemovals;
  readonly limits: GuardLimits;
  /** Fingerprints of parked removals that a person approved. */
  readonly approved: readonly string[];
  /** What confirmed absence took from the port in the last 24 hours. Absent: nothing. */
  readonly lostToday?: readonly IpAddress[];
  /** What a changed configuration alone does. Absent: nothing. */
  readonly configured?: readonly ConfiguredChange[];
  /** Guards of the device or the site that hold whatever nobody named. Absent: none. */
  readonly holds?: readonly Hold[];
  /** Keys of statements whose removal a person approved one by one. Absent: none. */
  readonly approvedKeys?: readonly string[];
  /** Statements that people keep: those that are there stay, the others are added. None of them is desired otherwise. Absent: none. */
  readonly kept?: readonly Statement[];
}

/** What is certain, and beside it what waits for a person. */
export interface PortDecision {
  readonly plan: PortPlan;
  readonly parked?: ParkedRemovals;
}

/** Whether a plan changes nothing. */
export function isEmptyPlan(plan: PortPlan): boolean {
  return plan.remove.length === 0 && plan.add.length === 0;
}

/** Addresses that the port would no longer let through at all (replaced ones are not among them). */
export function lostIps(plan: PortPlan): readonly IpAddress[] {
  const kept = new Set([...plan.keptIps, ...addressesOf(plan.add)]);
  return addressesOf(plan.remove).filter((ip) => !kept.has(ip));
}

/** What a plan removes, each with what justifies it. */
export function removedBy({ remove, because }: PortPlan): readonly RemovedStatement[] {
  return remove.map((statement) => {
    const justification = because.get(statement.key);
    return justification === undefined ? statement : { ...statement, because: justification };
  });
}

/** Addresses that the port would no longer let through, by confirmed absence alone. */
export function absentIps(plan: PortPlan): readonly IpAddress[] {
  const absent = plan.remove.filter(({ key }) => plan.because.get(key) === 'absent');
  const lost = new Set(lostIps(plan));
  return addressesOf(absent).filter((ip) => lost.has(ip));
}

/**
 * Decides what becomes of each binding that a port has. What is missing is added. Removed is only: another statement
 * of a desired address, what an event names, what is confirmed to be absent as far as the guards let it, and what a
 * person approved. All else stays, and is parked unless it is retained or kept by a person.
 */
export function planPort(input: PlanInput): PortDecision {
  const { port, actual, holds = [], kept = [] } = input;
  // What people keep is not at risk, so it makes no loss look smaller.
  const atRisk = actual.filter((have) => !kept.some((one) => sameStatement(one, have)));
  const configured = settleConfigured(atRisk, input.desired, input.configured ?? [], {
    named: input.removals.named,
    approvedKeys: input.approvedKeys ?? [],
  });
  const { replaced, named, absent, unknown, approved } = sortOut({
    ...input,
    desired: configured.desired,
    retainIps: [...input.retainIps, ...configured.retainIps],
  });
  const shrink = judgeAbsence(
    {
      absent: addressesOf(absent),
      lostToday: (input.lostToday ?? []).filter((ip) => !actual.some((have) => have.ip === ip)),
      actualCount: subjectsOf(atRisk).length,
      desiredCount: input.desired.length,
    },
    input.limits,
  );
  const missing = without(distinctStatements([...configured.desired, ...kept]), actual);
  const isHeld = holds.length > 0;
  const waiting = new Set(addressesOf(isHeld ? replaced : []));
  const heldAbsent = isHeld || shrink !== undefined ? absent : [];
  const held = [...heldAbsent, ...(isHeld ? replaced : [])];
  const parked = park(
    port,
    [...held, ...configured.remove],
    [...missing.filter(({ ip }) => isOneOf(waiting, ip)), ...configured.add],
    {
      holds: [
        ...(held.length === 0 ? [] : [...(shrink === undefined ? [] : [shrink]), ...holds]),
        ...(configured.hold === undefined ? [] : [configured.hold]),
      ],
      unknown,
      actualCount: subjectsOf(actual).length,
    },
  );
  const isApproved = parked !== undefined && input.approved.includes(parked.fingerprint);
  const because = new Map<string, Justification>([
    ...(isHeld ? [] : replaced).map(({ key }) => [key, 'replaced'] as const),
    ...named.map(({ key }) => [key, 'named'] as const),
    ...(heldAbsent.length > 0 ? [] : absent).map(({ key }) => [key, 'absent'] as const),
    ...[...approved, ...configured.approved, ...(isApproved ? approvedOf(parked, configured.remove, input) : [])].map(
      ({ key }) => [key, 'approved'] as const,
    ),
  ]);
  const add = isApproved
    ? without(distinctStatements([...input.desired, ...kept]), actual)
    : missing.filter(({ ip }) => !isOneOf(waiting, ip));
  const plan: PortPlan = {
    port,
    remove: actual.filter(({ key }) => because.has(key)).sort(compareStatements),
    because,
    add: [...add].sort(compareStatements),
    actualCount: actual.length,
    keptIps: [...addressesOf(actual.filter(({ key }) => !because.has(key)))].sort(compareIps),
  };
  return parked === undefined || isApproved ? { plan } : { plan, parked };
}

/** What an approval takes: what is parked, and whatever else the port has of an address that goes or is replaced by the configuration. */
function approvedOf(
  { remove }: ParkedRemovals,
  byConfiguration: readonly Statement[],
  { actual, desired, kept = [] }: PlanInput,
): readonly Statement[] {
  const ips = new Set(addressesOf(byConfiguration));
  const wanted = new Set(addressesOf(desired));
  const replaced = actual.filter(({ ip }) => isOneOf(ips, ip) && isOneOf(wanted, ip));
  return [...remove, ...without(replaced, [...desired, ...kept])];
}

function without(statements: readonly Statement[], others: readonly Statement[]): readonly Statement[] {
  const keys = new Set(others.map(({ key }) => key));
  return statements.filter(({ key }) => !keys.has(key));
}

/** What a port has and shall not have as it is, by what is known of it. What is retained is in none of the lists. */
interface Superfluous {
  /** Other statements of desired addresses that no event names. */
  readonly replaced: readonly Statement[];
  readonly named: readonly Statement[];
  readonly absent: readonly Statement[];
  readonly unknown: readonly Statement[];
  /** Whatever it is, a person approved one by one that it goes. */
  readonly approved: readonly Statement[];
}

function sortOut({ actual, desired, retainIps, removals, kept = [], approvedKeys = [] }: PlanInput): Superfluous {
  const desiredIps = new Set(addressesOf(desired));
  const retained = new Set(retainIps);
  const byEvent = new Set(removals.named);
  const gone = new Set(removals.absent);
  const all = [...actual]
    .sort(compareStatements)
    .filter((have) => ![...desired, ...kept].some((want) => sameStatement(want, have)));
  const isRetained = ({ ip }: Statement): boolean => !isOneOf(desiredIps, ip) && isOneOf(retained, ip);
  const approved = all.filter((have) => approvedKeys.includes(have.key) && !isRetained(have));
  const superfluous = all.filter((have) => !approved.includes(have));
  const isNamed = ({ ip }: Statement): boolean => isOneOf(byEvent, ip);
  const undesired = superfluous.filter((have) => !isOneOf(desiredIps, have.ip) && !isRetained(have));
  return {
    replaced: superfluous.filter((have) => isOneOf(desiredIps, have.ip) && !isNamed(have)),
    named: [...undesired, ...superfluous.filter(({ ip }) => isOneOf(desiredIps, ip))].filter(isNamed),
    absent: undesired.filter((have) => !isNamed(have) && isOneOf(gone, have.ip)),
    unknown: undesired.filter((have) => !isNamed(have) && !isOneOf(gone, have.ip)),
    approved,
  };
}

function park(
  port: PortName,
  held: readonly Statement[],
  add: readonly Statement[],
  why: { readonly holds: readonly Hold[]; readonly unknown: readonly Statement[]; readonly actualCount: number },
): ParkedRemovals | undefined {
  const { holds, unknown, actualCount } = why;
  const remove = [...held, ...unknown].sort(compareStatements);
  if (remove.length === 0) return undefined;
  const reasons = [
    ...holds.map(({ reason }) => reason),
    ...(unknown.length === 0 ? [] : [describeUnknown(subjectsOf(unknown), actualCount)]),
  ];
  return {
    remove,
    add: [...add].sort(compareStatements),
    reason: reasons.join('. '),
    fingerprint: removalFingerprint(port, remove, add),
    guards: [...new Set(holds.map(({ guard }) => guard))],
    guarded: holds.length > 0,
    unexplained: unknown,
  };
}

/** The statements a port has once the plan is carried out. */
export function applyPlan(actual: readonly Statement[], plan: PortPlan): Statement[] {
  const kept = actual.filter((have) => !plan.remove.some((gone) => sameStatement(gone, have)));
  return [...kept, ...plan.add].sort(compareStatements);
}

function isOneOf(addresses: ReadonlySet<IpAddress>, ip: IpAddress | undefined): boolean {
  return ip !== undefined && addresses.has(ip);
}

/** Whether a port that had `actual` has exactly what the plan makes of it. */
export function isCarriedOut(
  { actual, plan }: { readonly actual: readonly Statement[]; readonly plan: PortPlan },
  present: readonly Statement[],
): boolean {
  return sameStatements(applyPlan(actual, plan), present);
}

/** What guards count, each once: addresses, for a device may need several statements for one; else the statement. */
function subjectsOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.map(({ ip, text }) => ip ?? text))];
}

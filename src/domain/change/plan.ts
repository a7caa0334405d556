import { addressesOf, compareStatements, sameStatement, sameStatements, type Statement } from './statement';
import { describeUnknown, judgeAbsence, type GuardLimits } from './guards';
import { compareIps, type IpAddress } from '../values/ip';
import type { PortName } from '../values/port';
import { removalFingerprint, type JustifiedRemovals, type ParkedRemovals } from './removals';

/** The certain change of one port's statements. Nothing else is ever sent to a device. */
export interface PortPlan {
  readonly port: PortName;
  /** Statements that the port has and must lose. A changed MAC or VLAN is a removal and an addition of one IP. */
  readonly remove: readonly Statement[];
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

/**
 * Decides what becomes of each binding that a port has. What is missing is added. Removed is only: another statement
 * of a desired address, what an event names, what is confirmed to be absent as far as the guards let it, and what a
 * person approved. All else stays, and is parked unless it is retained.
 */
export function planPort(input: PlanInput): PortDecision {
  const { port, actual, desired, limits } = input;
  const desiredIps = new Set(addressesOf(desired));
  const retained = new Set(input.retainIps);
  const named = new Set(input.removals.named);
  const gone = new Set(input.removals.absent);
  const superfluous = [...actual]
    .sort(compareStatements)
    .filter((have) => !desired.some((want) => sameStatement(want, have)));
  const replaced = superfluous.filter(({ ip }) => isOneOf(desiredIps, ip));
  const undesired = superfluous.filter(({ ip }) => !isOneOf(desiredIps, ip) && !isOneOf(retained, ip));
  const removed = undesired.filter(({ ip }) => isOneOf(named, ip));
  const absent = undesired.filter(({ ip }) => !isOneOf(named, ip) && isOneOf(gone, ip));
  const unknown = undesired.filter(({ ip }) => !isOneOf(named, ip) && !isOneOf(gone, ip));
  const count = { actualCount: subjectsOf(actual).length, desiredCount: desired.length };
  const guard = judgeAbsence(addressesOf(absent), count, limits);
  const parked = park(port, guard === undefined ? [] : absent, guard, unknown, count.actualCount);
  const isApproved = parked !== undefined && input.approved.includes(parked.fingerprint);
  const remove = [
    ...replaced,
    ...removed,
    ...(guard === undefined ? absent : []),
    ...(isApproved ? parked.remove : []),
  ];
  const plan: PortPlan = {
    port,
    remove: remove.sort(compareStatements),
    add: desired.filter((want) => !actual.some((have) => sameStatement(want, have))).sort(compareStatements),
    actualCount: actual.length,
    keptIps: [...addressesOf(actual.filter((have) => !remove.includes(have)))].sort(compareIps),
  };
  return parked === undefined || isApproved ? { plan } : { plan, parked };
}

function park(
  port: PortName,
  held: readonly Statement[],
  guard: string | undefined,
  unknown: readonly Statement[],
  actualCount: number,
): ParkedRemovals | undefined {
  const remove = [...held, ...unknown].sort(compareStatements);
  if (remove.length === 0) return undefined;
  const reasons = [guard, unknown.length === 0 ? undefined : describeUnknown(subjectsOf(unknown), actualCount)];
  return {
    remove,
    reason: reasons.filter((reason) => reason !== undefined).join('. '),
    fingerprint: removalFingerprint(port, remove),
    guarded: guard !== undefined,
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

import { addressesOf, compareStatements, sameStatements, withoutStatements, type Statement } from './statement';
import type { IpAddress } from '../values/ip';
import type { PortName } from '../values/port';
import type { Justification, RemovedStatement } from './removals';

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

/** The statements a port has once the plan is carried out. */
export function applyPlan(actual: readonly Statement[], plan: PortPlan): Statement[] {
  return [...withoutStatements(actual, plan.remove), ...plan.add].sort(compareStatements);
}

/** Whether a port that had `actual` has exactly what the plan makes of it. */
export function isCarriedOut(
  { actual, plan }: { readonly actual: readonly Statement[]; readonly plan: PortPlan },
  present: readonly Statement[],
): boolean {
  return sameStatements(applyPlan(actual, plan), present);
}

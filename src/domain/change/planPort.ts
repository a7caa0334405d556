import { approvedWith } from './approval';
import { settleConfigured, type ConfiguredChange } from './configured';
import { countedOf, judgeAbsence, type GuardLimits, type Hold } from './guards';
import { holdBack, type GuardedRemovals } from './holdBack';
import { park } from './parking';
import type { PortPlan } from './plan';
import type { Justification, JustifiedRemovals, ParkedRemovals } from './removals';
import {
  addressesOf,
  compareStatements,
  distinctStatements,
  isAbout,
  withoutStatements,
  type Statement,
} from './statement';
import { superfluousOf, type Superfluous } from './superfluous';
import { compareIps, covers, type IpAddress } from '../values/ip';
import type { PortName } from '../values/port';

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
  /** Keys of statements whose virtual MAC a person revoked: they go whatever is in doubt about their addresses. Absent: none. */
  readonly revokedKeys?: readonly string[];
  /** Statements that people keep: those that are there stay, the others are added. None of them is desired otherwise. Absent: none. */
  readonly kept?: readonly Statement[];
}

/** What is certain, and beside it what waits for a person. */
export interface PortDecision {
  readonly plan: PortPlan;
  readonly parked?: ParkedRemovals;
}

/**
 * Decides what becomes of each binding that a port has. What is missing is added. Removed is only: another statement
 * of a desired address, what an event names, what is confirmed to be absent as far as the guards let it, and what a
 * person approved, or revoked the virtual MAC of. All else stays, and is parked unless it is retained or kept by a person.
 *
 * One after the other: what people keep is put beyond risk, and what they revoked is taken out; what a changed configuration
 * alone does is set aside; of the rest it is found out why it may go; guards hold back some of that; a person may have approved
 * what then waits.
 */
export function planPort(input: PlanInput): PortDecision {
  const { actual, kept = [] } = input;
  const revoked = revokedOf(input);
  // What people keep is not at risk, and what they revoked is lost already: neither makes a loss look smaller.
  const atRisk = withoutStatements(actual, [...kept, ...revoked]);
  const configured = settleConfigured(atRisk, input.desired, input.configured ?? [], {
    named: input.removals.named,
    approvedKeys: input.approvedKeys ?? [],
  });
  const found = superfluousOf({
    ...input,
    actual: withoutStatements(actual, revoked),
    desired: configured.desired,
    retainIps: [...input.retainIps, ...configured.retainIps],
  });
  const guarded = holdBack(found, shrinkageHold(found, atRisk, input), input.holds ?? []);
  const missing = withoutStatements(distinctStatements([...configured.desired, ...kept]), actual);
  const parked = park(input.port, {
    held: [...guarded.held, ...configured.remove],
    add: [...missing.filter((one) => isAbout(one, guarded.waiting)), ...configured.add],
    holds: [...guarded.holds, ...(configured.hold === undefined ? [] : [configured.hold])],
    unknown: found.unknown,
    actual,
  });
  const byPerson = [...found.approved, ...configured.approved];
  if (parked === undefined || !input.approved.includes(parked.fingerprint)) {
    const add = missing.filter((one) => !isAbout(one, guarded.waiting));
    const plan = planOf(input, justified(found, guarded, byPerson, revoked), add);
    return parked === undefined ? { plan } : { plan, parked };
  }
  const approved = approvedWith(parked, configured.remove, input);
  const all = withoutStatements(distinctStatements([...input.desired, ...kept]), actual);
  return { plan: planOf(input, justified(found, guarded, [...byPerson, ...approved], revoked), all) };
}

/** What goes because a person revoked its virtual MAC: nothing that is desired so, or that a person keeps. */
function revokedOf({ actual, desired, kept = [], revokedKeys = [] }: PlanInput): readonly Statement[] {
  if (revokedKeys.length === 0) return [];
  const keys = new Set(revokedKeys);
  return withoutStatements(actual, [...desired, ...kept]).filter(({ key }) => keys.has(key));
}

/** Why the guards of the port itself hold what is absent; undefined when it may go. */
function shrinkageHold(
  { absent }: Superfluous,
  atRisk: readonly Statement[],
  { actual, desired, lostToday = [], limits, removals }: PlanInput,
): Hold | undefined {
  const ips = addressesOf(absent);
  const present = new Set(addressesOf(actual));
  return judgeAbsence(
    {
      absent: ips,
      lostToday: lostToday.filter((ip) => !present.has(ip)),
      actualCount: countedOf(atRisk).length,
      desiredCount: desired.length,
      inside: (removals.absentRanges ?? []).filter((range) => ips.some((ip) => covers([range], ip))),
    },
    limits,
  );
}

/** By what each statement goes that goes, by its key. A person's word is the strongest. */
function justified(
  { named }: Superfluous,
  { replaced, absent }: GuardedRemovals,
  approved: readonly Statement[],
  revoked: readonly Statement[],
): PortPlan['because'] {
  const by = (statements: readonly Statement[], because: Justification) =>
    statements.map(({ key }) => [key, because] as const);
  return new Map([
    ...by(replaced, 'replaced'),
    ...by(named, 'named'),
    ...by(absent, 'absent'),
    ...by(approved, 'approved'),
    ...by(revoked, 'revoked'),
  ]);
}

function planOf({ port, actual }: PlanInput, because: PortPlan['because'], add: readonly Statement[]): PortPlan {
  return {
    port,
    remove: actual.filter(({ key }) => because.has(key)).sort(compareStatements),
    because,
    add: [...add].sort(compareStatements),
    actualCount: actual.length,
    keptIps: [...addressesOf(actual.filter(({ key }) => !because.has(key)))].sort(compareIps),
  };
}

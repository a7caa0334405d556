import type { IpAddress } from '../values/ip';
import type { PortName } from '../values/port';
import type { BrakeState } from './brake';
import type { GuardLimits, Hold } from './guards';
import type { PortPlan } from './plan';

/** What happened lately, as far as the guards of a device have to know it. */
export interface GuardFacts {
  /** What confirmed absence took from the device's ports in the last 24 hours, by the ports' effective names. */
  readonly lostToday: ReadonlyMap<PortName, readonly IpAddress[]>;
  /** How many bindings of the device commits of the last hour added and removed. */
  readonly changedLastHour: number;
  /** The brake of the site, while it is on. */
  readonly brake?: BrakeState;
}

/** Nothing happened lately. */
export const NOTHING_LATELY: GuardFacts = { lostToday: new Map(), changedLastHour: 0 };

/**
 * Judges what one commit would do to a device. A guard holds what nobody named: removals by confirmed absence, and
 * replacements. Additions, and what an event or a person names, are never held.
 */
export function judgePass(plans: readonly PortPlan[], limits: GuardLimits, facts: GuardFacts): readonly Hold[] {
  const changes = plans.reduce((sum, { add, remove }) => sum + add.length + remove.length, 0);
  const { maxChangesPerCommit = Infinity, maxChangesPerHour = Infinity } = limits;
  const holds: Hold[] = [];
  if (facts.brake !== undefined)
    holds.push({
      guard: 'site-brake',
      reason: `The brake of the site is on since ${facts.brake.since}: ${facts.brake.reason}. \`portwarden brake release\` ends it`,
    });
  if (changes > maxChangesPerCommit)
    holds.push({
      guard: 'commit-maximum',
      reason: `One commit would change ${changes} bindings; the limit is ${maxChangesPerCommit}`,
    });
  if (changes > 0 && facts.changedLastHour + changes > maxChangesPerHour)
    holds.push({
      guard: 'device-rate',
      reason: `${changes} bindings of the device would be changed after ${facts.changedLastHour} within the last hour; the limit is ${maxChangesPerHour}`,
    });
  return holds;
}

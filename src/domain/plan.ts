import { compareBindings, sameBinding, type EnforcedBinding } from './binding';
import { compareIps, type IpAddress } from './ip';
import type { PortName } from './port';

/** The difference between desired and actual bindings of one port. Nothing else is ever sent to a device. */
export interface PortPlan {
  readonly port: PortName;
  /** Statements that the port has and must lose. A changed MAC or VLAN is a removal and an addition of one IP. */
  readonly remove: readonly EnforcedBinding[];
  readonly add: readonly EnforcedBinding[];
  /** How many bindings the port has now, for the shrink guard. */
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
  const kept = new Set([...plan.keptIps, ...plan.add.map((binding) => binding.ip)]);
  return [...new Set(plan.remove.map((binding) => binding.ip))].filter((ip) => !kept.has(ip));
}

/**
 * Computes the plan that turns `actual` into exactly `desired`.
 * @param retainIps addresses whose present statements stay although nothing desires them now: their source
 *   could not be read for certain, and a missing answer is not intent.
 */
export function planPort(
  port: PortName,
  actual: readonly EnforcedBinding[],
  desired: readonly EnforcedBinding[],
  retainIps: readonly IpAddress[] = [],
): PortPlan {
  const desiredIps = new Set(desired.map((binding) => binding.ip));
  const retained = new Set(retainIps.filter((ip) => !desiredIps.has(ip)));
  const remove = actual.filter((have) => !retained.has(have.ip) && !desired.some((want) => sameBinding(want, have)));
  const add = desired.filter((want) => !actual.some((have) => sameBinding(want, have)));
  return {
    port,
    remove: [...remove].sort(compareBindings),
    add: [...add].sort(compareBindings),
    actualCount: actual.length,
    keptIps: [...new Set(actual.filter((have) => !remove.includes(have)).map((have) => have.ip))].sort(compareIps),
  };
}

/** The bindings a port has once the plan is carried out. */
export function applyPlan(actual: readonly EnforcedBinding[], plan: PortPlan): EnforcedBinding[] {
  const kept = actual.filter((have) => !plan.remove.some((gone) => sameBinding(gone, have)));
  return [...kept, ...plan.add].sort(compareBindings);
}

/** A stable text of the plan. A person's approval is for exactly this change and no other. */
export function planFingerprint(plan: PortPlan): string {
  const line = (sign: string, b: EnforcedBinding): string => `${sign}${b.ip} ${b.mac} ${b.vlanName}`;
  const lines = [...plan.remove.map((b) => line('-', b)), ...plan.add.map((b) => line('+', b))];
  return fnv1a(`${plan.port}\n${lines.join('\n')}`);
}

/** 64-bit FNV-1a: workflow code has no node:crypto, and the fingerprint guards against change, not against forgery. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

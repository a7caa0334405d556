import type { Cidr, IpAddress } from '../values/ip';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { GuardCode } from './guardCodes';
import type { Statement } from './statement';

/** What may happen on one device without a person's word. Absent: no limit. */
export interface GuardLimits {
  /** Removals by confirmed absence from one port, in one plan and within 24 hours, as a count. */
  readonly maxRemovedBindings: number;
  /** The same as a share (0 to 1) of what the port has (within 24 hours: of what it had); counts only from two removals on. */
  readonly maxRemovedShare: number;
  /** Bindings of one port. */
  readonly maxBindingsPerPort?: number;
  /** Bindings that one commit adds and removes. */
  readonly maxChangesPerCommit?: number;
  /** Bindings of one device that commits of an hour add and remove. */
  readonly maxChangesPerHour?: number;
}

/** A guard that holds something, with the reason in words for operators. */
export interface Hold {
  readonly guard: GuardCode;
  readonly reason: string;
}

/** What confirmed absence would take from one port, and what it took lately. */
export interface Shrinkage {
  /** The addresses that would go. */
  readonly absent: readonly IpAddress[];
  /** What it took from the port in the last 24 hours, and what is not back. */
  readonly lostToday: readonly IpAddress[];
  readonly actualCount: number;
  readonly desiredCount: number;
  /** Whole subnets that the panel no longer assigns and that some of them are inside of. Absent: none. */
  readonly inside?: readonly Cidr[];
}

/**
 * Judges the removals of one plan that only the absence of their addresses justifies: a source may be wrong. What an
 * event names is not judged. What went in the last 24 hours counts with it, so that eight now and eight at the next look
 * are sixteen.
 * @returns why they wait for a person; undefined when they may go.
 */
export function judgeAbsence(shrinkage: Shrinkage, limits: GuardLimits): Hold | undefined {
  const { absent, actualCount, desiredCount } = shrinkage;
  if (absent.length === 0) return undefined;
  const which = `${absent.length} of ${actualCount} bindings would be removed and no event says why (${preview(absent)}${insideOf(shrinkage)})`;
  if (desiredCount === 0)
    return { guard: 'port-shrink', reason: `The sources name no binding for this port: ${which}` };
  const now = exceeded(absent.length, actualCount, limits);
  if (now !== undefined) return { guard: 'port-shrink', reason: `${which}; ${now}` };
  const before = shrinkage.lostToday.filter((ip) => !absent.includes(ip)).length;
  if (before === 0) return undefined;
  const day = exceeded(absent.length + before, actualCount + before, limits);
  return day === undefined
    ? undefined
    : { guard: 'port-shrink-day', reason: `${which}, after ${before} in the last 24 hours; ${day}` };
}

function insideOf({ inside = [] }: Shrinkage): string {
  return inside.length === 0 ? '' : `; inside ${inside.join(' and ')}, which the panel no longer assigns`;
}

function exceeded(count: number, of: number, limits: GuardLimits): string | undefined {
  if (count > limits.maxRemovedBindings) return `the limit is ${limits.maxRemovedBindings}`;
  if (count >= 2 && count / Math.max(of, 1) > limits.maxRemovedShare)
    return `the limit is ${Math.round(limits.maxRemovedShare * 100)} %`;
  return undefined;
}

/** Why bindings stay whose addresses no server behind the port has: a router's, a virtual address, made by hand, of a server that lists none any more. */
export function describeUnknown(unknown: readonly string[], actualCount: number): string {
  return `${unknown.length} of ${actualCount} bindings are assigned to no server behind the port and stay (${preview(unknown)})`;
}

/** What guards count, each once: addresses, for a device may need several statements for one; else the statement. */
export function countedOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.map(({ ip, text }) => ip ?? text))];
}

/** What a person can do about removals that wait for one. */
export function howToDecide(device: DeviceId, port: PortName): string {
  return `To remove exactly these: \`portwarden port approve ${device} ${port}\`; to keep or remove them one by one: \`portwarden adopt ${device} ${port}\`; left alone they stay and hold nothing up`;
}

function preview(ips: readonly string[]): string {
  return ips.length <= 5 ? ips.join(', ') : `${ips.slice(0, 5).join(', ')} and ${ips.length - 5} more`;
}

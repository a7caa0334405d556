import type { IpAddress } from '../values/ip';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/** When a site brakes. */
export interface BrakeLimits {
  /** Ports of all devices that may lose something by confirmed absence within the time. */
  readonly ports: number;
  /** Bindings of all devices that may go by confirmed absence within the time. */
  readonly bindings: number;
  readonly withinMinutes: number;
}

/** A brake that is on. */
export interface BrakeState {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason: string;
}

/** A binding that confirmed absence takes from a port. */
export interface Loss {
  readonly device: DeviceId;
  /** The effective port. */
  readonly port: PortName;
  readonly ip: IpAddress;
}

/**
 * Whether losses of the whole site are too many to be true: the sources themselves may be wrong.
 * @param losses those of the time that is counted, with those that are about to be made.
 * @returns why the site brakes; undefined when it does not.
 */
export function judgeLosses(losses: readonly Loss[], limits: BrakeLimits): string | undefined {
  const ports = new Set(losses.map(({ device, port }) => `${device} ${port}`)).size;
  const bindings = new Set(losses.map(({ device, port, ip }) => `${device} ${port} ${ip}`)).size;
  const what = `${bindings} bindings of ${ports} ports would be gone within ${limits.withinMinutes} minutes and no event says why`;
  if (ports > limits.ports) return `${what}; the limit is ${limits.ports} ports`;
  if (bindings > limits.bindings) return `${what}; the limit is ${limits.bindings} bindings`;
  return undefined;
}

/**
 * Whether a brake ends by itself: nothing that it holds is left, because the sources name the addresses again, and the
 * time in which losses are counted is over since it came on.
 */
export function isBrakeOver(brake: BrakeState, held: number, limits: BrakeLimits, now: number): boolean {
  return held === 0 && now - Date.parse(brake.since) >= limits.withinMinutes * 60_000;
}

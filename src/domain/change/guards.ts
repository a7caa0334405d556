import type { IpAddress } from '../values/ip';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/** How much of a port may vanish because its addresses are gone from the panel, without a person's word. */
export interface GuardLimits {
  /** Removals by confirmed absence in one plan, as a count. */
  readonly maxRemovedBindings: number;
  /** Removals by confirmed absence as a share (0 to 1) of what the port has; counts only from two removals on. */
  readonly maxRemovedShare: number;
}

/**
 * Judges the removals of one plan that only the absence of their addresses justifies: a source may be wrong. What an
 * event names is not judged.
 * @param absent the addresses that would go.
 * @returns why they wait for a person; undefined when they may go.
 */
export function judgeAbsence(
  absent: readonly IpAddress[],
  port: { readonly actualCount: number; readonly desiredCount: number },
  limits: GuardLimits,
): string | undefined {
  if (absent.length === 0) return undefined;
  const share = absent.length / Math.max(port.actualCount, 1);
  const which = `${absent.length} of ${port.actualCount} bindings would be removed and no event says why (${preview(absent)})`;
  if (port.desiredCount === 0) return `The sources name no binding for this port: ${which}`;
  if (absent.length > limits.maxRemovedBindings) return `${which}; the limit is ${limits.maxRemovedBindings}`;
  if (absent.length >= 2 && share > limits.maxRemovedShare)
    return `${which}; the limit is ${Math.round(limits.maxRemovedShare * 100)} %`;
  return undefined;
}

/** Why bindings stay whose addresses no server behind the port has: a router's, a virtual address, made by hand, of a server that lists none any more. */
export function describeUnknown(unknown: readonly string[], actualCount: number): string {
  return `${unknown.length} of ${actualCount} bindings are assigned to no server behind the port and stay (${preview(unknown)})`;
}

/** What a person can do about removals that wait for one. */
export function howToDecide(device: DeviceId, port: PortName): string {
  return `To remove exactly these: \`portwarden port approve ${device} ${port}\`; to keep them, leave them: they hold nothing up`;
}

function preview(ips: readonly string[]): string {
  return ips.length <= 5 ? ips.join(', ') : `${ips.slice(0, 5).join(', ')} and ${ips.length - 5} more`;
}

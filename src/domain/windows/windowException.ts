import type { Deferral } from '../change/deferral';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';

/** A person's word that what is due on a port may be made once though its change window is closed. */
export interface WindowException {
  readonly device: DeviceId;
  /** By the device's own name, under which its coordinator is asked for it. */
  readonly port: PortName;
  readonly reason: string;
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When it ends though nothing was made; ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** How long one is in force where nobody says, and at most, in milliseconds. */
export const EXCEPTION_MS = { usual: 86_400_000, longest: 7 * 86_400_000 } as const;

/** The same deferral without the ports that may pass. A freeze is absolute, and a pause is none of this. */
export function exceptPorts(deferral: Deferral, ports: readonly PortName[]): Deferral {
  if (deferral.error.code !== 'outside-change-window' || ports.length === 0) return deferral;
  return { ...deferral, except: ports };
}

/** One sentence for journal and log. */
export function exceptionText({
  device,
  port,
  author,
  expiresAt,
}: Pick<WindowException, 'device' | 'port' | 'author' | 'expiresAt'>): string {
  return `${author} lets what is due on ${device} ${port} be made once outside of its change windows, until ${expiresAt}`;
}

/** Why something was made outside of change windows, as the journal says it of the change. */
export function passedReason({ reason }: Pick<WindowException, 'reason'>): string {
  return `outside of its change windows: ${reason}`;
}

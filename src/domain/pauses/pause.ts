import { errorReport } from '../errors';
import type { Deferral } from '../change/deferral';
import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import { scopeText, siteOf, type Scope, type Sites } from '../values/scope';

/** A person's word that nothing is changed for a while. What asks for changes meanwhile waits, and is merged. */
export interface Pause {
  readonly id: string;
  readonly scope: Scope;
  /** The devices that the site of the scope had when it was paused: they stay paused though the configuration takes them out of it. */
  readonly devices?: readonly DeviceId[];
  readonly reason: string;
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When it ends by itself, ISO 8601, UTC. Absent: when a person resumes. */
  readonly expiresAt?: string;
}

/** A pause that is over. */
export interface EndedPause extends Pause {
  readonly ended: { readonly at: string; readonly by: string; readonly reason: string };
}

/** Who ends a pause whose time is over. */
export const EXPIRY = { by: 'portwarden', reason: 'its time is over' } as const;

/** Whether anything of a device is paused by it. */
export function concernsDevice(
  { scope, devices = [] }: Pick<Pause, 'scope' | 'devices'>,
  device: DeviceId,
  sites: Sites,
): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'site':
      return siteOf(device, sites) === scope.site || devices.includes(device);
    case 'device':
    case 'port':
      return scope.device === device;
  }
}

/** One sentence: what is paused, by whom, until when and why. */
export function pauseText({ scope, author, reason, since, expiresAt }: Omit<Pause, 'id' | 'devices'>): string {
  const until = expiresAt === undefined ? 'until somebody resumes' : `until ${expiresAt}`;
  const what = scope.kind === 'all' ? 'everything' : scopeText(scope);
  return `${author} paused ${what} at ${since}, ${until}: ${reason}`;
}

/**
 * What a pause makes of the changes of its ports.
 * @param toDevice the device's own name of a port that a person names.
 */
export function deferralByPause(pause: Pause, toDevice: (port: PortName) => PortName): Deferral {
  const { scope, expiresAt } = pause;
  return {
    ...(scope.kind === 'port' ? { ports: [toDevice(scope.port)] } : {}),
    error: errorReport('paused', pauseText(pause)),
    ...(expiresAt === undefined ? {} : { until: Date.parse(expiresAt) }),
  };
}

/** One sentence: what was resumed, by whom and why. */
export function resumeText({ scope, since, ended: { by, reason } }: Omit<EndedPause, 'id' | 'devices'>): string {
  const what = scope.kind === 'all' ? 'everything' : scopeText(scope);
  return `${by} resumed ${what}, paused since ${since}: ${reason}`;
}

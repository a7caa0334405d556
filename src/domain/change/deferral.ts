import type { ErrorCode, ErrorReport } from '../errors';
import type { PortName } from '../values/port';

/** Why changes of a device, or of some of its ports, wait now though nothing is wrong. What asks for them is kept. */
export interface Deferral {
  /** Absent: every port of the device. */
  readonly ports?: readonly PortName[];
  /** Ports that it does not hold, though they are among these. Absent: none. */
  readonly except?: readonly PortName[];
  /** What whoever waits is told. */
  readonly error: ErrorReport;
  /** Unix milliseconds; absent: until a person ends it. */
  readonly until?: number;
}

/** The codes of {@link Deferral.error}. */
const DEFERRAL_CODES: readonly ErrorCode[] = ['paused', 'outside-change-window', 'change-freeze'];

/** Whether an error says that changes are deferred. */
export function isDeferred(error: Pick<ErrorReport, 'code'> | undefined): boolean {
  return error !== undefined && DEFERRAL_CODES.includes(error.code);
}

/**
 * What makes a port wait: of several, the one that lasts longest.
 * @param now Unix milliseconds.
 * @returns undefined when its changes may be made.
 */
export function deferralOf(deferrals: readonly Deferral[], port: PortName, now: number): Deferral | undefined {
  return deferralOfNames(deferrals, [port], now);
}

/** The same for a port that goes by several names: its own and that of what it is a member of. Each of them stands for it. */
export function deferralOfNames(
  deferrals: readonly Deferral[],
  names: readonly PortName[],
  now: number,
): Deferral | undefined {
  const end = ({ until = Number.POSITIVE_INFINITY }: Deferral): number => until;
  const isNamed = (ports: readonly PortName[]): boolean => names.some((name) => ports.includes(name));
  return deferrals
    .filter(({ ports, except = [], until = Number.POSITIVE_INFINITY }) => {
      return until > now && (ports === undefined || isNamed(ports)) && !isNamed(except);
    })
    .reduce<Deferral | undefined>(
      (longest, one) => (longest === undefined || end(one) > end(longest) ? one : longest),
      undefined,
    );
}

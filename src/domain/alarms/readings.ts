import type { ErrorCode } from '../errors';
import type { PortName } from '../values/port';
import type { AlarmFacts, CoordinatorFacts, Reading } from './facts';

/** What was read; what could not be, or is not there, says nothing. */
export function read<T>(reading: Reading<readonly T[]> | undefined): readonly T[] {
  return reading !== undefined && 'value' in reading ? reading.value : [];
}

/** The coordinators that answered. */
export function statesOf({ coordinators }: AlarmFacts): readonly CoordinatorFacts[] {
  return 'value' in coordinators ? coordinators.value.states : [];
}

/** A port that waits for something, or the device itself that makes all wait. */
export interface Wait {
  readonly code: string;
  readonly text: string;
  readonly since?: string;
  readonly port?: PortName;
}

/** Why ports of a device wait, the device's own error first. */
export function waitsOf({ deviceError, pending }: CoordinatorFacts): readonly Wait[] {
  const [oldest] = pending.map(({ since }) => since).sort();
  return [
    ...(deviceError === undefined
      ? []
      : [
          {
            code: deviceError.code,
            text: `${deviceError.code}: ${deviceError.message}`,
            ...(oldest === undefined ? {} : { since: oldest }),
          },
        ]),
    ...pending.flatMap(({ port, since, reason }) =>
      reason === undefined ? [] : [{ code: reason.split(':', 1)[0] ?? '', text: reason, since, port }],
    ),
  ];
}

/** Whether a code is one of these. */
export function isOneOf(code: string | undefined, codes: readonly ErrorCode[]): boolean {
  return codes.some((one) => one === code);
}

/** An instant as alarms have it. @param now Unix milliseconds. */
export function isoOf(now: number): string {
  return new Date(now).toISOString();
}

import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { errorReport, isErrorCode, type ErrorReport } from '../domain/errors';
import { CUT_OFF } from '../protocol/names';
import { LOOK_SECONDS } from '../protocol/preview';

/**
 * Reads a failed activity as an error report. Activities fail with the registry's code as failure type.
 * Cancellation is not a failure: it is thrown on.
 */
export function reportFailure(error: unknown): ErrorReport {
  if (isCancellation(error)) throw error;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) throw cause;
  if (cause instanceof ApplicationFailure) {
    const code = cause.type ?? '';
    return errorReport(isErrorCode(code) ? code : 'internal', cause.message);
  }
  if (cause instanceof TimeoutFailure) {
    const activity = error instanceof ActivityFailure ? error.activityType : 'a step';
    if (cause.timeoutType === 'SCHEDULE_TO_START') {
      return errorReport('internal', `No worker took ${activity} in time; nothing of it was done.`);
    }
    return errorReport('internal', `${activity} did not answer in time (${cause.timeoutType}).`);
  }
  return errorReport('internal', cause instanceof Error ? cause.message : String(cause));
}

/**
 * A failed pass, whatever its kind calls it, as it is to be reported: one that was cut off while it ran may have changed the
 * device. Everything else stays what it is.
 */
export function passFailure(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof TimeoutFailure) || cause.timeoutType === 'SCHEDULE_TO_START') return error;
  return ApplicationFailure.create({
    type: 'device-unknown-outcome',
    message: 'The worker stopped answering during the change; the device is read again before anything else.',
    details: [CUT_OFF],
    cause,
  });
}

/** Whether a pass failed because its worker ended or fell silent: of the device it says nothing. */
export function wasCutOff(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return (
    cause instanceof ApplicationFailure && cause.type === 'device-unknown-outcome' && cause.details?.[0] === CUT_OFF
  );
}

/** A failed look as it is to be reported: one that nobody answered in time is no fault of the product. */
export function lookFailure(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof TimeoutFailure)) return error;
  return ApplicationFailure.create({
    type: 'answer-timeout',
    message: `No worker answered within ${LOOK_SECONDS} s`,
    cause,
  });
}

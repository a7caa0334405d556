import { ApplicationFailure, Context } from '@temporalio/activity';
import { isErrorCode, PortwardenError, type ErrorCode } from '../domain/errors';

/** Turns an error into what Temporal records: the registry's code as failure type, never a stack with secrets. */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof PortwardenError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [error.details],
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return ApplicationFailure.create({ type: 'internal', message, nonRetryable: false });
}

/** The registry's code of an error, for metrics and logs. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof PortwardenError) return error.code;
  if (error instanceof ApplicationFailure && isErrorCode(error.type ?? '')) return error.type as ErrorCode;
  return 'internal';
}

/** The signal that ends the current attempt: cancelled by its workflow, timed out, or the worker shuts down. */
export function attemptSignal(): AbortSignal {
  return Context.current().cancellationSignal;
}

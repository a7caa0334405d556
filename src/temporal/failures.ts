import { isGrpcServiceError, ServiceError, type WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { errorReport, isErrorCode, type ErrorReport } from '../domain/errors';

/** Whether Temporal itself did not do what it was asked, as opposed to an answer that says no. */
export function isServiceFailure(error: unknown): boolean {
  return error instanceof ServiceError || isGrpcServiceError(error);
}

/** What a workflow failed with: its failures carry the registry's code as their type. */
export function failureOf({ cause, message }: WorkflowFailedError): ErrorReport {
  if (!(cause instanceof ApplicationFailure)) return errorReport('internal', cause?.message ?? message);
  const code = cause.type ?? '';
  return errorReport(isErrorCode(code) ? code : 'internal', cause.message);
}

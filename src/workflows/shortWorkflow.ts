import { ApplicationFailure } from '@temporalio/workflow';
import { errorEntry, PortwardenError } from '../domain/errors';
import { lookFailure, reportFailure } from './failures';

/** Reads what a short workflow was asked for; what cannot be read fails the workflow with the registry's code. */
export function readOrFail<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PortwardenError)) throw error;
    throw failure(error.code, error.message, errorEntry(error.code).remedy);
  }
}

/** Answers with what the one step of a short workflow finds; its failure is the workflow's, with the registry's code. */
export async function answer<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const { code, message, remedy } = reportFailure(lookFailure(error));
    throw failure(code, message, remedy);
  }
}

function failure(code: string, message: string, remedy: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, nonRetryable: true, message, details: [{ remedy }] });
}

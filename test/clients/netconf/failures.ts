import { PortwardenError } from '../../../src/domain/errors';

/** The PortwardenError that a function throws; anything else fails the test. */
export function thrownBy(work: () => unknown): PortwardenError {
  try {
    work();
  } catch (error) {
    return asPortwardenError(error);
  }
  throw new Error('nothing was thrown');
}

/** The PortwardenError with which a promise is rejected; anything else fails the test. */
export async function failure(work: Promise<unknown>): Promise<PortwardenError> {
  try {
    await work;
  } catch (error) {
    return asPortwardenError(error);
  }
  throw new Error('the promise was not rejected');
}

/** Runs something that may throw a PortwardenError, and returns its code, or undefined when it did not throw. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return asPortwardenError(error).code;
  }
}

function asPortwardenError(error: unknown): PortwardenError {
  if (error instanceof PortwardenError) return error;
  throw new Error(`expected a PortwardenError, got ${String(error)}`, { cause: error });
}

/** What is known of one error code. The page docs/errors.md is checked against this table by a test. */
export interface ErrorEntry {
  /** One sentence: what happened. */
  readonly meaning: string;
  /** Whether trying again later can help without a person. */
  readonly retryable: boolean;
  /** The status the API answers with when this error ends a request. */
  readonly httpStatus: number;
  /** What the operator should do. */
  readonly remedy: string;
}

/** One row of the registry. */
export const entry = (meaning: string, retryable: boolean, httpStatus: number, remedy: string): ErrorEntry => ({
  meaning,
  retryable,
  httpStatus,
  remedy,
});

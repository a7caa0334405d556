import { DEVICE_ERRORS } from './errorCodes/devices';
import type { ErrorEntry } from './errorCodes/entry';
import { NOTIFICATION_ERRORS } from './errorCodes/notifications';
import { POLICY_ERRORS } from './errorCodes/policies';
import { SERVICE_ERRORS } from './errorCodes/service';
import { SOURCE_ERRORS } from './errorCodes/sources';

export type { ErrorEntry };

/** Every error that crosses a boundary of portwarden has one of these codes. They are stable: match on them. */
export const ERRORS = {
  ...SERVICE_ERRORS,
  ...SOURCE_ERRORS,
  ...DEVICE_ERRORS,
  ...POLICY_ERRORS,
  ...NOTIFICATION_ERRORS,
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof ERRORS;

/** Whether a text is one of the registered codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The registry entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** Codes after which a retry without a person's help is useless. Temporal matches them as failure types. */
export const NON_RETRYABLE_CODES: readonly ErrorCode[] = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => !ERRORS[code].retryable,
);

/** What a PortwardenError carries besides code and message. Never a secret. */
export interface ErrorDetails {
  readonly [name: string]: string | number | boolean | readonly string[] | undefined;
}

/** The one error class that crosses boundaries: thrown by sources, devices, store, runtime and API. */
export class PortwardenError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** How long to wait before the next try, in milliseconds, when the other side said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PortwardenError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether trying again later can help without a person. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** What an input is refused with whose field breaks a rule. @param rule as in "must be a server id": it follows the field's name. */
export function invalidField(code: 'invalid-event' | 'invalid-request', field: string, rule: string): PortwardenError {
  return new PortwardenError(code, `${field} ${rule}`, { details: { field, rule } });
}

/** An error as plain data, as it appears in outcomes, histories and API answers. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly remedy: string;
}

/** Turns anything thrown into a report; what is not a PortwardenError becomes `internal`. */
export function reportError(error: unknown): ErrorReport {
  const code: ErrorCode = error instanceof PortwardenError ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  return errorReport(code, message);
}

/** Builds a report from a registered code. */
export function errorReport(code: ErrorCode, message: string): ErrorReport {
  return { code, message, retryable: ERRORS[code].retryable, remedy: ERRORS[code].remedy };
}

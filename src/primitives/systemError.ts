/**
 * Whether a caught value is a system error of Node with this code, such as ENOENT. Looks at the value's shape: errors
 * of another realm (as under jest) are no instances of this realm's Error.
 */
export function isSystemError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** The message of anything thrown, of whichever realm. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

import { PortwardenError } from '../../domain/errors';

/**
 * Turns whatever a database driver throws into `store-unavailable`. Drivers put statements, parameters and
 * connection strings into their messages and properties, so only the innermost message is kept, scrubbed.
 * @param secrets texts that must not appear, such as the password of DATABASE_URL.
 */
export function storeFailure(error: unknown, secrets: readonly string[] = []): PortwardenError {
  if (error instanceof PortwardenError) return error;
  const root = innermost(error);
  const code = readText(root, 'code');
  const message = readText(root, 'message') ?? 'no reason given';
  const text = scrub(`${message}${code === undefined || message.includes(code) ? '' : ` (${code})`}`, secrets);
  return new PortwardenError('store-unavailable', `The database does not do what it is asked: ${text}`);
}

/** Removes the secrets, and whatever looks like the user information of a URL, from a text. */
function scrub(text: string, secrets: readonly string[]): string {
  const withoutUserInfo = text.replace(/:\/\/[^\s/]*@/g, '://***@');
  return secrets
    .filter((secret) => secret !== '')
    .reduce((kept, secret) => kept.replaceAll(secret, '***'), withoutUserInfo);
}

const MAX_DEPTH = 5;

function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    if (typeof current !== 'object' || current === null) break;
    const { errors, cause } = current as { errors?: unknown; cause?: unknown };
    const next: unknown = Array.isArray(errors) ? errors[0] : cause;
    if (next === undefined || next === null) break;
    current = next;
  }
  return current;
}

function readText(value: unknown, key: 'code' | 'message'): string | undefined {
  if (typeof value !== 'object' || value === null) return key === 'message' ? String(value) : undefined;
  const text: unknown = (value as Record<string, unknown>)[key];
  return typeof text === 'string' && text !== '' ? text : undefined;
}

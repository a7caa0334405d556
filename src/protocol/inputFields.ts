import type { Decision } from '../domain/change/keep';
import { invalidField } from '../domain/errors';

/*
 * Fields of what people send by API, CLI or the UI's form. Readers throw a PortwardenError `invalid-request` that names the
 * field and its rule.
 */

/** The longest text that a person says. */
export const LONGEST_TEXT = 500;
const LONGEST_AUTHOR = 200;

/** What was sent, before it is read. */
export type Fields = Readonly<Record<string, unknown>>;

/** Who decided, and why. */
export function readDecision({ author, reason }: Fields): Decision {
  return { author: textOf(author, 'author', LONGEST_AUTHOR), reason: textOf(reason, 'reason', LONGEST_TEXT) };
}

/** When something ends; absent, or null: never. */
export function readExpiry(value: unknown): { readonly expiresAt?: string } {
  if (value === undefined || value === null) return {};
  const isInstant = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(value);
  const time = isInstant ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time))
    throw invalidField('invalid-request', 'expiresAt', 'must be an instant such as 2027-01-31T00:00:00Z');
  return { expiresAt: new Date(time).toISOString() };
}

/** A field by a reader of the domain, whose RangeError says its rule. */
export function readField<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidField('invalid-request', field, error.message);
  }
}

/** A text of one line, without spaces around it. */
export function textOf(value: unknown, field: string, longest: number): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text.length > longest || /[\u0000-\u001f\u007f]/.test(text))
    throw invalidField('invalid-request', field, `must be a text of 1 to ${longest} characters in one line`);
  return text;
}

/** A list. */
export function listOf(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidField('invalid-request', field, 'must be a list');
  return value;
}

/** The fields of an object, which may be these and no others. */
export function fieldsOf(input: unknown, known: readonly string[], at = 'body'): Fields {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalidField('invalid-request', at, `must be a JSON object with ${known.join(', ')}`);
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidField('invalid-request', unknown.slice(0, 40), `is not known here; there are ${known.join(', ')}`);
  return input as Fields;
}

import type { Request } from 'express';
import { invalidField } from '../domain/errors';

/** A page that is asked for: how many entries, and behind which one it begins. */
export interface PageRequest {
  readonly limit: number;
  /** The parts of the last entry's key. */
  readonly after?: readonly string[];
}

const DEFAULT_LIMIT = 50;
const MOST = 500;

/**
 * Reads `limit` and `after` of a list's query.
 * @param parts how many parts the key of an entry has.
 * @throws PortwardenError `invalid-request` naming the field.
 */
export function readPage(query: URLSearchParams, parts: number): PageRequest {
  const limit = query.get('limit') ?? String(DEFAULT_LIMIT);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST)
    throw invalidField('invalid-request', 'limit', `must be a whole number from 1 to ${MOST}`);
  const after = query.get('after');
  return { limit: Number(limit), ...(after === null ? {} : { after: readCursor(after, parts) }) };
}

/** The text by which the page behind an entry is asked for. */
export function cursorOf(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The `next` of an answer. A page that is full may have another one behind it.
 * @param keyOf the parts of an entry's key.
 */
export function nextOf<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (last: T) => readonly string[],
): { readonly next?: string } {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return last === undefined ? {} : { next: cursorOf(keyOf(last)) };
}

/** The fields of a request's query. */
export function queryOf(request: Request): URLSearchParams {
  return new URL(request.url, 'http://localhost').searchParams;
}

function readCursor(text: string, parts: number): readonly string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === parts && key.every((part) => typeof part === 'string')) return key;
  } catch {
    // Answered below: whatever it is, it is no cursor of ours.
  }
  throw invalidField('invalid-request', 'after', 'must be the `next` of an earlier page');
}

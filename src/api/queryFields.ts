import type { Request } from 'express';
import { invalidField } from '../domain/errors';

/** The query's fields; each may stand there once. @throws PortwardenError `invalid-request`. */
export function queryFields(request: Request): Readonly<Record<string, string>> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URL(request.url, 'http://localhost').searchParams) {
    if (fields.has(name)) throw invalidField('invalid-request', name, 'must be given once');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

/** A field that has one of some values. @throws PortwardenError `invalid-request`. */
export function oneOf<T extends string>(field: string, text: string, values: readonly T[]): T {
  const known = values.find((value) => value === text);
  if (known !== undefined) return known;
  throw invalidField('invalid-request', field, `must be one of ${values.join(', ')}`);
}

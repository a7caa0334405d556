import type { Request } from 'express';
import { invalidField } from '../domain/errors';

/** draft-ietf-httpapi-idempotency-key-header: a structured-field string; a bare one is taken too. @throws PortwardenError `invalid-request`. */
export function readIdempotencyKey(request: Request): string | undefined {
  const values = request.headersDistinct['idempotency-key'];
  if (values === undefined) return undefined;
  const key = (values[0] ?? '').replace(/^"(.*)"$/, '$1');
  if (values.length === 1 && /^[\x20-\x7e]{1,200}$/.test(key)) return key;
  throw invalidField('invalid-request', 'Idempotency-Key', 'must be one text of 1 to 200 printable ASCII characters');
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { PortwardenError } from '../domain/errors';
import { contextOf } from './requestContext';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Notes whether the request carries `Authorization: Bearer <token>` (RFC 6750). Digests are compared, in constant
 * time, so the answer's timing tells neither the token's length nor how much of a guess is right.
 */
export function authenticate(token: string): RequestHandler {
  const expected = digest(token);
  return (request, response, next) => {
    const presented = /^Bearer +(\S.*)$/i.exec(request.get('Authorization') ?? '')?.[1] ?? '';
    contextOf(response).authorized = timingSafeEqual(digest(presented), expected) && token !== '';
    next();
  };
}

/** Refuses what {@link authenticate} did not find authorised. Whether the token is missing or wrong is not told. */
export const requireAuthentication: RequestHandler = (_request, response, next) => {
  if (contextOf(response).authorized) return next();
  response.set('WWW-Authenticate', 'Bearer');
  next(new PortwardenError('unauthorized', 'A valid bearer token is required.'));
};

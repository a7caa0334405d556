import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { PortwardenError } from '../domain/errors';
import { contextOf } from './requestContext';

/**
 * Limits the requests of one address in a minute. Those without the token are counted apart, so that a stranger
 * behind the same proxy cannot use up the listener's share. Counted in this process only.
 */
export function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request, response) => {
      const group = contextOf(response).authorized ? 'authorized' : 'stranger';
      return `${group} ${ipKeyGenerator(request.socket.remoteAddress ?? '')}`;
    },
    handler: (_request, _response, next) => {
      next(new PortwardenError('too-many-requests', `More than ${perMinute} requests came within a minute.`));
    },
  });
}

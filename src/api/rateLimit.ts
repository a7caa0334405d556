import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { PortwardenError } from '../domain/errors';
import { contextOf } from './requestContext';

/** Requests accepted from one address in a minute, by what they are for. Each kind has a budget of its own. */
export interface RateLimits {
  /** Events reported with the token. */
  readonly eventsPerMinute: number;
  /** Everything else that is asked with the token. */
  readonly readsPerMinute: number;
  /** Whatever comes without the token. */
  readonly strangersPerMinute: number;
}

/**
 * Limits the requests of one address in a minute, counted in this process only. What reads cannot use up what
 * reports events, and a stranger behind the same proxy can use up neither.
 * @param isEvent whether a request reports an event.
 */
export function limitRate(limits: RateLimits, isEvent: (request: Request) => boolean): RequestHandler {
  const events = limiter(limits.eventsPerMinute, 'events', 'api.eventsPerMinute');
  const reads = limiter(limits.readsPerMinute, 'requests', 'api.readsPerMinute');
  const strangers = limiter(limits.strangersPerMinute, 'requests without a valid token', 'api.strangersPerMinute');
  return (request, response, next) => {
    const budget = !contextOf(response).authorized ? strangers : isEvent(request) ? events : reads;
    void budget(request, response, next);
  };
}

function limiter(perMinute: number, what: string, option: string): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request) => ipKeyGenerator(request.socket.remoteAddress ?? ''),
    handler: (_request, _response, next) => {
      next(
        new PortwardenError(
          'too-many-requests',
          `More than ${perMinute} ${what} came from one address within a minute (${option}).`,
        ),
      );
    },
  });
}

import { Router, type Request } from 'express';
import { PortwardenError } from '../domain/errors';
import type { Metrics } from '../telemetry/metrics';
import { authenticate } from './authentication';
import { contextOf } from './requestContext';

/**
 * Who may read the metrics. `token`: only with the token; `loopback`: callers on this machine without it, others with
 * it; `open`: all. A request that a proxy says to have forwarded comes from elsewhere, whatever its socket says; a proxy
 * on this machine that does not say so cannot be told from a local caller.
 */
export type MetricsAccess = 'loopback' | 'token' | 'open';

/** What `GET /metrics` is made of. */
export interface MetricsDependencies {
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly access: MetricsAccess;
}

/** `GET /metrics`. @param token the webhook's bearer token; an empty one lets nobody in. */
export function metricsRoutes({ metrics, access }: MetricsDependencies, token: string): Router {
  const router = Router();
  router.get('/metrics', authenticate(token), async (request, response) => {
    response.set('Cache-Control', 'no-store');
    if (!contextOf(response).authorized && !isOpenTo(request, access)) {
      response.set('WWW-Authenticate', 'Bearer');
      throw new PortwardenError('unauthorized', 'A valid bearer token is required.');
    }
    response.set('Content-Type', metrics.contentType).send(await metrics.text());
  });
  return router;
}

function isOpenTo(request: Request, access: MetricsAccess): boolean {
  return access === 'open' || (access === 'loopback' && isLocal(request));
}

function isLocal(request: Request): boolean {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    (name) => request.headers[name] !== undefined,
  );
  return !isForwarded && (address === '::1' || address.startsWith('127.'));
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '../telemetry/metrics';

/** Who may read the figures. */
export interface MetricsAccess {
  /**
   * `token`: only with the token; `loopback`: callers on this machine without it, others with it; `open`: all.
   * A request that a proxy says to have forwarded comes from elsewhere, whatever its socket says; a proxy on this
   * machine that does not say so cannot be told from a local caller.
   */
  readonly access: 'loopback' | 'token' | 'open';
  /** The webhook's bearer token; absent or empty: no token is accepted. */
  readonly token?: string;
}

/** Answers `GET /metrics`; fits Express and node:http alike. */
export function metricsHandler(
  metrics: Metrics,
  access: MetricsAccess,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    if (!mayRead(request, access)) {
      response.writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Bearer' });
      response.end(JSON.stringify({ error: { code: 'unauthorized', message: 'A valid bearer token is required.' } }));
      return;
    }
    metrics.text().then(
      (text) => {
        response.writeHead(200, { 'Content-Type': metrics.contentType });
        response.end(text);
      },
      () => {
        response.writeHead(500, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ error: { code: 'internal', message: 'The figures could not be read.' } }));
      },
    );
  };
}

function mayRead(request: IncomingMessage, { access, token = '' }: MetricsAccess): boolean {
  if (access === 'open') return true;
  if (access === 'loopback' && isLocal(request)) return true;
  const presented = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return token !== '' && timingSafeEqual(digest(presented), digest(token));
}

function isLocal(request: IncomingMessage): boolean {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    (name) => request.headers[name] !== undefined,
  );
  return !forwarded && (address === '::1' || address.startsWith('127.'));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

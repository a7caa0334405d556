import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';

/** What is known of a request beyond HTTP; one per response, in `response.locals`. */
export interface RequestContext {
  readonly requestId: string;
  /** Set by the authentication. */
  authorized: boolean;
  /** For the log line. */
  workflowId?: string;
  errorCode?: string;
}

/** The context of a response that went through {@link requestContext}. */
export function contextOf(response: Response): RequestContext {
  return (response.locals as { context: RequestContext }).context;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_PATH_SHOWN = 300;
/** What probes ask every few seconds. */
const ASKED_OFTEN: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/**
 * Gives each request an id (the caller's X-Request-Id when it is a plain one) and writes one log line when it is
 * over. The line holds no header, no query and no body.
 */
export function requestContext(log: Logger): RequestHandler {
  return (request, response, next) => {
    const asked = request.get('X-Request-Id');
    const requestId = asked !== undefined && REQUEST_ID.test(asked) ? asked : randomUUID();
    const context: RequestContext = { requestId, authorized: false };
    (response.locals as { context: RequestContext }).context = context;
    response.set('X-Request-Id', requestId);
    const path = request.path.slice(0, MAX_PATH_SHOWN);
    const started = process.hrtime.bigint();
    response.once('close', () => {
      const durationMs = Number((process.hrtime.bigint() - started) / 1_000_000n);
      writeLine(log, request, path, response, durationMs);
    });
    next();
  };
}

function writeLine(log: Logger, request: Request, path: string, response: Response, durationMs: number): void {
  const { requestId, workflowId, errorCode } = contextOf(response);
  const line = {
    requestId,
    method: request.method,
    path,
    status: response.statusCode,
    durationMs,
    remote: request.socket.remoteAddress,
    ...(response.writableFinished ? {} : { aborted: true }),
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(errorCode === undefined ? {} : { code: errorCode }),
  };
  const level = response.statusCode >= 500 ? 'warn' : ASKED_OFTEN.includes(path) ? 'debug' : 'info';
  log[level](line, 'request');
}

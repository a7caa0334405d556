import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { ERRORS, PortwardenError } from '../domain/errors';
import { contextOf } from './requestContext';

/** The body of every answer that is not a success. */
export interface ErrorAnswer {
  readonly error: {
    /** One of the codes of docs/errors.md. */
    readonly code: string;
    readonly message: string;
    /** The field or header that breaks its rule, where one does. */
    readonly field?: string;
    readonly rule?: string;
    /** What to do. Absent for 401. */
    readonly remedy?: string;
    /** Finds the request in the log. */
    readonly requestId: string;
  };
}

/** How long a caller waits before it repeats a request, in seconds, where the error itself does not say. */
const RETRY_AFTER_SECONDS = 5;

/** Answers what no route took. */
export const notFound: RequestHandler = (request, _response, next) => {
  next(new PortwardenError('not-found', `There is no ${request.method} ${request.path.slice(0, 200)}.`));
};

/** Turns whatever a handler throws into an {@link ErrorAnswer}; what was not expected is logged and not shown. */
export function answerErrors(log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, next) => {
    const context = contextOf(response);
    const error = known(thrown);
    context.errorCode = error.code;
    if (error.code === 'internal')
      log.error({ requestId: context.requestId, failure: describe(thrown) }, 'a request failed unexpectedly');
    if (response.headersSent) return next(error);
    answer(request, response, error);
  };
}

function answer(request: Request, response: Response, error: PortwardenError): void {
  const { requestId } = contextOf(response);
  const { httpStatus, remedy, meaning } = ERRORS[error.code];
  const { field, rule } = error.details;
  if (httpStatus === 503 && !response.hasHeader('Retry-After')) {
    const seconds =
      error.retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    response.set('Retry-After', String(seconds));
  }
  const body: ErrorAnswer = {
    error: {
      code: error.code,
      message: error.code === 'internal' ? meaning : error.message,
      ...(typeof field === 'string' ? { field } : {}),
      ...(typeof rule === 'string' ? { rule } : {}),
      ...(error.code === 'unauthorized' ? {} : { remedy }),
      requestId,
    },
  };
  response.status(httpStatus);
  if (error.code === 'payload-too-large') answerUnread(request, response, JSON.stringify(body));
  else response.json(body);
}

/** How long, and how much, a caller may go on sending what nobody reads. */
const LINGER = { ms: 2_000, bytes: 8 * 1024 * 1024 } as const;

/**
 * Answers while the caller still sends. The answer goes out at once and the connection is to be closed; but closing it
 * with unread data in it would reset it, and the caller might lose the answer. So what it goes on sending is thrown away
 * for a moment first.
 */
function answerUnread(request: Request, response: Response, body: string): void {
  response.set({
    Connection: 'close',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
  });
  response.write(body);
  let left: number = LINGER.bytes;
  const close = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(close, LINGER.ms);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) close();
  });
  request.once('end', close).once('close', close).resume();
}

/** Express throws errors with an HTTP status; their messages may repeat what was sent. */
function known(thrown: unknown): PortwardenError {
  if (thrown instanceof PortwardenError) return thrown;
  const { status } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { status?: unknown };
  if (thrown instanceof URIError || status === 400) {
    return new PortwardenError('invalid-request', 'The address of the request is malformed.', {
      details: { field: 'path', rule: 'must be correctly percent-encoded' },
    });
  }
  return new PortwardenError('internal', ERRORS.internal.meaning);
}

function describe(thrown: unknown): { readonly name?: string; readonly message: string; readonly stack?: string } {
  if (!(thrown instanceof Error)) return { message: `something that is no Error was thrown (${typeof thrown})` };
  return { name: thrown.name, message: thrown.message, ...(thrown.stack === undefined ? {} : { stack: thrown.stack }) };
}

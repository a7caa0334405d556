import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
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
  return (thrown: unknown, _request, response, next) => {
    const context = contextOf(response);
    const error = known(thrown);
    context.errorCode = error.code;
    if (error.code === 'internal') log.error({ requestId: context.requestId, failure: describe(thrown) }, 'a request failed unexpectedly');
    if (response.headersSent) return next(error);
    answer(response, error);
  };
}

function answer(response: Response, error: PortwardenError): void {
  const { requestId } = contextOf(response);
  const { httpStatus, remedy, meaning } = ERRORS[error.code];
  const { field, rule } = error.details;
  if (httpStatus === 503 && !response.hasHeader('Retry-After')) {
    const seconds = error.retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.max(1, Math.ceil(error.retryAfterMs / 1000));
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
  response.status(httpStatus).json(body);
}

/** Express and its body parser throw errors with a `type` and an HTTP status; their messages may repeat the body. */
function known(thrown: unknown): PortwardenError {
  if (thrown instanceof PortwardenError) return thrown;
  const { type, status } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.parse.failed') return invalidBody('must be valid JSON');
  if (type === 'request.size.invalid' || type === 'request.aborted') return invalidBody('must be as long as Content-Length says');
  if (status === 413) return new PortwardenError('payload-too-large', 'The request body is larger than the limit.');
  if (status === 415) return new PortwardenError('unsupported-media-type', 'The request body must be uncompressed JSON in UTF-8.');
  if (thrown instanceof URIError || status === 400) {
    return new PortwardenError('invalid-request', 'The address of the request is malformed.', {
      details: { field: 'path', rule: 'must be correctly percent-encoded' },
    });
  }
  return new PortwardenError('internal', ERRORS.internal.meaning);
}

function invalidBody(rule: string): PortwardenError {
  return new PortwardenError('invalid-event', `body ${rule}`, { details: { field: 'body', rule } });
}

function describe(thrown: unknown): { readonly name?: string; readonly message: string; readonly stack?: string } {
  if (!(thrown instanceof Error)) return { message: `something that is no Error was thrown (${typeof thrown})` };
  return { name: thrown.name, message: thrown.message, ...(thrown.stack === undefined ? {} : { stack: thrown.stack }) };
}

import type { Request, RequestHandler } from 'express';
import { invalidField, PortwardenError } from '../domain/errors';

type BodyCode = Parameters<typeof invalidField>[0];

/**
 * Reads a JSON body of at most `limitBytes` into `request.body`; an empty one becomes `{}`. A body that is announced as
 * larger is refused before any of it is read, one that turns out larger as soon as it does.
 * @throws PortwardenError `payload-too-large`, `unsupported-media-type` (not JSON, compressed, or not UTF-8),
 *   `code` (no JSON, or cut short).
 * @param code what a body that is no JSON is refused with: the code of what the route reads.
 */
export function jsonBody(limitBytes: number, code: BodyCode): RequestHandler {
  return async (request, response, next) => {
    refuseOtherMedia(request);
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    if (request.headers.expect !== undefined) response.writeContinue();
    request.body = parse(await readAll(request, limitBytes, code), code);
    next();
  };
}

/** A body that is no object as one without fields: what reads it then names the field that lacks. */
export function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function refuseOtherMedia(request: Request): void {
  // `is` is null when there is no body; that is for the validation of the event to refuse.
  if (request.is('application/json') === false)
    throw new PortwardenError('unsupported-media-type', 'Content-Type must be application/json.');
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.get('Content-Type') ?? '')?.[1] ?? 'utf-8';
  const encoding = request.get('Content-Encoding') ?? 'identity';
  if (!/^utf-?8$/i.test(charset) || encoding.toLowerCase() !== 'identity') {
    throw new PortwardenError('unsupported-media-type', 'The request body must be uncompressed JSON in UTF-8.');
  }
}

function readAll(request: Request, limitBytes: number, code: BodyCode): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (end: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onCut).off('error', onCut);
      end();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= limitBytes) return;
      request.pause();
      settle(() => {
        reject(tooLarge(limitBytes));
      });
    };
    const onEnd = (): void => {
      settle(() => {
        resolve(Buffer.concat(chunks));
      });
    };
    const onCut = (): void => {
      settle(() => {
        reject(invalidField(code, 'body', 'must be as long as Content-Length says'));
      });
    };
    request.on('data', onData).once('end', onEnd).once('close', onCut).once('error', onCut);
  });
}

function parse(body: Buffer, code: BodyCode): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw invalidField(code, 'body', 'must be valid JSON');
  }
}

function tooLarge(limitBytes: number): PortwardenError {
  return new PortwardenError('payload-too-large', `The request body is larger than ${limitBytes} bytes.`);
}

import type { RequestHandler } from 'express';
import { PortwardenError } from '../domain/errors';
import { messageOf } from '../primitives/systemError';
import type { KeyedAnswerRepository, KeyedRequest } from '../store/keyedAnswers';
import { requestDigest } from '../temporal/idempotencyKeys';
import { readIdempotencyKey } from './idempotencyKey';
import { contextOf } from './requestContext';

/** Says that an answer could not be remembered. */
interface OnceLog {
  warn(fields: object, message: string): void;
}

/**
 * Has a request with an Idempotency-Key carried out once: the same one gets the first answer again, with `"repeated": true`. It stands
 * behind the reading of the body. A request that is refused, or fails, uses its key up for nothing: it can be sent again. Without a key, or
 * in a process without a store, nothing is remembered.
 * @throws PortwardenError `idempotency-key-reused` when the key came with another request, `idempotency-key-busy` while the first one is
 *   carried out.
 */
export function onceByKey(answers: KeyedAnswerRepository | undefined, log: OnceLog): RequestHandler {
  return async (request, response, next) => {
    const key = request.method === 'POST' ? readIdempotencyKey(request) : undefined;
    if (key === undefined || answers === undefined) {
      next();
      return;
    }
    const keyed = keyedRequest(`${request.baseUrl}${request.path}`, key, request.body);
    const known = await answers.begin(keyed, new Date());
    if (known === 'other')
      throw new PortwardenError('idempotency-key-reused', 'The Idempotency-Key was used before with another request');
    if (known === 'under-way')
      throw new PortwardenError('idempotency-key-busy', 'The request with this Idempotency-Key is being carried out');
    if (known !== 'new') {
      const { status, body } = known;
      const repeated = typeof body === 'object' && body !== null ? { ...body, repeated: true } : body;
      response.status(status).set('Cache-Control', 'no-store').json(repeated);
      return;
    }
    const { requestId } = contextOf(response);
    const remember = async (body: unknown): Promise<void> => {
      const status = response.statusCode;
      try {
        await (status < 300 ? answers.answered(keyed, { status, body }) : answers.released(keyed));
      } catch (error) {
        log.warn(
          { requestId, reason: messageOf(error) },
          'the answer could not be remembered with its Idempotency-Key',
        );
      }
    };
    const send = response.json.bind(response);
    // Remembered before it is sent: who lost the answer asks again and finds it.
    response.json = (body: unknown) => {
      void remember(body)
        .then(() => send(body))
        .catch(next);
      return response;
    };
    next();
  };
}

function keyedRequest(route: string, key: string, body: unknown): KeyedRequest {
  return { id: requestDigest([route, key]), digest: requestDigest(body) };
}

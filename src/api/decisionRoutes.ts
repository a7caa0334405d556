import { Router } from 'express';
import { PortwardenError } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import { readAdoptInput, readChangeKeepsInput, readUnknownBindingsInput } from '../protocol/decisionInput';
import type { DecisionService } from '../temporal/decisions';
import { acceptDecision } from './acceptedDecision';
import { withDeadline } from './deadline';
import { readIdempotencyKey } from './idempotencyKey';
import { asObject, jsonBody } from './jsonBody';
import { queryFields } from './queryFields';

/** What the routes of decisions are made of. */
export interface DecisionRoutesDependencies {
  readonly decisions: Omit<DecisionService, 'decideParked'>;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
  /** Longest wait for Temporal, in milliseconds. */
  readonly answerWithinMs: number;
}

/**
 * `GET /unknown-bindings`: what a person can decide about on a device or port; `POST /adoptions`: the decisions;
 * `POST /keeps/remove` and `/keeps/extend`: the end of keeps; `GET /decisions/:id`: what became of one. Decisions are
 * workflows on a worker, which records them and waits for the device's coordinator.
 */
export function decisionRoutes(dependencies: DecisionRoutesDependencies): Router {
  const { decisions, requireDriver, bodyLimitBytes, answerWithinMs } = dependencies;
  const router = Router();
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  router.get('/unknown-bindings', async (request, response) => {
    const question = readUnknownBindingsInput(queryFields(request));
    requireDriver(question.device);
    response.set('Cache-Control', 'no-store').json(await decisions.unknownBindings(question));
  });
  router.post('/adoptions', body, async (request, response) => {
    const key = readIdempotencyKey(request);
    const input = readAdoptInput(request.body);
    requireDriver(input.device);
    acceptDecision(response, await withDeadline(decisions.adopt(input, key), answerWithinMs));
  });
  for (const change of ['remove', 'extend'] as const) {
    router.post(`/keeps/${change}`, body, async (request, response) => {
      const key = readIdempotencyKey(request);
      const input = readChangeKeepsInput({ ...asObject(request.body), change });
      acceptDecision(response, await withDeadline(decisions.changeKeeps(input, key), answerWithinMs));
    });
  }
  router.get('/decisions/:id', async (request, response) => {
    const { id } = request.params;
    const status = /^[\x21-\x7e]{1,255}$/.test(id)
      ? await withDeadline(decisions.status(id), answerWithinMs)
      : undefined;
    if (status === undefined) throw new PortwardenError('not-found', 'No decision has this workflow id.');
    response.set('Cache-Control', 'no-store').json(status);
  });
  return router;
}

import { Router } from 'express';
import { PortwardenError } from '../domain/errors';
import type { DeviceId } from '../domain/values/device';
import { readAdoptInput, readChangeKeepsInput, readUnknownBindingsInput } from '../protocol/decisionInput';
import type { DecisionService } from '../temporal/decisions';
import { withDeadline } from './deadline';
import { jsonBody } from './jsonBody';
import { queryFields } from './queryFields';
import { contextOf } from './requestContext';

/** What the routes of decisions are made of. */
export interface DecisionRoutesDependencies {
  readonly decisions: DecisionService;
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
    const input = readAdoptInput(request.body);
    requireDriver(input.device);
    accept(response, await withDeadline(decisions.adopt(input), answerWithinMs));
  });
  for (const change of ['remove', 'extend'] as const) {
    router.post(`/keeps/${change}`, body, async (request, response) => {
      const input = readChangeKeepsInput({ ...asObject(request.body), change });
      accept(response, await withDeadline(decisions.changeKeeps(input), answerWithinMs));
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

function accept(response: Parameters<typeof contextOf>[0], { workflowId }: { readonly workflowId: string }): void {
  contextOf(response).workflowId = workflowId;
  const statusUrl = `/api/decisions/${encodeURIComponent(workflowId)}`;
  response.status(202).location(statusUrl).json({ workflowId, statusUrl });
}

/** Whatever is no object is refused by the reader, with the field's name. */
function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

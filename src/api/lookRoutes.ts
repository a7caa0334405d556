import { Router, type Request, type RequestHandler } from 'express';
import type { DeviceId } from '../domain/values/device';
import type { ExplainInput, PreviewInput } from '../protocol/preview';
import { readCoverageInput, readExplainInput, readPreviewInput } from '../protocol/previewInput';
import type { Looks } from '../temporal/looks';
import { jsonBody } from './jsonBody';
import { queryFields } from './queryFields';

/** What the routes of looks are made of. */
export interface LookRoutesDependencies {
  readonly looks: Looks;
  /** @throws PortwardenError `device-kind-unknown`. */
  readonly requireDriver: (device: DeviceId) => void;
  readonly bodyLimitBytes: number;
}

/**
 * `GET` or `POST /preview`: what a pass would do now; `GET` or `POST /explain`: why an address is let through or not.
 * The question stands in the query, or as a JSON object in the body. Nothing is changed by either, so both methods do
 * the same; `GET /coverage/port`: what a port's device enforces there, and what not. A question is answered when a worker has looked, which takes seconds.
 */
export function lookRoutes({ looks, requireDriver, bodyLimitBytes }: LookRoutesDependencies): Router {
  const router = Router();
  const answerWith =
    (ask: (question: unknown) => Promise<unknown>, questionOf: (request: Request) => unknown): RequestHandler =>
    async (request, response) => {
      response.set('Cache-Control', 'no-store').json(await ask(questionOf(request)));
    };
  const body = jsonBody(bodyLimitBytes, 'invalid-request');
  const bodyOf = (request: Request): unknown => request.body;
  const known = <Input extends PreviewInput | ExplainInput>(input: Input): Input => {
    if ('device' in input.subject) requireDriver(input.subject.device);
    return input;
  };
  const preview = async (question: unknown): Promise<unknown> => looks.preview(known(readPreviewInput(question)));
  const explain = async (question: unknown): Promise<unknown> => looks.explain(known(readExplainInput(question)));
  const coverage = async (question: unknown): Promise<unknown> => {
    const input = readCoverageInput(question);
    requireDriver(input.device);
    return looks.coverage(input);
  };
  router.get('/coverage/port', answerWith(coverage, queryFields));
  router.get('/preview', answerWith(preview, queryFields));
  router.post('/preview', body, answerWith(preview, bodyOf));
  router.get('/explain', answerWith(explain, queryFields));
  router.post('/explain', body, answerWith(explain, bodyOf));
  return router;
}

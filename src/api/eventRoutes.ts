import { Router, type Request } from 'express';
import { PortwardenError } from '../domain/errors';
import { parseEvent } from '../domain/event/event';
import { withDeadline } from './deadline';
import type { EventService } from '../temporal/events';
import { readIdempotencyKey } from './idempotencyKey';
import { jsonBody } from './jsonBody';
import { contextOf } from './requestContext';

/** What the event routes need. */
export interface EventRouteOptions {
  readonly events: EventService;
  readonly bodyLimitBytes: number;
  /** Longest wait for Temporal, in milliseconds. */
  readonly answerWithinMs: number;
  /** The Temporal UI's list of workflows; an id is appended to make the address of its page. */
  readonly temporalUiUrl?: string | undefined;
}

/** Whether a request below `/api` reports an event. */
export function reportsEvent({ method, path }: Pick<Request, 'method' | 'path'>): boolean {
  return method === 'POST' && path === '/port-security/event';
}

/** `POST /event` starts an event's workflow, `GET /events/:id` tells what became of it. */
export function eventRoutes(options: EventRouteOptions): Router {
  const { events, bodyLimitBytes, answerWithinMs, temporalUiUrl } = options;
  const router = Router();
  const uiUrl = (workflowId: string): { uiUrl?: string } =>
    temporalUiUrl === undefined
      ? {}
      : { uiUrl: `${temporalUiUrl.replace(/\/+$/, '')}/${encodeURIComponent(workflowId)}` };

  router.post('/event', jsonBody(bodyLimitBytes, 'invalid-event'), async (request, response) => {
    const idempotencyKey = readIdempotencyKey(request);
    const event = parseEvent(request.body);
    const { workflowId, alreadyStarted } = await withDeadline(events.start(event, idempotencyKey), answerWithinMs);
    contextOf(response).workflowId = workflowId;
    const statusUrl = `/api/port-security/events/${encodeURIComponent(workflowId)}`;
    response
      .status(202)
      .location(statusUrl)
      .json({ workflowId, statusUrl, ...uiUrl(workflowId), ...(alreadyStarted ? { repeated: true } : {}) });
  });

  router.get('/events/:id', async (request, response) => {
    const status = isWorkflowId(request.params.id)
      ? await withDeadline(events.status(request.params.id), answerWithinMs)
      : undefined;
    if (status === undefined) throw new PortwardenError('not-found', 'No event has this workflow id.');
    contextOf(response).workflowId = status.workflowId;
    response.set('Cache-Control', 'no-store').json({ ...uiUrl(status.workflowId), ...status });
  });

  return router;
}

function isWorkflowId(text: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(text);
}

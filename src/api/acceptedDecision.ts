import type { Response } from 'express';
import type { StartedDecision } from '../temporal/startedDecisions';
import { contextOf } from './requestContext';

/** 202 with where to ask what becomes of a decision; a request that came before with the same Idempotency-Key is told so. */
export function acceptDecision(response: Response, { workflowId, alreadyStarted }: StartedDecision): void {
  contextOf(response).workflowId = workflowId;
  const statusUrl = `/api/decisions/${encodeURIComponent(workflowId)}`;
  response
    .status(202)
    .location(statusUrl)
    .json({ workflowId, statusUrl, ...(alreadyStarted ? { repeated: true } : {}) });
}

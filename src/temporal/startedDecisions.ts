import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { DeviceId } from '../domain/values/device';
import { ATTRIBUTE } from '../protocol/names';
import { reaching } from './client';
import { keyedWorkflowId, refuseOtherRequest, requestDigest, startedOnce } from './idempotencyKeys';

/** A decision on its way. */
export interface StartedDecision {
  readonly workflowId: string;
  /** It was started before, by the same request with the same Idempotency-Key. */
  readonly alreadyStarted: boolean;
}

/** Which workflow carries a decision out. */
export interface DecisionToStart {
  readonly workflow: string;
  readonly input: object;
  readonly summary: string;
  /** Absent: it is about several. */
  readonly device?: DeviceId | undefined;
  readonly idempotencyKey: string | undefined;
}

/** Starts the workflows of people's decisions. */
export type StartDecision = (decision: DecisionToStart) => Promise<StartedDecision>;

const DEADLINE_MS = 8_000;

/**
 * Starts decisions on the workers of a task queue; what it returns resolves once one is durable. With a key that was used before nothing is
 * started: the workflow of the first request comes back. What it throws: PortwardenError `temporal-unavailable`, `idempotency-key-reused`.
 */
export function decisionStarter(client: Client, taskQueue: string): StartDecision {
  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    reaching(() => client.withDeadline(Date.now() + DEADLINE_MS, call));
  return async ({ workflow, input, summary, device, idempotencyKey }) => {
    const digest = requestDigest(input);
    const workflowId =
      idempotencyKey === undefined ? `${workflow}-${randomUUID()}` : keyedWorkflowId(workflow, idempotencyKey);
    const isNew = await bounded(() =>
      client.workflow
        .start(workflow, {
          ...{ workflowId, taskQueue, args: [input], ...startedOnce(digest), staticSummary: summary },
          ...(device === undefined ? {} : { typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }] }),
        })
        .then(() => true, notWhenStarted),
    );
    if (!isNew) await bounded(() => refuseOtherRequest(client, workflowId, { digest, what: 'request' }));
    return { workflowId, alreadyStarted: !isNew };
  };
}

/** False for a workflow that was started before; whatever else went wrong is thrown. */
export function notWhenStarted(error: unknown): false {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
  throw error;
}

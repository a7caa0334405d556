import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { ServerId } from '../domain/event/event';
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

/** By what workflows of a decision are found. Neither: it is about several. */
export interface DecisionSubject {
  readonly device?: DeviceId | undefined;
  readonly server?: ServerId | undefined;
}

/** Which workflow carries a decision out. */
export interface DecisionToStart extends DecisionSubject {
  readonly workflow: string;
  readonly input: object;
  readonly summary: string;
  readonly idempotencyKey: string | undefined;
  /** What it is in the words of a refusal of a reused key. Default `request`. */
  readonly what?: string;
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
  return async ({ workflow, input, summary, idempotencyKey, what = 'request', ...subject }) => {
    const digest = requestDigest(input);
    const workflowId =
      idempotencyKey === undefined ? `${workflow}-${randomUUID()}` : keyedWorkflowId(workflow, idempotencyKey);
    const isNew = await bounded(() =>
      client.workflow
        .start(workflow, {
          ...{ workflowId, taskQueue, args: [input], ...startedOnce(digest), staticSummary: summary },
          ...attributesOf(subject),
        })
        .then(() => true, notWhenStarted),
    );
    if (!isNew) await bounded(() => refuseOtherRequest(client, workflowId, { digest, what }));
    return { workflowId, alreadyStarted: !isNew };
  };
}

/** The search attributes of a workflow about this. */
export function attributesOf({ device, server }: DecisionSubject) {
  if (server !== undefined) return { typedSearchAttributes: [{ key: ATTRIBUTE.serverId, value: server.toString() }] };
  return device === undefined ? {} : { typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device as string }] };
}

/** False for a workflow that was started before; whatever else went wrong is thrown. */
function notWhenStarted(error: unknown): false {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
  throw error;
}

import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import { PortwardenError } from '../domain/errors';
import { LOOK_SECONDS } from '../protocol/preview';
import { failureOf, isServiceFailure } from './failures';

/** Runs a short workflow on the workers of a task queue, and waits for its result. */
export type ShortWorkflows = <T>(
  workflow: string,
  summary: string,
  input: Readonly<Record<string, unknown>>,
) => Promise<T>;

/** Time for the workflow's own tasks beside its step. */
const MARGIN_SECONDS = 15;

/**
 * Short workflows with one step each: what the process that asks has no credentials for.
 * @returns what runs one; it throws PortwardenErrors: as the worker answers, `answer-timeout` when none did,
 *   `temporal-unavailable`.
 */
export function shortWorkflows(client: Client, taskQueue: string): ShortWorkflows {
  return async <T>(workflow: string, summary: string, input: Readonly<Record<string, unknown>>): Promise<T> => {
    const seconds = LOOK_SECONDS + MARGIN_SECONDS;
    try {
      return await client.withDeadline(Date.now() + (seconds + MARGIN_SECONDS) * 1000, () =>
        client.workflow.execute<(args: unknown) => Promise<T>>(workflow, {
          workflowId: `${workflow}-${randomUUID()}`,
          taskQueue,
          args: [input],
          workflowExecutionTimeout: `${seconds} seconds`,
          staticSummary: summary,
        }),
      );
    } catch (error) {
      throw asPortwardenError(error);
    }
  };
}

function asPortwardenError(error: unknown): unknown {
  if (error instanceof WorkflowFailedError) {
    if (error.cause instanceof TimeoutFailure) return unanswered(error);
    const { code, message } = failureOf(error);
    return new PortwardenError(code, message);
  }
  if (isServiceFailure(error))
    return new PortwardenError('temporal-unavailable', 'The Temporal server does not answer', { cause: error });
  return error;
}

function unanswered(cause: unknown): PortwardenError {
  return new PortwardenError('answer-timeout', `No worker answered within ${LOOK_SECONDS} s`, { cause });
}

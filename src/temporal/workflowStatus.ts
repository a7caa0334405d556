import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { PortwardenError, type ErrorReport } from '../domain/errors';
import { QUERIES } from '../protocol/names';
import { failureOf, isServiceFailure } from './failures';

const DEADLINE_MS = 8_000;
const QUERY_DEADLINE_MS = 1_500;
const RETRY_AFTER_MS = 5_000;

const STATES: Readonly<Record<string, WorkflowStatus['state']>> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** What became of a workflow so far. */
export interface WorkflowStatus {
  readonly workflowId: string;
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly closedAt?: string;
  /** While it runs: for what, in plain words. */
  readonly waitingFor?: string;
  /** Once it is completed: the workflow's result. */
  readonly outcome?: unknown;
  readonly error?: ErrorReport;
  /** Its page in the Temporal UI. */
  readonly uiUrl?: string;
}

/**
 * What became of a workflow of one of these types.
 * @returns undefined when there is none of this id.
 * @throws PortwardenError `temporal-unavailable`.
 */
export async function workflowStatus(
  client: Client,
  workflowId: string,
  types: readonly string[],
): Promise<WorkflowStatus | undefined> {
  const description = await describeWorkflow(client, workflowId);
  if (description === undefined || !types.includes(description.type)) return undefined;
  const state = STATES[description.status.name] ?? 'running';
  const base = {
    workflowId,
    state,
    startedAt: description.startTime.toISOString(),
    ...(description.closeTime === undefined ? {} : { closedAt: description.closeTime.toISOString() }),
  };
  if (state === 'running') return { ...base, ...(await waitingFor(client, workflowId)) };
  if (state === 'completed' || state === 'failed') return { ...base, ...(await resultOf(client, workflowId)) };
  return base;
}

/** The server's description of a workflow; undefined when there is none. @throws PortwardenError `temporal-unavailable`. */
export async function describeWorkflow(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await within(client, DEADLINE_MS, () => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw unanswered(error);
  }
}

async function waitingFor(client: Client, workflowId: string): Promise<{ waitingFor?: string }> {
  try {
    const text = await within(client, QUERY_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).query<string>(QUERIES.status),
    );
    return text === '' ? {} : { waitingFor: text };
  } catch {
    return { waitingFor: 'A worker: none answers at the moment' };
  }
}

async function resultOf(client: Client, workflowId: string): Promise<Pick<WorkflowStatus, 'outcome' | 'error'>> {
  try {
    return { outcome: await within(client, DEADLINE_MS, () => client.workflow.getHandle(workflowId).result()) };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw unanswered(error);
    const { cause } = error;
    const report = { error: failureOf(error) };
    return cause instanceof ApplicationFailure ? { outcome: cause.details?.[0], ...report } : report;
  }
}

function within<T>(client: Client, milliseconds: number, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + milliseconds, call);
}

function unanswered(error: unknown): unknown {
  if (error instanceof PortwardenError || !isServiceFailure(error)) return error;
  return new PortwardenError('temporal-unavailable', 'The Temporal server does not answer', {
    retryAfterMs: RETRY_AFTER_MS,
    cause: error,
  });
}

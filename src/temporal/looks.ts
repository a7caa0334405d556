import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import { PortwardenError } from '../domain/errors';
import {
  LOOK_SECONDS,
  type ExplainInput,
  type ExplainResult,
  type PreviewInput,
  type PreviewResult,
} from '../protocol/preview';
import { EXPLAIN_WORKFLOW, PREVIEW_WORKFLOW } from '../protocol/names';
import { failureOf, isServiceFailure } from './failures';

/** Asks workers what a pass would do, and why addresses are let through or not. Nothing is touched by it. */
export interface Looks {
  /** @throws PortwardenError as the worker answers, `answer-timeout` when none did, `temporal-unavailable`. */
  preview(input: PreviewInput): Promise<PreviewResult>;
  /** @throws PortwardenError likewise. */
  explain(input: ExplainInput): Promise<ExplainResult>;
}

/** Time for the workflow's own tasks beside the look itself. */
const MARGIN_SECONDS = 15;

/** Looks by short workflows on the workers of a task queue. */
export function createLooks(client: Client, taskQueue: string): Looks {
  const execute = async <T>(workflow: string, summary: string, args: Readonly<Record<string, unknown>>): Promise<T> => {
    const seconds = LOOK_SECONDS + MARGIN_SECONDS;
    try {
      return await client.withDeadline(Date.now() + (seconds + MARGIN_SECONDS) * 1000, () =>
        client.workflow.execute<(input: unknown) => Promise<T>>(workflow, {
          workflowId: `${workflow}-${randomUUID()}`,
          taskQueue,
          args: [args],
          workflowExecutionTimeout: `${seconds} seconds`,
          staticSummary: summary,
        }),
      );
    } catch (error) {
      throw asPortwardenError(error);
    }
  };
  return {
    preview: ({ subject, form }) =>
      execute(PREVIEW_WORKFLOW, `Preview of ${nameOf(subject)}`, { ...fieldsOf(subject), form }),
    explain: ({ subject }) => execute(EXPLAIN_WORKFLOW, `Explanation of ${nameOf(subject)}`, fieldsOf(subject)),
  };
}

type Subject = PreviewInput['subject'] | ExplainInput['subject'];

/** The subject as the workflow takes it, like an operator who starts it by hand. */
function fieldsOf(subject: Subject): Readonly<Record<string, string | number>> {
  switch (subject.of) {
    case 'server':
      return { server: subject.serverId };
    case 'port':
      return { device: subject.device, port: subject.port };
    case 'device':
      return { device: subject.device };
    case 'node':
      return { node: subject.node, ...(subject.cluster === undefined ? {} : { cluster: subject.cluster }) };
    case 'address':
      return { ip: subject.ip };
    case 'mac':
      return { mac: subject.mac };
  }
}

function nameOf(subject: Subject): string {
  return Object.entries(fieldsOf(subject))
    .map(([name, value]) => `${name} ${value}`)
    .join(' ');
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

import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type {
  ReleaseInput,
  ReleasePlan,
  ReleaseSubject,
  RestoreInput,
  RestorePlan,
  RestoreSubject,
} from '../protocol/holds';
import {
  ATTRIBUTE,
  PLAN_RELEASE_WORKFLOW,
  PLAN_RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
} from '../protocol/names';
import { reaching } from './client';
import { shortWorkflows } from './shortWorkflows';

/** Plans and starts restores and the release of holds. */
export interface HoldService {
  /** @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  planRestore(subject: RestoreSubject): Promise<RestorePlan>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`. */
  restore(input: RestoreInput): Promise<{ readonly workflowId: string }>;
  /** @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  planRelease(subject: ReleaseSubject): Promise<ReleasePlan>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`. */
  release(input: ReleaseInput): Promise<{ readonly workflowId: string }>;
}

const DEADLINE_MS = 8_000;

/** Restores and holds by workflows on the workers of a task queue. */
export function createHolds(client: Client, taskQueue: string): HoldService {
  const execute = shortWorkflows(client, taskQueue);
  const start = async (
    workflow: string,
    args: RestoreInput | ReleaseInput,
    staticSummary: string,
    device?: string,
  ): Promise<{ readonly workflowId: string }> => {
    const workflowId = `${workflow}-${randomUUID()}`;
    await reaching(() =>
      client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start(workflow, {
          ...{ workflowId, taskQueue, args: [args], staticSummary },
          ...(device === undefined ? {} : { typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }] }),
        }),
      ),
    );
    return { workflowId };
  };
  return {
    planRestore: (subject) =>
      execute(PLAN_RESTORE_WORKFLOW, `Plan: ${subject.device} as backup ${subject.backup}`, { ...subject }),
    restore: (input) =>
      start(RESTORE_WORKFLOW, input, `${input.author} restores ${input.device} from ${input.backup}`, input.device),
    planRelease: ({ ids }) => execute(PLAN_RELEASE_WORKFLOW, `Plan: release of ${ids.length} hold(s)`, { ids }),
    release: (input) => start(RELEASE_HOLDS_WORKFLOW, input, `${input.author} releases ${input.ids.length} hold(s)`),
  };
}

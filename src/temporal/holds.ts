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
  PLAN_RELEASE_WORKFLOW,
  PLAN_RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
} from '../protocol/names';
import { shortWorkflows } from './shortWorkflows';
import { decisionStarter, type StartedDecision } from './startedDecisions';

/** Plans and starts restores and the release of holds. */
export interface HoldService {
  /** @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  planRestore(subject: RestoreSubject): Promise<RestorePlan>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`, `idempotency-key-reused`. */
  restore(input: RestoreInput, idempotencyKey?: string): Promise<StartedDecision>;
  /** @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  planRelease(subject: ReleaseSubject): Promise<ReleasePlan>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`, `idempotency-key-reused`. */
  release(input: ReleaseInput, idempotencyKey?: string): Promise<StartedDecision>;
}

/** Restores and holds by workflows on the workers of a task queue. */
export function createHolds(client: Client, taskQueue: string): HoldService {
  const execute = shortWorkflows(client, taskQueue);
  const start = decisionStarter(client, taskQueue);
  return {
    planRestore: (subject) =>
      execute(PLAN_RESTORE_WORKFLOW, `Plan: ${subject.device} as backup ${subject.backup}`, { ...subject }),
    restore: (input, idempotencyKey) => {
      const { author, device, backup } = input;
      const summary = `${author} restores ${device} from ${backup}`;
      return start({ workflow: RESTORE_WORKFLOW, input, summary, device, idempotencyKey });
    },
    planRelease: ({ ids }) => execute(PLAN_RELEASE_WORKFLOW, `Plan: release of ${ids.length} hold(s)`, { ids }),
    release: (input, idempotencyKey) => {
      const summary = `${input.author} releases ${input.ids.length} hold(s)`;
      return start({ workflow: RELEASE_HOLDS_WORKFLOW, input, summary, idempotencyKey });
    },
  };
}

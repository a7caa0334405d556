import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import type { Decision } from '../domain/change/keep';
import { scopeText, type Scope } from '../domain/values/scope';
import type { ApplyAllInput, PlanApplyAllInput, RunProgress } from '../protocol/applyAll';
import {
  APPLY_ALL_WORKFLOW,
  applyAllId,
  ATTRIBUTE,
  PLAN_APPLY_ALL_WORKFLOW,
  planApplyAllId,
  QUERIES,
  SIGNALS,
} from '../protocol/names';
import { found, reaching } from './client';

/** The workflows of Apply All. @throws PortwardenError `temporal-unavailable`. */
export interface ApplyAllWorkflows {
  /** Starts a planning. @returns the plan that is made: another one when one of this scope is under way. */
  plan(plan: string, scope: Scope, author: string): Promise<string>;
  /** Starts the run of a plan. @returns false when a run of this scope is under way. */
  run(plan: string, scope: Scope, by: Decision): Promise<boolean>;
  /** How far the run of a scope is; undefined when none is under way, or no worker answers. */
  progress(scope: Scope): Promise<RunProgress | undefined>;
  /** Tells the run of a scope. @returns false when none is under way. */
  tell(scope: Scope, what: 'pauseRun' | 'resumeRun' | 'cancelRun'): Promise<boolean>;
}

const DEADLINE_MS = 8_000;
const QUERY_MS = 5_000;

/** Apply All by workflows on the workers of a task queue. */
export function createApplyAll(client: Client, taskQueue: string): ApplyAllWorkflows {
  const bounded = <T>(call: () => Promise<T>, ms = DEADLINE_MS): Promise<T> =>
    reaching(() => client.withDeadline(Date.now() + ms, call));
  /** @returns false when a workflow of this id runs. */
  const startsNew = (start: () => Promise<unknown>): Promise<boolean> =>
    bounded(() =>
      start().then(
        () => true,
        (error: unknown) => {
          if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
          throw error;
        },
      ),
    );
  return {
    async plan(plan, scope, author) {
      const workflowId = planApplyAllId(scope);
      const input: PlanApplyAllInput = { plan, scope: scopeText(scope), author };
      const isNew = await startsNew(() =>
        client.workflow.start(PLAN_APPLY_ALL_WORKFLOW, {
          ...{ workflowId, taskQueue, args: [input] },
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          staticSummary: `${author}: plan of Apply All over ${scopeText(scope)}`,
          ...attributesOf(scope),
        }),
      );
      if (isNew) return plan;
      const handle = client.workflow.getHandle(workflowId);
      return (await bounded(() => handle.query<{ readonly plan: string }>(QUERIES.progress), QUERY_MS)).plan;
    },
    run(plan, scope, { author, reason }) {
      const input: ApplyAllInput = { plan, author, reason };
      return startsNew(() =>
        client.workflow.start(APPLY_ALL_WORKFLOW, {
          ...{ workflowId: applyAllId(scope), taskQueue, args: [input] },
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          staticSummary: `${author}: Apply All over ${scopeText(scope)}`,
          ...attributesOf(scope),
        }),
      );
    },
    async progress(scope) {
      const handle = client.workflow.getHandle(applyAllId(scope));
      const description = await found(() => bounded(() => handle.describe()));
      if (description?.status.name !== 'RUNNING') return undefined;
      return client
        .withDeadline(Date.now() + QUERY_MS, () => handle.query<RunProgress>(QUERIES.progress))
        .catch(() => undefined);
    },
    async tell(scope, what) {
      const handle = client.workflow.getHandle(applyAllId(scope));
      return (await found(() => bounded(() => handle.signal(SIGNALS[what]).then(() => true)))) ?? false;
    },
  };
}

function attributesOf(scope: Scope) {
  return 'device' in scope ? { typedSearchAttributes: [{ key: ATTRIBUTE.device, value: scope.device as string }] } : {};
}

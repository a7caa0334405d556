import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { AdoptInput, ChangeKeepsInput, UnknownBindingsInput, UnknownBindingsResult } from '../protocol/decisions';
import {
  ADOPT_WORKFLOW,
  ATTRIBUTE,
  CHANGE_KEEPS_WORKFLOW,
  CHANGE_POLICY_WORKFLOW,
  END_POLICY_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
  UNKNOWN_BINDINGS_WORKFLOW,
} from '../protocol/names';
import { reaching } from './client';
import { shortWorkflows } from './shortWorkflows';
import { workflowStatus, type WorkflowStatus } from './workflowStatus';

/** Starts and looks up what people decide about bindings. */
export interface DecisionService {
  /** What a person can decide about on a device or port. @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  unknownBindings(input: UnknownBindingsInput): Promise<UnknownBindingsResult>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`. */
  adopt(input: AdoptInput): Promise<{ readonly workflowId: string }>;
  /** Likewise. */
  changeKeeps(input: ChangeKeepsInput): Promise<{ readonly workflowId: string }>;
  /** What became of a decision so far; undefined when there is none of this id. @throws PortwardenError `temporal-unavailable`. */
  status(workflowId: string): Promise<WorkflowStatus | undefined>;
}

const DEADLINE_MS = 8_000;
const DECISION_WORKFLOWS = [
  ADOPT_WORKFLOW,
  CHANGE_KEEPS_WORKFLOW,
  CHANGE_POLICY_WORKFLOW,
  END_POLICY_WORKFLOW,
  RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
];

/** Decisions as workflows on the workers of a task queue. */
export function createDecisions(client: Client, taskQueue: string): DecisionService {
  const execute = shortWorkflows(client, taskQueue);
  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    reaching(() => client.withDeadline(Date.now() + DEADLINE_MS, call));
  const start = async (
    workflow: string,
    args: AdoptInput | ChangeKeepsInput,
    staticSummary: string,
    device?: string,
  ): Promise<{ readonly workflowId: string }> => {
    const workflowId = `${workflow}-${randomUUID()}`;
    await bounded(() =>
      client.workflow.start(workflow, {
        ...{ workflowId, taskQueue, args: [args], staticSummary },
        ...(device === undefined ? {} : { typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }] }),
      }),
    );
    return { workflowId };
  };
  return {
    unknownBindings: (input) => {
      const summary = `Unknown bindings of ${input.device} ${input.port ?? ''}`.trim();
      return execute(UNKNOWN_BINDINGS_WORKFLOW, summary, { ...input });
    },
    adopt: (input) => start(ADOPT_WORKFLOW, input, `${input.author} decides about ${input.device}`, input.device),
    changeKeeps: (input) =>
      start(CHANGE_KEEPS_WORKFLOW, input, `${input.author}: ${input.change} keeps ${input.ids.slice(0, 5).join(' ')}`),
    status: (workflowId) => workflowStatus(client, workflowId, DECISION_WORKFLOWS),
  };
}

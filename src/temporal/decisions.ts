import type { Client } from '@temporalio/client';
import type { AdoptInput, ChangeKeepsInput, UnknownBindingsInput, UnknownBindingsResult } from '../protocol/decisions';
import {
  ADOPT_WORKFLOW,
  CHANGE_KEEPS_WORKFLOW,
  CHANGE_POLICY_WORKFLOW,
  DECIDE_PARKED_WORKFLOW,
  END_POLICY_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
  RESTORE_WORKFLOW,
  UNKNOWN_BINDINGS_WORKFLOW,
} from '../protocol/names';
import type { DecideParkedInput } from '../protocol/parkedDecisions';
import { shortWorkflows } from './shortWorkflows';
import { decisionStarter, type StartedDecision } from './startedDecisions';
import { workflowStatus, type WorkflowStatus } from './workflowStatus';

/** Starts and looks up what people decide about bindings. */
export interface DecisionService {
  /** What a person can decide about on a device or port. @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  unknownBindings(input: UnknownBindingsInput): Promise<UnknownBindingsResult>;
  /** Resolves once it is durable. @throws PortwardenError `temporal-unavailable`, `idempotency-key-reused`. */
  adopt(input: AdoptInput, idempotencyKey?: string): Promise<StartedDecision>;
  /** Likewise. */
  changeKeeps(input: ChangeKeepsInput, idempotencyKey?: string): Promise<StartedDecision>;
  /** Likewise. */
  decideParked(input: DecideParkedInput, idempotencyKey?: string): Promise<StartedDecision>;
  /** What became of a decision so far; undefined when there is none of this id. @throws PortwardenError `temporal-unavailable`. */
  status(workflowId: string): Promise<WorkflowStatus | undefined>;
}

const DECISION_WORKFLOWS = [
  ADOPT_WORKFLOW,
  CHANGE_KEEPS_WORKFLOW,
  CHANGE_POLICY_WORKFLOW,
  DECIDE_PARKED_WORKFLOW,
  END_POLICY_WORKFLOW,
  RESTORE_WORKFLOW,
  RELEASE_HOLDS_WORKFLOW,
];

/** Decisions as workflows on the workers of a task queue. */
export function createDecisions(client: Client, taskQueue: string): DecisionService {
  const execute = shortWorkflows(client, taskQueue);
  const start = decisionStarter(client, taskQueue);
  return {
    unknownBindings: (input) => {
      const summary = `Unknown bindings of ${input.device} ${input.port ?? ''}`.trim();
      return execute(UNKNOWN_BINDINGS_WORKFLOW, summary, { ...input });
    },
    adopt: (input, idempotencyKey) => {
      const { author, device } = input;
      return start({
        ...{ workflow: ADOPT_WORKFLOW, input, device, idempotencyKey },
        summary: `${author} decides about ${device}`,
      });
    },
    changeKeeps: (input, idempotencyKey) => {
      const summary = `${input.author}: ${input.change} keeps ${input.ids.slice(0, 5).join(' ')}`;
      return start({ workflow: CHANGE_KEEPS_WORKFLOW, input, summary, idempotencyKey });
    },
    decideParked: (input, idempotencyKey) => {
      const { author, verdict, device, ports } = input;
      const named = ports.slice(0, 5).map(({ port }) => port);
      const summary = `${author}: ${verdict} what waits on ${device} ${named.join(' ')}`;
      return start({ workflow: DECIDE_PARKED_WORKFLOW, input, summary, device, idempotencyKey });
    },
    status: (workflowId) => workflowStatus(client, workflowId, DECISION_WORKFLOWS),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { PortwardenError } from '../domain/errors';
import { scopeKey, type PolicyScope } from '../domain/policies/policy';
import type { PolicyChange } from '../domain/policies/storedPolicy';
import { CHANGE_POLICY_WORKFLOW, END_POLICY_WORKFLOW, PREVIEW_POLICY_WORKFLOW, QUERIES } from '../protocol/names';
import type { ChangePolicyInput, ChangePolicyResult, EndPolicyInput, PreviewPolicyInput } from '../protocol/policies';
import { changeFields, scopeFields } from '../protocol/policyInput';
import type { PreviewResult } from '../protocol/preview';
import { reaching } from './client';
import { shortWorkflows } from './shortWorkflows';
import { attributesOf, decisionStarter, type DecisionSubject, type StartedDecision } from './startedDecisions';
import { workflowStatus } from './workflowStatus';

/** A change of a policy on its way. */
export interface StartedPolicyChange extends StartedDecision {
  /** What was recorded; absent when no worker has done so yet. */
  readonly change?: PolicyChange;
}

/** Changes port policies by workflows on the workers. */
export interface PolicyService {
  /**
   * Resolves once the change is durable, and tells what was recorded when a worker does so within seconds. With a key that was
   * used before, nothing is started: what became of the first request comes back.
   * @throws PortwardenError as the worker refuses it (`policy-changed`, `policy-contradiction`, …), `temporal-unavailable`,
   *   `idempotency-key-reused` when the key came with another change.
   */
  change(input: ChangePolicyInput, idempotencyKey?: string): Promise<StartedPolicyChange>;
  /** Ends a version whose time is over; the same one is ended by one workflow, whoever asks. @throws PortwardenError `temporal-unavailable`. */
  end(input: EndPolicyInput): Promise<void>;
  /** @throws PortwardenError as the worker answers, `answer-timeout`, `temporal-unavailable`. */
  preview(input: PreviewPolicyInput): Promise<PreviewResult>;
}

const DEADLINE_MS = 8_000;
const RECORDED_WITHIN_MS = 6_000;
const QUERY_MS = 1_500;
const PAUSE_MS = 100;

/** Policies as workflows on the workers of a task queue. */
export function createPolicies(client: Client, taskQueue: string): PolicyService {
  const execute = shortWorkflows(client, taskQueue);
  const start = decisionStarter(client, taskQueue);
  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    reaching(() => client.withDeadline(Date.now() + DEADLINE_MS, call));
  return {
    async change(input, idempotencyKey) {
      const scope = input.change === 'set' ? input.policy.scope : input.scope;
      const { author } = input.change === 'set' ? input.policy : input;
      const started = await start({
        ...{ workflow: CHANGE_POLICY_WORKFLOW, input: changeFields(input), what: 'change', idempotencyKey },
        summary: `${author}: ${input.change} the policy of ${scopeKey(scope)}`,
        ...subjectOf(scope),
      });
      const change = await recordedBy(client, started.workflowId);
      return { ...started, ...(change === undefined ? {} : { change }) };
    },
    async end({ scope, version }) {
      await bounded(() =>
        client.workflow.start(END_POLICY_WORKFLOW, {
          ...{ workflowId: `${END_POLICY_WORKFLOW}-${version}`, taskQueue },
          args: [{ ...scopeFields(scope), version }],
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
          staticSummary: `The time of the policy of ${scopeKey(scope)} is over`,
          ...attributesOf(subjectOf(scope)),
        }),
      );
    },
    preview: ({ proposed, form }) => {
      const scope = proposed.change === 'set' ? proposed.policy.scope : proposed.scope;
      const summary = `Preview: ${proposed.change} the policy of ${scopeKey(scope)}`;
      return execute(PREVIEW_POLICY_WORKFLOW, summary, { ...changeFields(proposed), form });
    },
  };
}

function subjectOf(scope: PolicyScope): DecisionSubject {
  return scope.kind === 'server' ? { server: scope.serverId } : { device: scope.device };
}

/** What the workflow has recorded; undefined when no worker gets there within seconds: it goes on by itself. */
async function recordedBy(client: Client, workflowId: string): Promise<PolicyChange | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  const until = Date.now() + RECORDED_WITHIN_MS;
  while (Date.now() < until) {
    const status = await workflowStatus(client, workflowId, [CHANGE_POLICY_WORKFLOW]);
    if (status?.state === 'completed') return (status.outcome as ChangePolicyResult).change;
    if (status?.error !== undefined) throw new PortwardenError(status.error.code, status.error.message);
    const recorded = await client
      .withDeadline(Date.now() + QUERY_MS, () => handle.query<PolicyChange | null>(QUERIES.recorded))
      .catch(() => null);
    if (recorded !== null) return recorded;
    await sleep(PAUSE_MS);
  }
  return undefined;
}

import { defineQuery, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { PortOutcome } from '../domain/change/outcome';
import { scopeKey } from '../domain/policies/policy';
import { describeChange } from '../domain/policies/changeWords';
import type { PolicyChange } from '../domain/policies/storedPolicy';
import { QUERIES } from '../protocol/names';
import type {
  ChangePolicyResult,
  EndPolicyInput,
  ChangePolicyInput,
  PolicyActivities,
  PolicyOutcome,
} from '../protocol/policies';
import { readChangePolicyInput, readEndPolicyInput, readPreviewPolicyInput } from '../protocol/policyInput';
import { LOOK_SECONDS, type PreviewResult } from '../protocol/preview';
import { converge, listen } from './converging';
import { answer, readOrFail } from './shortWorkflow';

const { findPolicyPorts, recordPolicyChange } = proxyActivities<PolicyActivities>({
  scheduleToCloseTimeout: '5 minutes',
  startToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 5, initialInterval: '1 second' },
});

const { previewPolicyChange } = proxyActivities<PolicyActivities>({
  scheduleToCloseTimeout: `${LOOK_SECONDS} seconds`,
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

const recordedQuery = defineQuery<PolicyChange | null>(QUERIES.recorded);

/** Outcomes that the result names; those that need a person are the first ones. */
const SHOWN_OUTCOMES = 200;

/**
 * Brings a port policy into force, or ends one: records it, has the coordinators look at every port concerned, and reports
 * the proven outcomes. Input: `{change: 'set' | 'unset', device+port | server | device+network | device, portSecurity?,
 * allowedAddressPairs?, securityGroups?, …, author, reason, expiresAt?, version?}`.
 */
export async function changePolicy(input: unknown): Promise<ChangePolicyResult> {
  return carryOut(readOrFail(() => readChangePolicyInput(input)));
}

/** Ends a policy whose time is over, and has its ports restored. Input: `{…scope, version}`. */
export async function endPolicy(input: unknown): Promise<ChangePolicyResult> {
  return carryOut({ change: 'end', ...readOrFail(() => readEndPolicyInput(input)) });
}

/** Shows what a pass would do with the ports concerned if a policy were changed. Nothing is touched. Input: as of `changePolicy`, and `form`. */
export async function previewPolicy(input: unknown): Promise<PreviewResult> {
  const request = readOrFail(() => readPreviewPolicyInput(input));
  return answer(() => previewPolicyChange(request));
}

async function carryOut(
  request: ChangePolicyInput | ({ readonly change: 'end' } & EndPolicyInput),
): Promise<ChangePolicyResult> {
  const scope = request.change === 'set' ? request.policy.scope : request.scope;
  const waiting = listen();
  let recorded: PolicyChange | null = null;
  setHandler(recordedQuery, () => recorded);
  waiting.show(`Looking for the ports of ${scopeKey(scope)}`);
  const { ports, notes } = await answer(() => findPolicyPorts({ scope }));
  const named = ports.map(({ device, port }) => ({ device, port }));
  const { change, notes: refused } = await answer(() => recordPolicyChange({ ...request, ports: named }));
  if (change === undefined) {
    const summary = `The policy of ${scopeKey(scope)} was changed since: nothing ends`;
    return { summary, outcomes: [], notes: [] };
  }
  recorded = change;
  const outcomes = await answer(() => converge(ports, undefined, waiting));
  const summary = `${describeChange(change)}. ${countsOf(outcomes)}`;
  setCurrentDetails(summary);
  return { summary, change, outcomes: shown(outcomes), notes: [...notes, ...refused] };
}

const STATUSES = ['failed', 'parked', 'skipped', 'held', 'applied', 'unchanged'] as const;

function countsOf(outcomes: readonly PortOutcome[]): string {
  if (outcomes.length === 0) return 'No port is known that it concerns';
  const parts = STATUSES.flatMap((status) => {
    const count = outcomes.filter((outcome) => outcome.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return `${outcomes.length} port(s): ${parts.join(', ')}`;
}

function shown(outcomes: readonly PortOutcome[]): readonly PolicyOutcome[] {
  const byStatus = (a: PortOutcome, b: PortOutcome): number => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status);
  return [...outcomes].sort(byStatus).slice(0, SHOWN_OUTCOMES).map(short);
}

const short = ({ device, port, status, summary, policy }: PortOutcome): PolicyOutcome => ({
  ...{ device, port, status, summary },
  ...(policy === undefined ? {} : { policy }),
});

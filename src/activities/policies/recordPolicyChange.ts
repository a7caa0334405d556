import { describeChange } from '../../domain/policies/changeWords';
import { scopeKey } from '../../domain/policies/policy';
import type { PolicyChange, PolicyRequest } from '../../domain/policies/storedPolicy';
import type { PolicyActivities, RecordPolicyInput } from '../../protocol/policies';
import type { JournalEntry } from '../../store/journal';
import { workflowIdOf } from '../decisions/workflowIdOf';
import type { ActivityDependencies } from '../dependencies';
import { judgePolicy } from './judgePolicy';

/**
 * Judges a change of a policy, and records it: the policy, what was done, and an entry of the journal for each port
 * concerned, all or nothing. A retry of the same workflow finds it done.
 */
export function createRecordPolicyChange(
  deps: Pick<ActivityDependencies, 'store' | 'devices' | 'log' | 'widestRanges'>,
): PolicyActivities['recordPolicyChange'] {
  return async (input) => {
    const at = new Date();
    const devices = input.ports.map(({ device }) => device);
    const notes = input.change === 'set' ? judgePolicy(deps.devices, input.policy, deps.widestRanges, devices, at) : [];
    const workflowId = workflowIdOf();
    const change = await deps.store.policies.change(requestOf(input), {
      at,
      workflowId,
      ...(input.change === 'end' || input.expected === undefined ? {} : { expected: input.expected }),
      entries: (made) => input.ports.map((port) => entryOf(made, port)),
    });
    if (change === undefined) return { notes };
    const { author, reason, version } = change;
    deps.log.info(
      { workflowId, policy: scopeKey(change.scope), version, author, reason, ports: input.ports.length },
      describeChange(change),
    );
    return { change, notes };
  };
}

function requestOf(input: RecordPolicyInput): PolicyRequest {
  switch (input.change) {
    case 'set':
      return { change: 'set', policy: input.policy };
    case 'unset':
      return { change: 'unset', scope: input.scope, author: input.author, reason: input.reason };
    case 'end':
      return { change: 'end', scope: input.scope, version: input.version };
  }
}

/** That a person wants it. What becomes of the port is the pass' entry. */
function entryOf(
  change: PolicyChange,
  { device, port }: RecordPolicyInput['ports'][number],
): Omit<JournalEntry, 'id' | 'at'> {
  const { author, reason, workflowId, scope } = change;
  return {
    ...{ device, port, workflowId, status: 'unchanged', summary: describeChange(change), author, reason },
    ...{ added: [], removed: [], commands: [], policies: [scopeKey(scope)] },
  };
}

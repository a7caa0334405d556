import type { PortwardenError } from '../../src/domain/errors';
import type { PolicyChange } from '../../src/domain/policies/storedPolicy';
import type { ChangePolicyInput, EndPolicyInput, PreviewPolicyInput } from '../../src/protocol/policies';
import type { PreviewResult } from '../../src/protocol/preview';
import type { PolicyService, StartedPolicyChange } from '../../src/temporal/policies';

/** Takes changes of policies like the workers, and keeps them. */
export class FakePolicies implements PolicyService {
  readonly keys: (string | undefined)[] = [];
  readonly asked: (ChangePolicyInput | EndPolicyInput | PreviewPolicyInput)[] = [];
  /** What workers record. */
  recorded: PolicyChange | undefined;
  refusal: PortwardenError | undefined;

  async change(input: ChangePolicyInput, idempotencyKey?: string): Promise<StartedPolicyChange> {
    const alreadyStarted = idempotencyKey !== undefined && this.keys.includes(idempotencyKey);
    this.keys.push(idempotencyKey);
    if (this.refusal !== undefined) throw this.refusal;
    this.asked.push(input);
    return {
      workflowId: 'changePolicy-1',
      alreadyStarted,
      ...(this.recorded === undefined ? {} : { change: this.recorded }),
    };
  }

  async end(input: EndPolicyInput): Promise<void> {
    this.asked.push(input);
  }

  async preview(input: PreviewPolicyInput): Promise<PreviewResult> {
    this.asked.push(input);
    return { summary: '1 port(s) of 1 device(s): 1 change', devices: [], notes: [] };
  }
}

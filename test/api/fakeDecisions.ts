import type {
  AdoptInput,
  ChangeKeepsInput,
  UnknownBindingsInput,
  UnknownBindingsResult,
} from '../../src/protocol/decisions';
import type { DecisionService } from '../../src/temporal/decisions';
import type { WorkflowStatus } from '../../src/temporal/workflowStatus';

/** Takes decisions like the workers, and keeps them. */
export class FakeDecisions implements DecisionService {
  readonly asked: (UnknownBindingsInput | AdoptInput | ChangeKeepsInput)[] = [];
  ended: WorkflowStatus | undefined;

  async unknownBindings(input: UnknownBindingsInput): Promise<UnknownBindingsResult> {
    this.asked.push(input);
    return { summary: 'nothing', device: input.device, ports: [], omitted: [], notes: [] };
  }

  async adopt(input: AdoptInput): Promise<{ workflowId: string }> {
    this.asked.push(input);
    return { workflowId: 'adopt-1' };
  }

  async changeKeeps(input: ChangeKeepsInput): Promise<{ workflowId: string }> {
    this.asked.push(input);
    return { workflowId: 'changeKeeps-1' };
  }

  async status(workflowId: string): Promise<WorkflowStatus | undefined> {
    return this.ended?.workflowId === workflowId ? this.ended : undefined;
  }
}

import type {
  AdoptInput,
  ChangeKeepsInput,
  UnknownBindingsInput,
  UnknownBindingsResult,
} from '../../src/protocol/decisions';
import type { DecideParkedInput } from '../../src/protocol/parkedDecisions';
import type { StartedDecision } from '../../src/temporal/startedDecisions';
import type { DecisionService } from '../../src/temporal/decisions';
import type { WorkflowStatus } from '../../src/temporal/workflowStatus';

/** Takes decisions like the workers, and keeps them. */
export class FakeDecisions implements DecisionService {
  readonly asked: (UnknownBindingsInput | AdoptInput | ChangeKeepsInput | DecideParkedInput)[] = [];
  private readonly keys = new Set<string>();
  ended: WorkflowStatus | undefined;

  async unknownBindings(input: UnknownBindingsInput): Promise<UnknownBindingsResult> {
    this.asked.push(input);
    return { summary: 'nothing', device: input.device, ports: [], omitted: [], notes: [] };
  }

  async adopt(input: AdoptInput, idempotencyKey?: string): Promise<StartedDecision> {
    this.asked.push(input);
    return this.started('adopt', idempotencyKey);
  }

  async changeKeeps(input: ChangeKeepsInput, idempotencyKey?: string): Promise<StartedDecision> {
    this.asked.push(input);
    return this.started('changeKeeps', idempotencyKey);
  }

  async decideParked(input: DecideParkedInput, idempotencyKey?: string): Promise<StartedDecision> {
    this.asked.push(input);
    return this.started('decideParked', idempotencyKey);
  }

  /** The second request with a key is the first one's workflow. */
  private started(workflow: string, key: string | undefined): StartedDecision {
    const alreadyStarted = key !== undefined && this.keys.has(key);
    if (key !== undefined) this.keys.add(key);
    return { workflowId: `${workflow}-1`, alreadyStarted };
  }

  async status(workflowId: string): Promise<WorkflowStatus | undefined> {
    return this.ended?.workflowId === workflowId ? this.ended : undefined;
  }
}

import type { Decision } from '../domain/change/keep';
import type { PortOutcome } from '../domain/change/outcome';
import type { PolicyScope } from '../domain/policies/policy';
import type { NewPolicy, PolicyChange } from '../domain/policies/storedPolicy';
import type { PortRequest } from '../domain/servers/portRequest';
import type { DeviceId } from '../domain/values/device';
import type { CommandForm, PreviewResult } from './preview';

/** Input of `changePolicy`: what a person wants to be in force of a scope. */
export type ChangePolicyInput = (
  | { readonly change: 'set'; readonly policy: NewPolicy }
  | ({ readonly change: 'unset'; readonly scope: PolicyScope } & Decision)
) & {
  /** The version that it was decided for; `0`: none. Absent: whatever is in force is replaced. */
  readonly expected?: string;
};

/** Input of `endPolicy`: a version whose time is over. */
export interface EndPolicyInput {
  readonly scope: PolicyScope;
  readonly version: string;
}

/** A port that a policy concerns, as its coordinator is asked to look at it. */
export interface ConcernedPort extends PortRequest {
  readonly device: DeviceId;
}

/** Result of `findPolicyPorts`. */
export interface ConcernedPorts {
  readonly ports: readonly ConcernedPort[];
  /** What is to be said besides: ports beyond the limit, sources that could not be read. */
  readonly notes: readonly string[];
}

/** Input of `recordPolicyChange`, with the ports for which the journal has an entry. */
export type RecordPolicyInput = (ChangePolicyInput | ({ readonly change: 'end' } & EndPolicyInput)) & {
  readonly ports: readonly Pick<ConcernedPort, 'device' | 'port'>[];
};

/** Result of `recordPolicyChange`. */
export interface RecordedPolicyChange {
  /** Absent: the version that was to end was not in force any more. */
  readonly change?: PolicyChange;
  /** What devices do not carry out of it. */
  readonly notes: readonly string[];
}

/** What became of a port, as far as a person who changed a policy wants to know. */
export type PolicyOutcome = Pick<PortOutcome, 'device' | 'port' | 'status' | 'summary' | 'policy'>;

/** Result of `changePolicy` and `endPolicy`, readable in the UI. */
export interface ChangePolicyResult {
  readonly summary: string;
  /** Absent: the version was not in force any more, so nothing was done. */
  readonly change?: PolicyChange;
  readonly outcomes: readonly PolicyOutcome[];
  readonly notes: readonly string[];
}

/** Input of `previewPolicy`: a policy, or its end, as it is proposed. */
export interface PreviewPolicyInput {
  readonly proposed: ChangePolicyInput;
  readonly form: CommandForm;
}

/** The activities of port policies. */
export interface PolicyActivities {
  /** The ports that a policy of this scope concerns, as far as they are known. Nothing is touched. */
  findPolicyPorts(input: { readonly scope: PolicyScope }): Promise<ConcernedPorts>;
  /** Judges a change, and records it with the journal's entries; once for a workflow. */
  recordPolicyChange(input: RecordPolicyInput): Promise<RecordedPolicyChange>;
  /** What a pass would do with the ports concerned if the policy were as proposed. Nothing is touched. */
  previewPolicyChange(input: PreviewPolicyInput): Promise<PreviewResult>;
}

/** How many ports a change of a policy has looked at, and waits for: keeps its history far below Temporal's limits. */
export const MOST_CONCERNED_PORTS = 1_000;

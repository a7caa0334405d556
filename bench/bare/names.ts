/** What the bare workflows of the comparison are called, and where they run. */
export const BARE_TASK_QUEUE = 'bench-bare';
export const BARE_WORKFLOW = 'bareEvent';
export const BARE_OUTCOME = 'bareOutcome';

/** What a bare workflow is started with: the same as an event of the product. */
export interface BareInput {
  readonly action: string;
  readonly serverId: number;
}

/** Its steps, which do nothing. */
export interface BareActivities {
  look(input: BareInput): Promise<{ readonly device: string; readonly port: string }>;
  /** Has the workflow told of its outcome. */
  enlist(waiter: string): Promise<void>;
}

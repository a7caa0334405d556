/** What a workflow sees of itself, and would see otherwise in a replay. */
export interface Observed {
  /** The workflow's time in Unix milliseconds. */
  readonly at: number;
  /** Events of the run's history. */
  readonly historyLength: number;
  /** Whether the server suggests to continue as new. */
  readonly continueAsNewSuggested: boolean;
  /** How many signals the run got. */
  readonly signals: number;
  /** Whether the timer of the wait that has just ended has fired. */
  readonly isTimeOver: boolean;
}

import type { AlarmSubject } from '../domain/alarms/alarm';
import type { AlarmId } from '../domain/alarms/registry';

/** An alarm as the history of a judgement names it. */
export type NamedAlarm = AlarmSubject & { readonly id: AlarmId };

/** Result of `judgeAlarms`, readable in the UI: the first of those that changed. */
export interface AlarmsResult {
  readonly summary: string;
  readonly open: number;
  readonly raised: readonly NamedAlarm[];
  readonly cleared: readonly NamedAlarm[];
  /** What could not be read: alarms that are judged by it stay as they are. */
  readonly unread: readonly string[];
}

/** The one step of the workflow `judgeAlarms`. */
export interface AlarmActivities {
  /** Reads the facts, judges which alarms there are, and raises and clears them. */
  evaluateAlarms(input: object): Promise<AlarmsResult>;
}

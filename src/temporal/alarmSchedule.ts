import type { Client } from '@temporalio/client';
import { ALARMS_WORKFLOW } from '../protocol/names';
import { keepSchedules } from './schedules';

const LONGEST_RUN_MS = 60_000;
/** A judgement that was missed is not made up for: the next one sees all that it would have seen. */
const CATCH_UP_MS = 10_000;

/** Lets alarms be judged by a schedule. @throws PortwardenError `temporal-unavailable`. */
export function keepAlarmSchedule(client: Client, taskQueue: string, everyMs: number): Promise<void> {
  const alarms = {
    key: 'all',
    workflowType: ALARMS_WORKFLOW,
    input: {},
    spec: { intervals: [{ every: everyMs }] },
    longestRunMs: Math.max(LONGEST_RUN_MS, everyMs),
    catchUpMs: CATCH_UP_MS,
    note: 'Judges which alarms there are',
  };
  return keepSchedules(client, { kind: 'alarms', taskQueue, workflows: [alarms] });
}

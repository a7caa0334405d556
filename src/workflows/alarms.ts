import { proxyLocalActivities } from '@temporalio/workflow';
import type { AlarmActivities, AlarmsResult } from '../protocol/alarms';
import { answer } from './shortWorkflow';

/** Tried once: the schedule judges again soon, and with fresh facts. */
const { evaluateAlarms } = proxyLocalActivities<AlarmActivities>({
  startToCloseTimeout: '25 seconds',
  scheduleToCloseTimeout: '25 seconds',
  retry: { maximumAttempts: 1 },
});

/** One judgement of all alarms. Started by a schedule, so it is short: one local activity. */
export function judgeAlarms(): Promise<AlarmsResult> {
  return answer(() => evaluateAlarms({}));
}

import type { AlarmDependencies } from '../activities/alarms/evaluateAlarms';
import type { Configuration } from '../config';
import type { ConfiguredSources } from '../domain/alarms/sourceState';
import type { Store } from '../store/store';
import type { Log } from '../telemetry/log';
import { keepAlarmSchedule } from '../temporal/alarmSchedule';
import type { TemporalClient } from '../temporal/client';
import type { Coordinators } from '../temporal/coordinators';
import type { WaitingEvents } from '../temporal/waitingEvents';
import { messageOf } from '../primitives/systemError';

/** The time is that of a judgement, less what its other readings may take; as many states as are in memory at a time. */
const SURVEY = { altogetherMs: 12_000, eachMs: 1_500, most: 5_000 } as const;
const COUNT_MS = 5_000;

/** What alarms are judged from in this installation. */
export function alarmDependencies(
  { alarms: { limits } }: Pick<Configuration, 'alarms'>,
  of: {
    readonly configured: ConfiguredSources;
    readonly store: Store;
    readonly coordinators: Pick<Coordinators, 'survey'>;
    readonly waiting: Pick<WaitingEvents, 'unplaced'>;
    readonly log: Log;
  },
): AlarmDependencies {
  const { configured, store, coordinators, waiting, log } = of;
  return {
    store,
    coordinators: () => coordinators.survey(SURVEY),
    waitingEvents: (before) => waiting.unplaced(before, COUNT_MS),
    ...{ configured, limits, log },
  };
}

/** Lets alarms be judged again and again. Portwarden does all else without it, so what goes wrong is logged and does not end the process. */
export async function judgeAlarms(
  { alarms, temporal: { taskQueue } }: Pick<Configuration, 'alarms' | 'temporal'>,
  { client }: Pick<TemporalClient, 'client'>,
  log: Log,
): Promise<void> {
  try {
    await keepAlarmSchedule(client, taskQueue, alarms.everyMs);
  } catch (error) {
    const reason = messageOf(error);
    log.error({ reason }, 'the schedule that judges alarms could not be made; none is raised or cleared');
  }
}

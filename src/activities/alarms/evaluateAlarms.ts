import type { Logger } from 'pino';
import { subjectText } from '../../domain/alarms/alarm';
import { alarmsOf } from '../../domain/alarms/alarmsOf';
import type { AlarmActivities, NamedAlarm } from '../../protocol/alarms';
import type { StoredAlarm } from '../../store/alarms';
import { alarmFacts, type AlarmSources } from './alarmFacts';

/** What judging alarms needs. */
export interface AlarmDependencies extends AlarmSources {
  readonly log: Logger;
}

const SHOWN = 20;

/**
 * Judges which alarms there are, raises those that are new and clears those that are over. Workers that judge at the same
 * time come one after the other.
 */
export function createEvaluateAlarms(deps: AlarmDependencies): AlarmActivities['evaluateAlarms'] {
  return async () => {
    const now = new Date();
    const judged = alarmsOf(await alarmFacts(deps, now), deps.limits, now.getTime());
    const { raised, cleared, open } = await deps.store.alarms.reconcile(judged, now);
    for (const alarm of raised) deps.log.warn(factsOf(alarm), `alarm raised: ${alarm.id} of ${subjectText(alarm)}`);
    for (const alarm of cleared) deps.log.info(factsOf(alarm), `alarm cleared: ${alarm.id} of ${subjectText(alarm)}`);
    const { unread } = judged;
    return {
      summary: [
        `${open} open, ${raised.length} raised, ${cleared.length} cleared`,
        ...(unread.length === 0 ? [] : [`not read: ${unread.length}`]),
      ].join('; '),
      ...{ open, unread },
      raised: raised.slice(0, SHOWN).map(named),
      cleared: cleared.slice(0, SHOWN).map(named),
    };
  };
}

function factsOf({ number, id, severity, device, port, name, text, since }: StoredAlarm): object {
  return { alarm: id, number, severity, device, port, name, text, since };
}

function named({ id, device, port, name }: StoredAlarm): NamedAlarm {
  return {
    id,
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    ...(name === undefined ? {} : { name }),
  };
}

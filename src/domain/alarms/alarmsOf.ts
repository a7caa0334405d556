import { alarmKey, type FoundAlarm, type OpenSubject } from './alarm';
import type { AlarmFacts, AlarmLimits, Reading } from './facts';
import type { AlarmId } from './registry';
import { deviceAlarms, isDeviceUnknown } from './deviceAlarms';
import { judgeLooks } from './lookAlarms';
import { sourceAlarms } from './sourceAlarms';
import { sourceStateAlarms } from './sourceStateAlarms';
import { storedAlarms } from './storedAlarms';

/** What the facts say: the alarms that there are, and which open ones nothing is known of. */
export interface JudgedAlarms {
  readonly found: readonly FoundAlarm[];
  /** Whether the facts do not say that an alarm is over: it stays then as it is. */
  readonly isUnknown: (open: OpenSubject) => boolean;
  /** The readings that failed or are not whole, each with why. */
  readonly unread: readonly string[];
}

/** What each alarm is judged by: while one of these is unread, none of its kind is cleared. */
const NEEDS: Readonly<Record<AlarmId, readonly (keyof AlarmFacts)[]>> = {
  'device-unreachable': ['coordinators'],
  'lock-held': ['coordinators'],
  'commit-unknown': ['coordinators', 'openCommits'],
  'coordinator-stuck': ['coordinators'],
  'out-of-sync': ['coordinators', 'devices', 'drift'],
  parked: ['parked'],
  'guard-tripped': ['parked'],
  'site-brake': ['brake'],
  'stale-source': ['coordinators', 'watches', 'waitingEvents'],
  'source-contradiction': ['coordinators', 'standing'],
  'token-rejected': ['coordinators', 'devices', 'watches', 'sources'],
  'many-retries': ['coordinators'],
  'policy-expiring': ['endingPolicies'],
  'unbound-old': ['standing'],
  'clock-skew': ['clocks', 'sources'],
  'backup-failing': ['backups'],
  'notification-failing': ['endpoints'],
};

/**
 * Which alarms there are by these facts.
 * @param now Unix milliseconds.
 */
export function alarmsOf(facts: AlarmFacts, limits: AlarmLimits, now: number): JudgedAlarms {
  const looks = judgeLooks(facts);
  const found = [
    // Of the same thing the last one counts: a look says more of a refusal.
    ...sourceStateAlarms(facts, limits, now),
    ...deviceAlarms(facts, limits, now),
    ...looks.found,
    ...sourceAlarms(facts, limits, now),
    ...storedAlarms(facts, limits, now),
  ];
  return {
    found: [...new Map(found.map((alarm) => [alarmKey(alarm), alarm])).values()],
    isUnknown: (open) =>
      NEEDS[open.id].some((name) => isUnread(facts[name])) || isDeviceUnknown(facts, open) || looks.isUnknown(open),
    unread: [
      ...Object.entries(facts).flatMap(([name, reading]: [string, Reading<unknown> | undefined]) =>
        reading !== undefined && 'unread' in reading ? [`${name}: ${reading.unread}`] : [],
      ),
      ...unheard(facts),
    ],
  };
}

/** What a survey of very many coordinators did not come to. */
function unheard({ coordinators }: AlarmFacts): readonly string[] {
  if (!('value' in coordinators)) return [];
  const { states, stuck, silent, unasked, areAllListed } = coordinators.value;
  const listed = states.length + stuck.length + silent.length;
  return [
    ...(unasked === 0 ? [] : [`coordinators: ${unasked} of ${listed} were not asked in time`]),
    ...(areAllListed ? [] : [`coordinators: more run than are listed (${listed})`]),
  ];
}

function isUnread(reading: Reading<unknown> | undefined): boolean {
  return reading !== undefined && 'unread' in reading;
}

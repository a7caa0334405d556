import { alarmKey, type AlarmSubject, type FoundAlarm } from './alarm';
import type { JudgedAlarms } from './alarmsOf';
import type { AlarmId } from './registry';

/** An alarm that was raised and not cleared. */
export type OpenAlarm = AlarmSubject & { readonly id: AlarmId; readonly text: string };

/** What becomes of the open alarms. */
export interface AlarmChanges<Open extends OpenAlarm> {
  readonly raise: readonly FoundAlarm[];
  readonly clear: readonly Open[];
  /** Found again, each with what it says now. */
  readonly keep: readonly { readonly open: Open; readonly text: string }[];
}

/** Compares the alarms that there are with those that are open: new ones are raised, those that are over are cleared, and what nothing is known of stays. */
export function reconcileAlarms<Open extends OpenAlarm>(
  open: readonly Open[],
  { found, isUnknown }: Pick<JudgedAlarms, 'found' | 'isUnknown'>,
): AlarmChanges<Open> {
  const byKey = new Map(found.map((alarm) => [alarmKey(alarm), alarm]));
  const known = new Set(open.map(alarmKey));
  return {
    raise: found.filter((alarm) => !known.has(alarmKey(alarm))),
    clear: open.filter((alarm) => !byKey.has(alarmKey(alarm)) && !isUnknown(alarm)),
    keep: open.flatMap((one) => {
      const again = byKey.get(alarmKey(one));
      return again === undefined ? [] : [{ open: one, text: again.text }];
    }),
  };
}

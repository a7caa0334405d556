import type { DeviceId } from '../values/device';
import type { PortName } from '../values/port';
import type { AlarmId } from './registry';

/** What an alarm is about; nothing of it: the whole site. */
export interface AlarmSubject {
  readonly device?: DeviceId;
  readonly port?: PortName;
  /** A source, a guard of the device, a policy. */
  readonly name?: string;
}

/** An open alarm, as far as it is judged whether it is over. */
export interface OpenSubject extends AlarmSubject {
  readonly id: AlarmId;
  /** ISO 8601, UTC; absent: not known. */
  readonly since?: string;
}

/** An alarm that the facts raise. */
export interface FoundAlarm extends AlarmSubject {
  readonly id: AlarmId;
  /** ISO 8601, UTC: since when what it tells of is so, as far as the facts know. */
  readonly since: string;
  /** One sentence for people. */
  readonly text: string;
}

/** What tells an alarm apart from all others: only one of a kind is open. */
export function alarmKey({ id, device, port, name }: AlarmSubject & { readonly id: AlarmId }): string {
  // Devices and ports have no spaces in their names.
  return `${id} ${device ?? ''} ${port ?? ''} ${name ?? ''}`;
}

/** The subject in words: `junos:3 ge-0/0/1.0`, `panel`, `the whole site`. */
export function subjectText({ device, port, name }: AlarmSubject): string {
  return [device, port, name].filter((part) => part !== undefined).join(' ') || 'the whole site';
}

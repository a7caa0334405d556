import { junosTime, type SwitchClock } from './clock';

/** Somebody who may edit: a NETCONF session or an operator at a terminal. */
export interface Editor {
  /** Process id; NETCONF's session-id is the same number (documented: <kill-session>). */
  readonly pid: number;
  readonly user: string;
  readonly client: 'netconf' | 'cli';
  readonly since: Date;
  readonly lastActive: () => Date;
}

/** The refusal that names the holder of the lock. Recorded: napalm #1445, PyEZ #843. */
export function lockedText(holder: Editor, clock: SwitchClock): string {
  const idle = Math.max(0, Math.floor((Date.now() - holder.lastActive().getTime()) / 1000));
  const hms = [Math.floor(idle / 3600), Math.floor(idle / 60) % 60, idle % 60]
    .map((n) => String(n).padStart(2, '0'))
    .join(':');
  return `configuration database locked by:\n  ${holder.user} terminal  (pid ${String(holder.pid)}) on since ${junosTime(clock.shown(holder.since))}, idle ${hms}\n      exclusive `;
}

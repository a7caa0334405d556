/**
 * The switch's own clock: what it prints and stamps its commits with. It may be wrong, and a lab may let it go on by
 * minutes at once ({@link SwitchClock.advance}).
 */
export class SwitchClock {
  private advancedMs = 0;
  /** When the switch was started, by its clock. */
  readonly bootedAt: Date;

  /** @param skew how far ahead of the host the clock is just now, in milliseconds; negative when it is behind. */
  constructor(private readonly skew: () => number) {
    this.bootedAt = this.now();
  }

  now(): Date {
    return this.shown(new Date());
  }

  /** How the switch would print this moment of the host's. */
  shown(moment: Date): Date {
    return new Date(moment.getTime() + this.advancedMs + this.skew());
  }

  advance(ms: number): void {
    this.advancedMs += ms;
  }
}

/** `2021-05-06 11:04:06 UTC`. */
export function junosTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Seconds since the epoch, as the `junos:seconds` attributes have them. */
export function junosSeconds(at: Date): string {
  return String(Math.floor(at.getTime() / 1000));
}

/** `Tue May  7 15:59:00 2002`, as a pending `commit at` shows its time. */
export function calendarTime(at: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = at.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
